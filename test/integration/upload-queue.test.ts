// The queue against the embedded service and a real blob server: stopped, limited, held back, cancelled, refused, restarted.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import { SERVICE_DIR } from '../../src/contract/embeddedService.ts';
import { OperatorError } from '../../src/contract/errors.ts';
import type { UploadStatus } from '../../src/contract/upload.ts';
import { createEmbeddedLiveService } from '../../src/main/cloud/embeddedDestination.ts';
import type { MediaLibrary } from '../../src/main/cloud/liveService.ts';
import type { LocalEncoder } from '../../src/main/upload/localSets.ts';
import { UploadQueue } from '../../src/main/upload/uploadQueue.ts';
import { startAzurite, type Azurite } from '../support/azurite.ts';
import { CuttingProxy } from '../support/cuttingProxy.ts';
import { startTestService, temporaryHome, type TestService } from '../support/embeddedService.ts';

const MIB = 1024 * 1024;
const embedded = { kind: 'embedded' } as const;
const remote = { kind: 'arm', address: 'arm' } as const;
let home: Awaited<ReturnType<typeof temporaryHome>>;
let service: TestService;
let azurite: Azurite;
let dir = '';
let queue: UploadQueue;
let encodeLocally: LocalEncoder = async () => undefined;
/** Where uploads to `remote` go; the library of the embedded service with the storage of azurite. */
let signedUrls: () => string = () => '';

beforeAll(async () => {
  home = await temporaryHome();
  [service, azurite] = await Promise.all([startTestService(home.home), startAzurite()]);
});
afterAll(async () => {
  await Promise.all([service.stop(), azurite.stop()]);
  await home.remove();
});
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'fieldcast-queue-'));
  queue = newQueue();
});
afterEach(async () => {
  await queue.close();
  await rm(dir, { recursive: true, force: true });
});

function newQueue(patience = { giveUpMs: 20_000, stallMs: 2000 }): UploadQueue {
  const { descriptor, ca } = service;
  const { library } = createEmbeddedLiveService({ ...descriptor, ca, originHttpBase: descriptor.originHttp });
  const elsewhere: MediaLibrary = { ...library, writableContainer: async () => signedUrls() };
  return new UploadQueue({
    home: dir, patience, log: { warn: () => undefined }, encodeLocally: (work) => encodeLocally(work),
    openLibrary: async ({ kind }) => ({ library: kind === 'embedded' ? library : elsewhere, ca: kind === 'embedded' ? ca : undefined, close: async () => undefined }),
  });
}

async function until(id: string, condition: (status: UploadStatus) => boolean, of = queue): Promise<UploadStatus> {
  for await (const status of of.watch(AbortSignal.timeout(30_000))) if (status.id === id && condition(status)) return status;
  throw new Error('it did not come to that within 30 s');
}
const over = (status: UploadStatus): boolean => ['done', 'failed', 'paused', 'interrupted', 'cancelled'].includes(status.state);

async function sourceOf(sizeBytes: number, name = 'source.bin'): Promise<{ file: string; bytes: Buffer; sha256: string }> {
  const bytes = randomBytes(sizeBytes);
  const file = path.join(dir, name);
  await writeFile(file, bytes);
  return { file, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

async function stored(assetName: string, blobName: string): Promise<Buffer> {
  const { container } = await service.client.assets.get(...service.scope, assetName);
  return readFile(path.join(home.home, SERVICE_DIR, 'assets', container!, ...blobName.split('/')));
}

test('a folder becomes an asset with all its files, empty ones too', async () => {
  const folder = path.join(dir, 'My set (1)');
  await mkdir(path.join(folder, 'sub'), { recursive: true });
  await writeFile(path.join(folder, 'empty.txt'), '');
  await writeFile(path.join(folder, '.hidden'), 'no');
  const big = randomBytes(5 * MIB + 1);
  await writeFile(path.join(folder, 'sub', 'größe.mp4'), big);
  const [id] = await queue.add({ paths: [folder], destination: embedded, publish: false });
  const end = await until(id!, over);
  expect(end).toMatchObject({ state: 'done', fileCount: 2, sizeBytes: big.length, doneBytes: big.length });
  expect(end.assetName).toMatch(/^My-set-1-[0-9a-f]{8}$/);
  expect(end.result!.files.map(({ blobName }) => blobName)).toEqual(['empty.txt', 'sub/größe.mp4']);
  expect(await stored(end.assetName, 'sub/größe.mp4')).toEqual(big);
  expect(await stored(end.assetName, 'empty.txt')).toHaveLength(0);
});

test('paused, closed and restarted, it goes on where it was and sends nothing again', async () => {
  const proxy = await CuttingProxy.before(azurite.port);
  const container = await azurite.container();
  signedUrls = () => container.signedUrl(proxy.port);
  const { file, sha256 } = await sourceOf(32 * MIB + 5);
  const some = async (count: number): Promise<void> => new Promise((resolve) => {
    proxy.onStored = () => {
      if (proxy.storedBlocks >= count) resolve();
    };
  });
  const [id] = await queue.add({ paths: [file], destination: remote, publish: false });
  await some(2);
  await queue.pause(id!);
  expect((await queue.list())[0]).toMatchObject({ state: 'paused' });
  await queue.resume(id!);
  await some(5);
  await queue.close();
  queue = newQueue();
  expect((await queue.list())[0]).toMatchObject({ id, state: 'interrupted' });
  expect(await queue.add({ paths: [file], destination: remote, publish: false })).toEqual([id]);
  expect(await until(id!, over)).toMatchObject({ state: 'done', result: { files: [{ sha256 }] } });
  expect(createHash('sha256').update(await container.client.getBlobClient('source.bin').downloadToBuffer()).digest('hex')).toBe(sha256);
  expect(proxy.storedAgain).toBe(0);
  await proxy.close();
});

test('an expired signature is renewed, a lost network is waited for', async () => {
  const proxy = await CuttingProxy.before(azurite.port);
  const container = await azurite.container();
  let renewals = 0;
  signedUrls = () => container.signedUrl(proxy.port, renewals++ === 0 ? -60_000 : 3_600_000);
  const { file, sha256 } = await sourceOf(12 * MIB);
  proxy.onStored = () => {
    proxy.onStored = () => undefined;
    proxy.cut();
  };
  const [id] = await queue.add({ paths: [file], destination: remote, publish: false });
  const sentences: string[] = [];
  for await (const status of queue.watch(AbortSignal.timeout(30_000))) {
    sentences.push(status.sentence);
    if (over(status)) break;
  }
  expect(sentences.some((sentence) => sentence.startsWith('Waiting to go on'))).toBe(true);
  expect(await until(id!, over)).toMatchObject({ state: 'done', result: { files: [{ sha256 }] } });
  expect(renewals).toBe(2);
  await proxy.close();
});

test('a storage that never comes back is given up on, and the failure names no signature', async () => {
  const proxy = await CuttingProxy.before(azurite.port);
  const container = await azurite.container();
  const url = container.signedUrl(proxy.port);
  signedUrls = () => url;
  await proxy.close();
  queue = newQueue({ giveUpMs: 1000, stallMs: 500 });
  const { file } = await sourceOf(100);
  const [id] = await queue.add({ paths: [file], destination: remote, publish: false });
  const end = await until(id!, over);
  expect(end).toMatchObject({ state: 'failed', failure: { code: 'UPLOAD_STALLED' } });
  const sig = new URL(url).searchParams.get('sig')!;
  const journals = (await readdir(path.join(dir, 'uploads'))).filter((name) => name.endsWith('.json'));
  expect(JSON.stringify(end) + await readFile(path.join(dir, 'uploads', journals[0]!), 'utf8')).not.toContain(encodeURIComponent(sig));
  signedUrls = () => container.signedUrl();
  await queue.resume(id!);
  expect(await until(id!, over)).toMatchObject({ state: 'done' });
});

test('a show holds it back and lets it go on; the limit holds', async () => {
  const container = await azurite.container();
  signedUrls = () => container.signedUrl();
  const { file } = await sourceOf(3 * MIB);
  const release = queue.hold();
  await queue.limit(16_000);
  const [id] = await queue.add({ paths: [file], destination: remote, publish: false });
  await until(id!, ({ sentence }) => sentence === 'Waiting for the end of the show, which has the line first.');
  // It tells its figures twice a second: nothing moves, though the limit would let all of it pass meanwhile.
  let told = 0;
  await until(id!, () => ++told > 5);
  expect((await queue.list())[0]).toMatchObject({ state: 'uploading', doneBytes: 0, bitsPerSecond: 0 });
  const startedMs = performance.now();
  release();
  expect(await until(id!, over)).toMatchObject({ state: 'done' });
  // 3 MiB at 16 Mbit/s, less what may pass at once at the beginning.
  expect(performance.now() - startedMs).toBeGreaterThan(1200);
});

test('a limit that was to be kept holds for the next engine; a file that was handed over is forgotten when its upload is over', async () => {
  await queue.limit(16_000, true);
  const { file } = await sourceOf(MIB);
  const bytes = await readFile(file);
  const { id: drop, path: handedOver } = await queue.dropped.begin({ name: 'handed over.bin', sizeBytes: bytes.length, modifiedMs: 1 });
  expect(await queue.dropped.append(drop, 0, Readable.from([bytes]))).toBe(bytes.length);
  const [id] = await queue.add({ paths: [handedOver], destination: embedded, publish: false });
  expect(await until(id!, over)).toMatchObject({ state: 'done', result: { files: [{ blobName: 'handed over.bin', sizeBytes: MIB }] } });
  await expect.poll(() => existsSync(handedOver)).toBe(false);
  const other = newQueue();
  expect(await other.limits()).toEqual({ kbps: 16_000, isHeld: false });
  const release = other.hold();
  expect(await other.limits()).toMatchObject({ isHeld: true });
  release();
  await other.limit(null, true);
  await other.close();
});

test('cancelled, nothing of it is left at the destination', async () => {
  await queue.limit(8000);
  const { file } = await sourceOf(8 * MIB);
  const [id] = await queue.add({ paths: [file], destination: embedded, publish: false });
  const { assetName } = await until(id!, ({ bitsPerSecond }) => bitsPerSecond > 0);
  await queue.cancel(id!);
  expect((await queue.list())[0]).toMatchObject({ state: 'cancelled' });
  await expect(service.client.assets.get(...service.scope, assetName)).rejects.toMatchObject({ statusCode: 404 });
});

test('refusals say what is wrong', async () => {
  await expect(queue.add({ paths: [path.join(dir, 'nothing')], destination: embedded, publish: false })).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  await mkdir(path.join(dir, 'empty'));
  await expect(queue.add({ paths: [path.join(dir, 'empty')], destination: embedded, publish: false })).rejects.toMatchObject({ code: 'SOURCE_EMPTY' });
  await expect(queue.resume('nothing')).rejects.toMatchObject({ code: 'NO_SUCH_UPLOAD' });
  const { file } = await sourceOf(6 * MIB);
  await queue.limit(8000);
  const [id] = await queue.add({ paths: [file], destination: embedded, publish: false });
  await until(id!, ({ bitsPerSecond }) => bitsPerSecond > 0);
  const other = newQueue();
  await other.add({ paths: [file], destination: embedded, publish: false });
  expect(await until(id!, over, other)).toMatchObject({ state: 'failed', failure: { code: 'UPLOAD_BUSY' } });
  await other.close();
  await writeFile(file, randomBytes(6 * MIB));
  await queue.limit(null);
  expect(await until(id!, over)).toMatchObject({ state: 'failed', failure: { code: 'SOURCE_CHANGED' } });
  await queue.resume(id!);
  expect(await until(id!, over)).toMatchObject({ state: 'done' });
});

/** An encoder that is as slow as the test wants: writes its set when it is let. */
function heldEncoder(): { readonly begun: string[]; finish(): void } {
  const begun: string[] = [];
  let finish = (): void => undefined;
  encodeLocally = async ({ folder, streamName, signal, onShare }) => {
    begun.push(streamName);
    onShare(0.25);
    await new Promise<void>((resolve, reject) => {
      finish = resolve;
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    await writeFile(path.join(folder, '640x360_600.mp4'), randomBytes(6 * MIB));
    await writeFile(path.join(folder, `${streamName}.ism`), '<smil/>');
  };
  return { begun, finish: () => { finish(); } };
}

test('encoded here first: it waits for a show, begins anew after one, survives a pause and a restart, and sends the manifest last', async () => {
  const encoder = heldEncoder();
  const { file } = await sourceOf(1000, 'Größe 1.mov');
  let release = queue.hold();
  const [id] = await queue.add({ paths: [file], destination: embedded, publish: false, encode: 'local' });
  await until(id!, ({ sentence }) => sentence.startsWith('Waiting for the end of the show'));
  expect(encoder.begun).toEqual([]);
  release();
  expect(await until(id!, ({ state }) => state === 'encoding')).toMatchObject({ sentence: 'Encoding on this computer.' });
  await until(id!, ({ encodedPercent }) => encodedPercent === 25);
  release = queue.hold();
  await until(id!, ({ sentence }) => sentence.startsWith('Waiting for the end of the show'));
  release();
  await until(id!, ({ sentence, encodedPercent }) => sentence === 'Encoding on this computer.' && encodedPercent === 25);
  await queue.pause(id!);
  expect((await queue.list())[0]).toMatchObject({ state: 'paused' });
  await queue.resume(id!);
  await until(id!, ({ state, encodedPercent }) => state === 'encoding' && encodedPercent === 25);
  expect(encoder.begun).toEqual(['Gro-e-1', 'Gro-e-1', 'Gro-e-1']);
  await queue.limit(8000);
  encoder.finish();
  await until(id!, ({ bitsPerSecond }) => bitsPerSecond > 0);
  await queue.close();
  queue = newQueue();
  expect(await queue.add({ paths: [file], destination: embedded, publish: false, encode: 'local' })).toEqual([id]);
  const end = await until(id!, over);
  // Made once, sent once: the set of the first queue was taken up.
  expect(encoder.begun).toHaveLength(3);
  expect(end).toMatchObject({ state: 'done', fileCount: 2, result: { files: [{ blobName: '640x360_600.mp4' }, { blobName: 'Gro-e-1.ism' }] } });
  await queue.close();
  expect(await readdir(path.join(dir, 'uploads'))).not.toContain(`${id}.set`);
});

test('cancelled while it is encoded here, nothing of it stays; a folder is refused; a failure has its reason and can be retried', async () => {
  const encoder = heldEncoder();
  const { file } = await sourceOf(1000);
  const [id] = await queue.add({ paths: [file], destination: embedded, publish: false, encode: 'local' });
  await until(id!, ({ encodedPercent }) => encodedPercent === 25);
  await queue.cancel(id!);
  expect((await queue.list())[0]).toMatchObject({ state: 'cancelled' });
  expect(await readdir(path.join(dir, 'uploads'))).not.toContain(`${id}.set`);
  expect(encoder.begun).toHaveLength(1);
  await expect(queue.add({ paths: [dir], destination: embedded, publish: false, encode: 'local' })).rejects.toMatchObject({ code: 'NOT_ONE_FILE' });
  encodeLocally = async () => { throw new OperatorError('NO_ROOM_TO_ENCODE', 'There is no room.', 'Make some.'); };
  const [other] = await queue.add({ paths: [file], destination: embedded, publish: false, encode: 'local' });
  expect(await until(other!, over)).toMatchObject({ state: 'failed', failure: { code: 'NO_ROOM_TO_ENCODE', action: 'Make some.' } });
  encodeLocally = async ({ folder }) => writeFile(path.join(folder, 'a.mp4'), 'x');
  await queue.resume(other!);
  expect(await until(other!, over)).toMatchObject({ state: 'done' });
});
