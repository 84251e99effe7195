// A file on its way from a browser: in pieces over real HTTP, through an engine that dies, loses what it had, or refuses.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { handOver, type HandOverSettings } from '../../../src/renderer/handOver.ts';

const PIECE = 4 * 1024 * 1024;
const bytes = new Uint8Array(2 * PIECE + 5).map((_one, index) => index % 251);
const file = new File([bytes], 'film.mp4', { lastModified: 1 });
let server: Server;
let kept: Buffer;
/** Answers to the next pieces, instead of taking them. */
let troubles: ('die' | number)[];
let puts: number;

beforeEach(async () => {
  [kept, troubles, puts] = [Buffer.alloc(0), [], 0];
  server = createServer((request, response) => {
    void (async () => {
      puts += 1;
      const trouble = troubles.shift();
      if (trouble === 'die') return request.socket.destroy();
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      if (trouble !== undefined) return response.writeHead(trouble).end('{}');
      if (Number(request.url!.split('/').at(-1)) === kept.length) kept = Buffer.concat([kept, ...pieces]);
      return response.end(JSON.stringify({ receivedBytes: kept.length }));
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
});

function settings(part: Partial<HandOverSettings> = {}): HandOverSettings {
  return {
    signal: new AbortController().signal, onSent: () => undefined, pauseMs: 1,
    begin: async () => ({ received: { id: '0'.repeat(32), path: '/kept/film.mp4', receivedBytes: kept.length }, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'key' }),
    ...part,
  };
}

test('in pieces, with how far it is', async () => {
  const sent: number[] = [];
  expect(await handOver(file, settings({ onSent: (one) => sent.push(one) }))).toBe('/kept/film.mp4');
  expect(sent).toEqual([0, PIECE, 2 * PIECE, bytes.length]);
  expect(kept.equals(bytes)).toBe(true);
});

test('an engine that dies on the way, or answers with trouble, is asked how far it came, and nothing that it has is sent again', async () => {
  troubles = ['die', 503];
  await handOver(file, settings());
  expect(kept.equals(bytes)).toBe(true);
  expect(puts).toBe(5);
});

test('it does not try for ever, a refusal in words is final, and it can be given up', async () => {
  troubles = Array.from({ length: 20 }, () => 500);
  await expect(handOver(file, settings())).rejects.toThrow('500');
  expect(puts).toBe(8);
  let asked = 0;
  const refused = Object.assign(new Error('It does not fit.'), { data: { failure: { code: 'DISK_FULL' } } });
  await expect(handOver(file, settings({ begin: async () => { asked += 1; throw refused; } }))).rejects.toBe(refused);
  expect(asked).toBe(1);
  const stop = new AbortController();
  troubles = [];
  await expect(handOver(file, settings({ signal: stop.signal, onSent: (at) => { if (at > 0) stop.abort(new Error('given up')); } }))).rejects.toThrow('given up');
});
