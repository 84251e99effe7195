// Fetches manifests and pieces of segments as any viewer would: no sign-in, bounded in time and size, every length checked.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { orAborted, waitFor } from './abortableWait.ts';
import { isTransientNetworkCode, networkFailure } from './networkFailure.ts';

export type FetchSettings = {
  /** PEM of a certificate authority to trust besides the system's. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
  readonly maxConnections: number;
  /** For one request and its whole answer, ms. */
  readonly requestTimeoutMs: number;
};

/** Bytes `first` to `last` inclusive, as in RFC 9110 §14.1.2. */
export type ByteRange = { readonly first: number; readonly last: number };

export type Fetched = {
  /** 200 and 206 come with bytes, other statuses without. */
  readonly status: number;
  readonly bytes: Buffer;
  /** Position of `bytes` in the resource; 0 where the server ignored the range. */
  readonly first: number;
  /** Size of the resource, undefined where the server does not say. */
  readonly totalBytes: number | undefined;
};

/** The peer sent something that contradicts itself or is no media; never a network failure. */
export class MediaDamage extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MediaDamage';
  }
}

const MAX_REDIRECTS = 3;
const ATTEMPTS = 3;
const RETRY_DELAY_MS = 200;
const RETRIED_STATUS = new Set([429, 500, 502, 503, 504]);

/** One viewer: a few connections that are kept open, closed by `close`. */
export class MediaFetcher {
  readonly #settings: FetchSettings;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor(settings: FetchSettings) {
    this.#settings = settings;
    const options = { keepAlive: true, maxSockets: settings.maxConnections };
    this.#http = new HttpAgent(options);
    this.#https = new HttpsAgent(settings.ca === undefined ? options : { ...options, ca: settings.ca });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  /**
   * Fetches up to `maxBytes`, after brief failures again.
   * @throws OperatorError for a peer that cannot be reached, trusted or waited for; MediaDamage for lengths that lie or are too large.
   */
  async get(url: string, maxBytes: number, range?: ByteRange): Promise<Fetched> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const fetched = await this.#once(new URL(url), maxBytes, range, MAX_REDIRECTS);
        if (attempt === ATTEMPTS || !RETRIED_STATUS.has(fetched.status)) return fetched;
      } catch (error) {
        this.#settings.signal.throwIfAborted();
        const code = codeOf(error);
        if (attempt < ATTEMPTS && isTransientNetworkCode(code) && code !== 'ENOTFOUND') {
          await waitFor(RETRY_DELAY_MS * attempt, this.#settings.signal);
          continue;
        }
        if (error instanceof OperatorError || error instanceof MediaDamage) throw error;
        throw networkFailure(code, new URL(url).host)
          ?? new OperatorError('MEDIA_UNREACHABLE', `Fetching from ${new URL(url).host} failed: ${messageOf(error)}.`, 'Check the network connection and the playback address.');
      }
      await waitFor(RETRY_DELAY_MS * attempt, this.#settings.signal);
      this.#settings.signal.throwIfAborted();
    }
  }

  async #once(url: URL, maxBytes: number, range: ByteRange | undefined, redirects: number): Promise<Fetched> {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new MediaDamage(`the address uses ${url.protocol}`);
    const slow = new AbortController();
    const timer = setTimeout(() => slow.abort(new OperatorError(
      'MEDIA_NO_ANSWER', `${url.host} gave no complete answer within ${this.#settings.requestTimeoutMs / 1000} s.`, 'Check the network connection, then try again.',
    )), this.#settings.requestTimeoutMs);
    const signal = AbortSignal.any([this.#settings.signal, slow.signal]);
    const done = new AbortController();
    try {
      const response = await orAborted(this.#open(url, range, AbortSignal.any([signal, done.signal])), signal);
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      if (status >= 300 && status < 400 && location !== undefined) {
        const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
        if (redirects === 0 || next === undefined || (url.protocol === 'https:' && next.protocol !== 'https:')) throw new MediaDamage('it redirects endlessly or to an unsafe address');
        response.resume();
        return await this.#once(next, maxBytes, range, redirects - 1);
      }
      if (status !== 200 && status !== 206) {
        response.resume();
        return { status, bytes: Buffer.alloc(0), first: 0, totalBytes: undefined };
      }
      return fetchedOf(status, response.headers['content-range'], await orAborted(readAll(response, maxBytes), signal), range);
    } finally {
      clearTimeout(timer);
      done.abort();
    }
  }

  async #open(url: URL, range: ByteRange | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = { 'accept-encoding': 'identity', ...(range === undefined ? {} : { range: `bytes=${range.first}-${range.last}` }) };
    return await new Promise((resolve, reject) => {
      const request = url.protocol === 'https:'
        ? httpsRequest(url, { headers, signal, agent: this.#https }, resolve)
        : httpRequest(url, { headers, signal, agent: this.#http }, resolve);
      request.once('error', reject).end();
    });
  }
}

function fetchedOf(status: number, contentRange: string | undefined, bytes: Buffer, range: ByteRange | undefined): Fetched {
  if (status === 200) return { status, bytes, first: 0, totalBytes: bytes.length };
  const told = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(contentRange ?? '');
  const [first, last] = [Number(told?.[1]), Number(told?.[2])];
  const total = told?.[3] === '*' ? undefined : Number(told?.[3]);
  const coherent = told !== null && range !== undefined && first === range.first && last <= range.last
    && last - first + 1 === bytes.length && (total === undefined || last < total);
  if (!coherent) throw new MediaDamage('the server answered another byte range than it was asked for, or lied about its length');
  return { status, bytes, first, totalBytes: total };
}

async function readAll(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > maxBytes) {
      response.destroy();
      throw new MediaDamage(`the answer is larger than ${Math.round(maxBytes / 1024)} KiB`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
