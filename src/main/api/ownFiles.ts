// Files of this machine for its owner's page: recordings that the engine knows, whole or in ranges, and support reports of the home. It
// opens no path that a request names, and a paired browser gets no key.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FILES_PATH, reportNameOf } from '../../contract/ownFiles.ts';
import type { RecordingNotes } from '../../contract/recording.ts';
import type { Caller } from './caller.ts';

const MAX_AT_ONCE = 16;

type Found = { readonly file: string; readonly type: string; readonly name?: string };

export type OwnFiles = {
  /** What the owner's page puts behind {@link FILES_PATH}; undefined for everybody else. */
  keyFor(caller: Caller): string | undefined;
  isKey(key: string): boolean;
  /** Answers a request whose path begins with {@link FILES_PATH}. `origin` may read the answer, where it is another one than its own. */
  answer(request: IncomingMessage, response: ServerResponse, origin: string | undefined): Promise<void>;
};

export function serveOwnFiles({ home, recordings }: { readonly home: string; readonly recordings: () => Promise<readonly RecordingNotes[]> }): OwnFiles {
  const secret = randomBytes(32).toString('base64url');
  let running = 0;
  const find = async (rest: string): Promise<Found | undefined> => {
    const [, id, index] = /^recording\/([0-9a-f-]{36})\/(\d{1,4})$/.exec(rest) ?? [];
    if (id !== undefined) {
      const file = (await recordings()).find((one) => one.id === id)?.files[Number(index)];
      return file === undefined ? undefined : { file: file.path, type: 'video/mp4' };
    }
    const name = rest.startsWith('report/') ? reportNameOf(rest.slice('report'.length)) : undefined;
    return name === undefined || rest !== `report/${name}` ? undefined : { file: path.join(home, 'reports', name), type: 'application/zip', name };
  };
  return {
    keyFor: ({ role }) => (role === 'owner' ? secret : undefined),
    isKey: (key) => isSame(key, secret),
    answer: async (request, response, origin) => {
      const cors = origin === undefined ? {} : { 'access-control-allow-origin': origin, vary: 'origin' };
      const refuse = (status: number): void => { response.writeHead(status, { ...cors, 'cache-control': 'no-store' }).end(); };
      const [, key = '', rest = ''] = new RegExp(`^${FILES_PATH}/([^/?]{1,200})/([^?]{1,200})$`).exec(request.url ?? '') ?? [];
      if (request.method !== 'GET') return refuse(405);
      if (!isSame(key, secret)) return refuse(401);
      if (running >= MAX_AT_ONCE) return refuse(503);
      running += 1;
      try {
        const found = await find(rest);
        if (found === undefined) return refuse(404);
        await send(found, request, response, cors);
      } catch {
        if (!response.headersSent) refuse(404);
        else response.destroy();
      } finally {
        running -= 1;
      }
    },
  };
}

async function send({ file, type, name }: Found, request: IncomingMessage, response: ServerResponse, cors: Readonly<Record<string, string>>): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw new Error('It is no file.');
    const range = rangeOf(request.headers.range, info.size);
    const head = {
      ...cors, 'content-type': type, 'accept-ranges': 'bytes', 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox", 'cache-control': 'no-store',
      ...(name === undefined ? {} : { 'content-disposition': `attachment; filename="${name}"` }),
    };
    if (range === 'none') {
      response.writeHead(416, { ...head, 'content-range': `bytes */${info.size}` }).end();
      return;
    }
    const { first, last, isPart } = range;
    response.writeHead(isPart ? 206 : 200, { ...head, 'content-length': String(last - first + 1), ...(isPart ? { 'content-range': `bytes ${first}-${last}/${info.size}` } : {}) });
    if (last < first) response.end();
    else await pipeline(handle.createReadStream({ start: first, end: last, autoClose: false }), response);
  } finally {
    await handle.close();
  }
}

/** RFC 9110 §14.2: one range of bytes; several, or none that is understood, are answered with the whole. */
function rangeOf(header: string | undefined, sizeBytes: number): { readonly first: number; readonly last: number; readonly isPart: boolean } | 'none' {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return { first: 0, last: sizeBytes - 1, isPart: false };
  const first = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  return first > last ? 'none' : { first, last, isPart: true };
}

function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
