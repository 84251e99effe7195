// Files handed over as bytes, over the real API server and on a real disk: in pieces, broken off, out of order, and from nobody but the owner.
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dropUrl } from '../../../src/contract/ownFiles.ts';
import type { ShowEvent } from '../../../src/contract/report.ts';
import { connectEngine } from '../../../src/main/api/client.ts';
import { startApiServer, type ApiServer } from '../../../src/main/api/server.ts';
import type { Stage } from '../../../src/main/show/stage.ts';
import { DroppedFiles, MAX_DROP_PIECE_BYTES } from '../../../src/main/upload/droppedFiles.ts';

let home: string;
let dropped: DroppedFiles;
let server: ApiServer;
let base: string;
let key: string;
const FILE = { name: 'My film.mp4', sizeBytes: 10, modifiedMs: 1_700_000_000_000 };

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'fieldcast-drops-'));
  dropped = new DroppedFiles(home);
  const stage: Partial<Stage> = {
    uploads: { dropped } as Stage['uploads'],
    watch: async function* watch(signal): AsyncGenerator<ShowEvent> {
      yield { type: 'state', state: 'idle', sentence: '', atUtc: '' };
      await new Promise((resolve) => { signal?.addEventListener('abort', resolve, { once: true }); });
    },
  };
  server = await startApiServer(stage as Stage, { port: 0, allowedOrigins: [], home });
  base = `http://${new URL(server.ready.address).host}`;
  const connection = connectEngine(server.ready);
  key = (await connection.api.me.query()).filesKey ?? '';
  await connection.close();
});
afterEach(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

async function put(id: string, offset: number, body: string | Uint8Array<ArrayBuffer>, withKey = key): Promise<unknown[]> {
  const answer = await fetch(dropUrl(base, withKey, id, offset), { method: 'PUT', body });
  return [answer.status, ((await answer.json()) as { receivedBytes?: number }).receivedBytes];
}

test('pieces come together to the file under its own name; one out of order says where to go on', async () => {
  const { id, path: file, receivedBytes } = await dropped.begin(FILE);
  expect([receivedBytes, path.basename(file)]).toEqual([0, 'My film.mp4']);
  expect(await put(id, 0, '0123')).toEqual([200, 4]);
  expect(await put(id, 6, '6789')).toEqual([200, 4]);
  expect(await put(id, 0, '0123')).toEqual([200, 4]);
  // Another engine on the same home, or the same one after a restart, knows how far it came.
  expect(await new DroppedFiles(home).begin(FILE)).toMatchObject({ id, receivedBytes: 4 });
  expect(await put(id, 4, '456789')).toEqual([200, 10]);
  expect(await readFile(file, 'utf8')).toBe('0123456789');
  expect((await stat(file)).mode & 0o077).toBe(0);
  expect(await put(id, 10, 'x')).toEqual([200, 10]);
  // Changed since: another file.
  expect((await dropped.begin({ ...FILE, modifiedMs: 5 })).id).not.toBe(id);
});

test('of a piece that breaks off, what has arrived stays', async () => {
  const { id, path: file } = await dropped.begin(FILE);
  const sending = request(dropUrl(base, key, id, 0), { method: 'PUT', headers: { 'content-length': '8' } });
  sending.on('error', () => undefined);
  sending.write('0123');
  await expect.poll(async () => (await stat(file)).size).toBe(4);
  sending.destroy();
  await expect.poll(async () => (await put(id, 4, '456789'))[1]).toBe(10);
  expect(await readFile(file, 'utf8')).toBe('0123456789');
});

test('nobody without the key, no unknown transfer, no other method, not more than was said', async () => {
  const { id } = await dropped.begin({ ...FILE, sizeBytes: 4 * MAX_DROP_PIECE_BYTES });
  expect(await put(id, 0, 'x', 'wrong')).toEqual([401, undefined]);
  expect(await put('0'.repeat(32), 0, 'x')).toEqual([404, undefined]);
  expect((await fetch(dropUrl(base, key, id, 0))).status).toBe(405);
  expect((await fetch(`${base}/drops/${key}/../../etc/passwd/0`, { method: 'PUT', body: 'x' })).status).not.toBe(200);
  const sending = request(dropUrl(base, key, id, 0), { method: 'PUT', headers: { host: 'evil.example' } });
  sending.end('x');
  expect((await once(sending, 'response'))[0].statusCode).toBe(403);
  // One request brings a bounded piece, whatever it claims to have.
  const [status, receivedBytes] = await put(id, 0, new Uint8Array(MAX_DROP_PIECE_BYTES + 1));
  expect(status).toBe(200);
  expect(receivedBytes).toBeLessThanOrEqual(MAX_DROP_PIECE_BYTES);
});

test('a name leads nowhere else, and what does not fit is refused before a byte is sent', async () => {
  for (const name of ['../../evil', '..', '.hidden', 'a\\b:c', '\u0000', ' ']) {
    const { path: file } = await dropped.begin({ ...FILE, name });
    expect(path.dirname(path.dirname(file))).toBe(path.join(home, 'drops'));
    expect(path.basename(file)).not.toMatch(/^\.|[/\\:\0]/);
  }
  const full = new DroppedFiles(home, { freeBytes: async () => 1024 ** 3 + 5 });
  await expect(full.begin(FILE)).rejects.toMatchObject({ code: 'DISK_FULL' });
  await expect(full.begin({ ...FILE, sizeBytes: 5 })).resolves.toMatchObject({ receivedBytes: 0 });
});

test('forgotten with its upload, or after a week without one', async () => {
  const [used, old, fresh] = await Promise.all(['used', 'old', 'fresh'].map((name) => dropped.begin({ ...FILE, name })));
  await put(used!.id, 0, 'x');
  const longAgo = new Date(Date.now() - 8 * 86_400_000);
  for (const { path: file } of [used!, old!]) await Promise.all([file, path.dirname(file)].map((one) => utimes(one, longAgo, longAgo)));
  await dropped.sweep(new Set([used!.path]));
  expect((await readdir(path.join(home, 'drops'))).toSorted()).toEqual([used!.id, fresh!.id].toSorted());
  await dropped.remove(path.join(home, 'other', 'film.mp4'));
  await dropped.remove(used!.path);
  expect(await readdir(path.join(home, 'drops'))).toEqual([fresh!.id]);
  expect(await put(used!.id, 1, 'x')).toEqual([404, undefined]);
});
