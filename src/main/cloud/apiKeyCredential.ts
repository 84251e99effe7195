// Exchanges an API key for short-lived tokens, as Ravnur Media Services does: POST `<endpoint>/auth/token` with subscription and key, a JWT as
// text back. Renews before the end that the token itself tells, and once more where the service takes it no longer. Never shows key or token.
import { createEmptyPipeline, createPipelineRequest, proxyPolicy, tlsPolicy } from '@azure/core-rest-pipeline';
import { OperatorError } from '../../contract/errors.ts';
import { isLoopback, type ForgettingCredential } from './armClient.ts';
import { jwtExpiryMs } from './bearerCredential.ts';
import { createBoundedHttpClient } from './boundedHttpClient.ts';
import { operatorErrorOf } from './serviceFault.ts';
import { SecretRegister } from './secretRegister.ts';

export type ApiKeySettings = {
  readonly label: string;
  readonly endpoint: string;
  readonly subscriptionId: string;
  readonly apiKey: string;
  readonly ca: string | undefined;
  readonly allowProxy: boolean;
};

/** A token is renewed so long before its end, or after half of its life where that is shorter, ms. */
const RENEW_BEFORE_MS = 120_000;
/** Of a token that does not tell its end, ms. */
const UNKNOWN_LIFE_MS = 10 * 60_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = 64 * 1024;

type Kept = { readonly token: string; readonly expiresOnTimestamp: number; readonly renewAtMs: number };

/** @throws OperatorError API_KEY_REFUSED, SERVICE_UNREACHABLE and its relatives, CLOUD_UNEXPECTED_ANSWER (from `getToken`). */
export function createApiKeyCredential(settings: ApiKeySettings): ForgettingCredential {
  let kept: Kept | undefined;
  let pending: Promise<Kept> | undefined;
  return {
    getToken: async () => {
      if (kept !== undefined && Date.now() < kept.renewAtMs) return kept;
      // Several requests at once ask for one token.
      pending ??= exchange(settings).finally(() => { pending = undefined; });
      try {
        kept = await pending;
      } catch (error) {
        // A service that cannot renew now may still take what it gave.
        if (kept === undefined || Date.now() >= kept.expiresOnTimestamp) throw error;
      }
      return kept;
    },
    forget: (token) => {
      if (kept?.token === token) kept = undefined;
    },
  };
}

async function exchange({ label, endpoint, subscriptionId, apiKey, ca, allowProxy }: ApiKeySettings): Promise<Kept> {
  const url = new URL(`${endpoint.replace(/\/+$/, '')}/auth/token`);
  const subject = `“${label}” (${url.host})`;
  const secrets = new SecretRegister();
  secrets.add(apiKey);
  const context = { subject, attempt: 'exchange the API key for a token', secrets };
  const pipeline = createEmptyPipeline();
  if (ca !== undefined) pipeline.addPolicy(tlsPolicy({ ca }));
  if (allowProxy && !isLoopback(url)) pipeline.addPolicy(proxyPolicy());
  const client = createBoundedHttpClient({ origin: url.origin, requestTimeoutMs: REQUEST_TIMEOUT_MS, maxBodyBytes: MAX_BODY_BYTES, subject });
  const request = createPipelineRequest({ url: url.href, method: 'POST', body: JSON.stringify({ subscriptionId, apiKey }), allowInsecureConnection: url.protocol === 'http:' });
  request.headers.set('content-type', 'application/json');
  const askedAtMs = Date.now();
  const response = await pipeline.sendRequest(client, request).catch((error: unknown) => { throw operatorErrorOf(error, context); });
  if ([400, 401, 403, 404].includes(response.status)) {
    throw new OperatorError('API_KEY_REFUSED', `${subject} does not accept the API key for this subscription (${response.status}).`, 'Check the subscription id in the destination, and the key: `fieldcast keys --set ravnur`.');
  }
  // Documented as plain text; a JSON string is the same in quotes.
  const token = (response.bodyAsText ?? '').trim().replace(/^"(.*)"$/s, '$1');
  if (response.status !== 200 || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) {
    throw new OperatorError('CLOUD_UNEXPECTED_ANSWER', `${subject} answered ${response.status} without a token when asked to ${context.attempt}.`, 'Check the endpoint address in the destination; try again in a minute.');
  }
  const expiresOnTimestamp = jwtExpiryMs(token) ?? askedAtMs + UNKNOWN_LIFE_MS;
  if (expiresOnTimestamp <= askedAtMs) {
    throw new OperatorError('CLOCK_WRONG', `${subject} gave a token that has expired by the clock of this computer.`, 'Set the clock of this computer from the network.');
  }
  return { token, expiresOnTimestamp, renewAtMs: expiresOnTimestamp - Math.min(RENEW_BEFORE_MS, (expiresOnTimestamp - askedAtMs) / 2) };
}
