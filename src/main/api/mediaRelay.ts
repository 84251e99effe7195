// Brings the streams of the current show to its pages: exactly the origins that the show plays from, and nothing else, so that the
// page's content policy need not name a service that is known only later, and a page on the local network sees the preview too.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { RELAY_PATH, RELAYED } from '../../contract/mediaRelay.ts';
import type { Playback } from '../../contract/report.ts';
import type { Caller } from './caller.ts';

/** A segment of some seconds at the highest bitrate is a tenth of that. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const ANSWER_MS = 15_000;
const MAX_AT_ONCE = 32;
/** Nothing that a browser would run or show as a page passes under this origin. */
const MEDIA_TYPES = /^(application\/(vnd\.apple\.mpegurl|x-mpegurl|dash\+xml|mp4|octet-stream)|(video|audio)\/[\w.+-]+|text\/vtt)(;|$)/i;

const [OWNER, SESSION] = ['own', 's-'] as const;

export type MediaRelay = {
  /** What a caller puts behind {@link RELAY_PATH}. */
  keyFor(caller: Caller): string;
  /** Answers a request whose path begins with {@link RELAY_PATH}. `origin` may read the answer, where it is another one than its own. */
  answer(request: IncomingMessage, response: ServerResponse, origin: string | undefined): Promise<void>;
};

export function relayMedia({ playback, isSession }: {
  readonly playback: () => Playback;
  /** Whether a paired browser is still paired. */
  readonly isSession: (id: string) => boolean;
}): MediaRelay {
  const secret = randomBytes(32);
  let running = 0;
  const proofOf = (name: string): string => createHmac('sha256', secret).update(name).digest('base64url');
  const isKey = (key: string): boolean => {
    const [name = '', proof = ''] = key.split('.');
    const [given, expected] = [Buffer.from(proof), Buffer.from(proofOf(name))];
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
    return name === OWNER || isSession(name.slice(SESSION.length));
  };

  return {
    keyFor: ({ sessionId }) => {
      const name = sessionId === undefined ? OWNER : `${SESSION}${sessionId}`;
      return `${name}.${proofOf(name)}`;
    },
    answer: async (request, response, origin) => {
      const cors = origin === undefined ? {} : { 'access-control-allow-origin': origin, vary: 'origin' };
      const refuse = (status: number): void => { response.writeHead(status, { ...cors, 'cache-control': 'no-store' }).end(); };
      const [, key = '', kind = '', rest = ''] = new RegExp(`^${RELAY_PATH}/([^/]{1,200})/([a-z]{1,10})(/.*)$`).exec(request.url ?? '') ?? [];
      const known = RELAYED.find((one) => one === kind);
      if (request.method !== 'GET') return refuse(405);
      if (!isKey(key)) return refuse(401);
      const base = known === undefined ? undefined : playback()[known];
      const target = base === undefined ? null : URL.parse(rest, base);
      // `//host/…` and the like would lead elsewhere.
      if (target === null || base === undefined || target.origin !== new URL(base).origin) return refuse(404);
      if (running >= MAX_AT_ONCE) return refuse(503);
      running += 1;
      try {
        await pass(target, request, response, cors);
      } catch {
        if (!response.headersSent) refuse(502);
        else response.destroy();
      } finally {
        running -= 1;
      }
    },
  };
}

async function pass(target: URL, request: IncomingMessage, response: ServerResponse, cors: Readonly<Record<string, string>>): Promise<void> {
  const { range } = request.headers;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  // A redirect could lead to any machine of the network.
  const answer = await fetch(target, { redirect: 'error', signal: AbortSignal.any([gone.signal, AbortSignal.timeout(ANSWER_MS)]), headers: range === undefined ? {} : { range } });
  const type = answer.headers.get('content-type') ?? '';
  const kept = ['content-range', 'accept-ranges'].flatMap((name) => {
    const value = answer.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  response.writeHead(answer.status, {
    ...Object.fromEntries(kept), ...cors,
    'content-type': MEDIA_TYPES.test(type) ? type : 'application/octet-stream',
    'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox", 'cache-control': 'no-store',
  });
  if (answer.body === null) {
    response.end();
    return;
  }
  await pipeline(bounded(answer.body.getReader()), response);
}

async function* bounded(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('The answer is larger than any segment.');
    yield next.value;
  }
}
