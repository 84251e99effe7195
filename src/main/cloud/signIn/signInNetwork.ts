// How MSAL reaches the sign-in service: bounded in time and size, to allowed hosts only, through the system's proxy, with an extra CA.
// Keeps why a connection failed and how far the clocks are apart, which MSAL would drop. Never keeps a body.
import { createEmptyPipeline, createHttpHeaders, createPipelineRequest, isRestError, proxyPolicy, tlsPolicy, type HttpClient, type Pipeline } from '@azure/core-rest-pipeline';
import { AuthError, type INetworkModule, type NetworkRequestOptions, type NetworkResponse } from '@azure/msal-node';
import { OperatorError } from '../../../contract/errors.ts';
import { isLoopback } from '../armClient.ts';
import { createBoundedHttpClient } from '../boundedHttpClient.ts';
import { networkFailure } from '../networkFailure.ts';

export type SignInNetworkSettings = {
  /** PEM of a certificate authority to trust besides the system's. */
  readonly ca?: string | undefined;
  /** False: HTTPS_PROXY and its relatives are ignored. On loopback they always are. */
  readonly allowProxy?: boolean | undefined;
  /** For one request and its whole answer, ms. Default 30 000. */
  readonly requestTimeoutMs?: number | undefined;
};

/** A connection failure on its way through MSAL, which lets its own kind of error pass. */
export class SignInNetworkError extends AuthError {
  readonly failure: OperatorError;

  constructor(failure: OperatorError) {
    super('network_error', '', failure.message);
    // AuthError sets its own prototype on whatever it constructs.
    Object.setPrototypeOf(this, SignInNetworkError.prototype);
    this.name = 'SignInNetworkError';
    this.failure = failure;
  }
}

const REQUEST_TIMEOUT_MS = 30_000;
/** Tokens with many groups are some 20 KiB. */
const MAX_BODY_BYTES = 1024 * 1024;

export class SignInNetwork implements INetworkModule {
  readonly #settings: SignInNetworkSettings;
  readonly #allows: (url: URL) => boolean;
  readonly #clients = new Map<string, { readonly client: HttpClient; readonly pipeline: Pipeline }>();
  /** Of the latest request; undefined once one succeeded. */
  lastFailure: OperatorError | undefined;
  /** This computer's clock minus the service's, ms, by its `Date` header. */
  clockAheadMs: number | undefined;

  /** `allows` decides whether an address may be asked at all: what goes there holds secrets. */
  constructor(allows: (url: URL) => boolean, settings: SignInNetworkSettings) {
    this.#allows = allows;
    this.#settings = settings;
  }

  async sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions, timeoutMs?: number): Promise<NetworkResponse<T>> {
    return await this.#send<T>('GET', url, options, timeoutMs);
  }

  async sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return await this.#send<T>('POST', url, options);
  }

  async #send<T>(method: 'GET' | 'POST', address: string, options?: NetworkRequestOptions, timeoutMs?: number): Promise<NetworkResponse<T>> {
    const url = new URL(address);
    try {
      if (!this.#allows(url)) {
        throw new OperatorError(
          'SIGN_IN_FOREIGN_HOST', `The sign-in service refers to another host (${url.host}); Fieldcast does not send a sign-in there.`,
          'Check the authority in the settings.',
        );
      }
      const { client, pipeline } = this.#clientFor(url);
      const response = await pipeline.sendRequest(client, createPipelineRequest({
        url: address, method, headers: createHttpHeaders(options?.headers ?? {}), allowInsecureConnection: url.protocol === 'http:',
        ...(method === 'POST' ? { body: options?.body ?? '' } : {}),
        ...(timeoutMs === undefined ? {} : { abortSignal: AbortSignal.timeout(timeoutMs) }),
      }));
      this.#noteClock(response.headers.get('date'));
      const body = parsed(response.bodyAsText ?? '', response.status, url, this.#usesProxy(url)) as T;
      this.lastFailure = undefined;
      return { status: response.status, headers: response.headers.toJSON(), body };
    } catch (error) {
      const failure = failureOf(error, url, this.#usesProxy(url));
      this.lastFailure = failure;
      throw new SignInNetworkError(failure);
    }
  }

  #clientFor(url: URL): { readonly client: HttpClient; readonly pipeline: Pipeline } {
    const known = this.#clients.get(url.origin);
    if (known !== undefined) return known;
    const pipeline = createEmptyPipeline();
    if (this.#settings.ca !== undefined) pipeline.addPolicy(tlsPolicy({ ca: this.#settings.ca }));
    if (this.#usesProxy(url)) pipeline.addPolicy(proxyPolicy());
    const client = createBoundedHttpClient({
      origin: url.origin, requestTimeoutMs: this.#settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS, maxBodyBytes: MAX_BODY_BYTES, subject: subjectOf(url),
    });
    const made = { client, pipeline };
    this.#clients.set(url.origin, made);
    return made;
  }

  #usesProxy(url: URL): boolean {
    return this.#settings.allowProxy !== false && !isLoopback(url);
  }

  #noteClock(header: string | undefined): void {
    const serviceMs = header === undefined ? Number.NaN : Date.parse(header);
    if (Number.isFinite(serviceMs)) this.clockAheadMs = Date.now() - serviceMs;
  }
}

function subjectOf(url: URL): string {
  return `the sign-in service (${url.host})`;
}

function parsed(text: string, status: number, url: URL, proxied: boolean): object {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body;
  } catch {
    // Answered below; the parser's message would quote the text.
  }
  const proxy = proxied && status >= 400 ? proxyInUse() : undefined;
  // A proxy that makes no tunnel answers itself, and its answer looks as if the service had sent it.
  if (proxy !== undefined) throw proxyFailed(url, proxy, ` (${status})`);
  throw status >= 500
    ? new OperatorError('SIGN_IN_SERVICE_BUSY', `The sign-in service ${url.host} has a fault (${status}).`, 'Try again in a minute.')
    : new OperatorError(
      'SIGN_IN_UNEXPECTED_ANSWER', `${url.host} answered something that is not a sign-in service (${status}).`,
      'Check the authority in the settings; on a guest network, sign in to the network in a browser first.',
    );
}

/** With a proxy in between, what looks like a fault of the service is often the proxy's. */
function failureOf(error: unknown, url: URL, proxied: boolean): OperatorError {
  const failure = error instanceof OperatorError ? error : networkFailure(codeOf(error), subjectOf(url));
  const unreachable = failure === undefined || failure.code === 'SERVICE_UNREACHABLE';
  const proxy = proxied && unreachable ? proxyInUse() : undefined;
  if (proxy !== undefined) return proxyFailed(url, proxy, '');
  const code = unreachable ? 'SIGN_IN_UNREACHABLE' : failure.code;
  const sentence = failure?.message ?? `The connection to ${subjectOf(url)} failed.`;
  return new OperatorError(code, sentence.replace(/^t/, 'T'), failure?.action ?? 'Check the network connection, then try again.');
}

function proxyFailed(url: URL, proxy: string, status: string): OperatorError {
  return new OperatorError(
    'PROXY_FAILED', `The sign-in service (${url.host}) could not be reached through the proxy ${proxy}${status}.`,
    'Check HTTPS_PROXY (with user name and password where the proxy wants them), or list the host in NO_PROXY.',
  );
}

function codeOf(error: unknown): string | undefined {
  if (isRestError(error)) return error.code;
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Host and port only: a proxy's address may hold a password. */
function proxyInUse(): string | undefined {
  const { env } = process;
  const address = env['HTTPS_PROXY'] ?? env['https_proxy'] ?? env['ALL_PROXY'] ?? env['all_proxy'] ?? env['HTTP_PROXY'] ?? env['http_proxy'];
  return address !== undefined && URL.canParse(address) ? new URL(address).host : undefined;
}
