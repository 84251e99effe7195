// One `AzureMediaServices` client with the pipeline that a live encoder needs: bounded, guarded, without surprises on loopback.
import { AzureMediaServices } from '@azure/arm-mediaservices';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { bearerTokenAuthenticationPolicyName, proxyPolicyName, redirectPolicyName, type PipelinePolicy } from '@azure/core-rest-pipeline';
import { OperatorError } from '../../contract/errors.ts';
import { createBoundedHttpClient } from './boundedHttpClient.ts';
import { boundedRetryPolicy, type RetryBounds } from './boundedRetry.ts';
import type { SecretRegister } from './secretRegister.ts';

/** A credential that can be told that the service takes its token no longer. */
export type ForgettingCredential = TokenCredential & { forget(token: string): void };

export type ArmClientSettings = {
  /** Base of the API, `https://host[:port][/prefix]`. Plain http is accepted on loopback only. */
  readonly endpoint: string;
  readonly subscriptionId: string;
  readonly credential: TokenCredential | ForgettingCredential;
  /** Default: `<origin of the endpoint>/.default`. */
  readonly credentialScopes: string | undefined;
  readonly ca: string | undefined;
  /** False: HTTP_PROXY and its relatives are ignored. On loopback they always are. */
  readonly allowProxy: boolean;
  readonly requestTimeoutMs: number | undefined;
  readonly subject: string;
  readonly secrets: SecretRegister;
  /** The last before the wire: sees raw answers. */
  readonly innermost?: PipelinePolicy | undefined;
};

const LOOPBACK_REQUEST_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** A list of every event of an account is some 100 KiB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const LOOPBACK_RETRY: RetryBounds = { maxRetries: 1, baseDelayMs: 100, maxDelayMs: 1000 };
const RETRY: RetryBounds = { maxRetries: 3, baseDelayMs: 500, maxDelayMs: 10_000 };

/** True for addresses that never leave this machine. */
export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname);
}

/** @throws OperatorError BAD_ENDPOINT for an address that is no http(s) URL, or plain http beyond this machine. */
export function createArmClient(settings: ArmClientSettings): AzureMediaServices {
  const url = endpointUrl(settings.endpoint);
  const loopback = isLoopback(url);
  const credential = remembering(settings.credential, settings.secrets);
  const scope = settings.credentialScopes ?? `${url.origin}/.default`;
  const client = new AzureMediaServices(credential, settings.subscriptionId, {
    endpoint: settings.endpoint,
    credentialScopes: scope,
    allowInsecureConnection: url.protocol === 'http:',
    ...(settings.ca === undefined ? {} : { tlsOptions: { ca: settings.ca } }),
    httpClient: createBoundedHttpClient({
      origin: url.origin,
      requestTimeoutMs: settings.requestTimeoutMs ?? (loopback ? LOOPBACK_REQUEST_TIMEOUT_MS : REQUEST_TIMEOUT_MS),
      maxBodyBytes: MAX_BODY_BYTES,
      subject: settings.subject,
    }),
  });
  // The environment's proxy is used even for 127.0.0.1, and NO_PROXY is read once at module load (media-services.md §1.2).
  if (loopback || !settings.allowProxy) client.pipeline.removePolicy({ name: proxyPolicyName });
  // A management API does not redirect; what does is a portal or another host.
  client.pipeline.removePolicy({ name: redirectPolicyName });
  client.pipeline.removePolicy({ name: 'defaultRetryPolicy' });
  client.pipeline.addPolicy(boundedRetryPolicy(loopback ? LOOPBACK_RETRY : RETRY), { phase: 'Retry' });
  if (url.protocol === 'http:' || 'forget' in settings.credential) {
    // The SDK's own policy refuses plain http without exception, and keeps a token to its end whatever the service says of it.
    client.pipeline.removePolicy({ name: bearerTokenAuthenticationPolicyName });
    client.pipeline.addPolicy(bearerPolicy(credential, scope, 'forget' in settings.credential ? (token) => (settings.credential as ForgettingCredential).forget(token) : undefined), { phase: 'Sign' });
  }
  if (settings.innermost !== undefined) client.pipeline.addPolicy(settings.innermost, { phase: 'Sign' });
  return client;
}

function endpointUrl(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new OperatorError('BAD_ENDPOINT', `“${endpoint}” is not the address of an API.`, 'Give an address like https://management.azure.com.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new OperatorError('BAD_ENDPOINT', 'The API address holds a user name or password.', 'Remove them from the address and sign in instead.');
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw new OperatorError('BAD_ENDPOINT', `The API at ${url.host} would be used without encryption.`, 'Use its https address.');
  }
  return url;
}

/** The credential, with each token it gives put on the list of what no message may contain. */
function remembering(credential: TokenCredential, secrets: SecretRegister): TokenCredential {
  return {
    getToken: async (scopes, options): Promise<AccessToken | null> => {
      const token = await credential.getToken(scopes, options);
      secrets.add(token?.token);
      return token;
    },
  };
}

/** Where a token can be forgotten, a refusal of it is answered once with a new one. */
function bearerPolicy(credential: TokenCredential, scope: string, forget: ((token: string) => void) | undefined): PipelinePolicy {
  return {
    name: 'fieldcastBearerPolicy',
    async sendRequest(request, next) {
      const sign = async (): Promise<string | undefined> => {
        const token = await credential.getToken([scope], request.abortSignal === undefined ? {} : { abortSignal: request.abortSignal });
        if (token !== null) request.headers.set('Authorization', `Bearer ${token.token}`);
        return token?.token;
      };
      const used = await sign();
      const response = await next(request);
      if (response.status !== 401 || forget === undefined || used === undefined) return response;
      forget(used);
      return await sign() === used ? response : await next(request);
    },
  };
}
