// Time of an upload through the queue against the storage client's own parallel upload of the same file, to the same blob server; and against
// the same blocks with the MD5 that the server checks: what remains is reading, hashing, journal and verification.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openContainer } from '../../src/main/upload/containerClient.ts';
import { UploadQueue } from '../../src/main/upload/uploadQueue.ts';
import { startAzurite, type TestContainer } from '../support/azurite.ts';
import type { BenchRow } from './benchRow.ts';

const MIB = 1024 * 1024;
const SIZE_MIB = 128;
/** Alternating, the fastest of each counts: others use the machine too. */
const ROUNDS = 3;

export async function run(): Promise<BenchRow[]> {
  const dir = await mkdtemp(path.join(tmpdir(), 'fieldcast-bench-upload-'));
  const azurite = await startAzurite();
  try {
    const file = path.join(dir, 'source.bin');
    const handle = await open(file, 'w');
    for (let at = 0; at < SIZE_MIB; at += 8) await handle.write(randomBytes(8 * MIB));
    await handle.close();
    const [ours, plain, checked]: number[][] = [[], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      plain!.push(await secondsOf(async () => plainUpload(file, await azurite.container())));
      checked!.push(await secondsOf(async () => checkedUpload(file, await azurite.container())));
      ours!.push(await secondsOf(async () => queueUpload(file, path.join(dir, `home-${round}`), await azurite.container())));
    }
    const [best, reference, withMd5] = [Math.min(...ours!), Math.min(...plain!), Math.min(...checked!)];
    return [{
      name: 'upload, time against the client’s own parallel upload', value: best / reference, unit: '×',
      note: `${SIZE_MIB} MiB to azurite, 4 MiB blocks, 4 at once: ${best.toFixed(2)} s with MD5 of each block, SHA-256 of the whole, journal and verification; ${reference.toFixed(2)} s without.`,
    }, {
      name: 'upload, time against the same blocks with their MD5', value: best / withMd5, unit: '×',
      note: `${withMd5.toFixed(2)} s for the plain client once it sends the MD5 of each block, which azurite computes again on its one thread.`,
    }];
  } finally {
    await azurite.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function plainUpload(file: string, container: TestContainer): Promise<void> {
  await openContainer(container.signedUrl(), undefined).getBlockBlobClient('source.bin').uploadFile(file, { blockSize: 4 * MIB, concurrency: 4 });
}

/** The integrity that an upload needs, and nothing else: hashes beforehand, no list, no journal, no SHA-256. */
async function checkedUpload(file: string, container: TestContainer): Promise<void> {
  const blob = openContainer(container.signedUrl(), undefined).getBlockBlobClient('source.bin');
  const ids = Array.from({ length: SIZE_MIB / 4 }, (_none, index) => Buffer.from(String(index).padStart(20, '0')).toString('base64'));
  const handle = await open(file);
  const running = new Set<Promise<void>>();
  for (const [index, id] of ids.entries()) {
    const block = Buffer.allocUnsafeSlow(4 * MIB);
    await handle.read(block, 0, block.length, index * block.length);
    while (running.size >= 4) await Promise.race(running);
    const sending = (async () => { await blob.stageBlock(id, block, block.length, { transactionalContentMD5: createHash('md5').update(block).digest() }); })();
    running.add(sending);
    void sending.finally(() => running.delete(sending));
  }
  await Promise.all(running);
  await blob.commitBlockList(ids);
  await handle.close();
}

async function queueUpload(file: string, home: string, container: TestContainer): Promise<void> {
  const nothing = async (): Promise<void> => undefined;
  const queue = new UploadQueue({
    home, log: console, encodeLocally: nothing,
    openLibrary: async () => ({
      ca: undefined, close: nothing,
      library: { ensureAsset: nothing, deleteAsset: nothing, encodeAsset: nothing, cancelEncoding: nothing, writableContainer: async () => container.signedUrl(), moveAddresses: async () => ({ hls: '' }), publishAsset: async () => ({ hls: '', dash: '' }) },
    }),
  });
  const [id] = await queue.add({ paths: [file], destination: { kind: 'arm', address: 'arm' }, publish: false });
  for await (const { id: seen, state, failure } of queue.watch(AbortSignal.timeout(300_000))) {
    if (seen !== id) continue;
    if (state === 'done') return;
    if (state === 'failed') throw new Error(failure?.message ?? 'the upload failed');
  }
  throw new Error('the upload did not end in time');
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}
