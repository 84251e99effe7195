// Uploads a file to azurite while its process is killed and its connections are cut again and again, and tells what that cost.
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { randomBytes } from 'node:crypto';
import type { UploadStatus } from '../../src/contract/upload.ts';
import { startAzurite } from './azurite.ts';
import { CuttingProxy } from './cuttingProxy.ts';

const ENTRY = fileURLToPath(new URL('./uploaderEntry.ts', import.meta.url));
const MIB = 1024 * 1024;

export type InterruptedUpload = {
  readonly last: UploadStatus;
  readonly kills: number;
  readonly cuts: number;
  readonly proxy: CuttingProxy;
  /** SHA-256 of the file and of what the blob server gives back. */
  readonly sourceSha256: string;
  readonly blobSha256: string;
  readonly seconds: number;
};

/**
 * @param nextAfter Called before each interruption; resolves when it is to happen. Kills and cuts alternate.
 */
export async function interruptedUpload(sizeMib: number, nextAfter: (proxy: CuttingProxy, isOver: Promise<unknown>) => Promise<void>): Promise<InterruptedUpload> {
  const dir = await mkdtemp(path.join(tmpdir(), 'fieldcast-interrupted-'));
  const azurite = await startAzurite();
  const proxy = await CuttingProxy.before(azurite.port);
  try {
    const source = path.join(dir, 'source.bin');
    await writeSparse(source, sizeMib * MIB);
    const container = await azurite.container();
    const over = Promise.withResolvers<UploadStatus>();
    let child: ChildProcess | undefined;
    let kills = 0;
    let cuts = 0;
    const start = (): void => {
      const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ENTRY, path.join(dir, 'home'), source], {
        stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, FIELDCAST_TEST_CONTAINER: container.signedUrl(proxy.port) },
      });
      child = started;
      readline.createInterface({ input: started.stdout }).on('line', (line) => {
        const status = JSON.parse(line) as UploadStatus;
        if (status.state === 'done' || status.state === 'failed') over.resolve(status);
      });
      started.once('exit', (code, signal) => {
        if (signal !== 'SIGKILL' && code !== 0) over.reject(new Error(`the uploader ended with ${code}`));
      });
    };
    const startedMs = performance.now();
    start();
    let isOver = false;
    const ending = over.promise.finally(() => { isOver = true; });
    ending.catch(() => undefined);
    for (let turn = 0; ; turn += 1) {
      await nextAfter(proxy, ending.catch(() => undefined));
      if (isOver) break;
      if (turn % 2 === 1) {
        cuts += 1;
        proxy.cut();
        continue;
      }
      kills += 1;
      const dying = child!;
      const gone = new Promise<void>((resolve) => { dying.once('exit', () => resolve()); });
      dying.kill('SIGKILL');
      await gone;
      start();
    }
    const last = await ending;
    const seconds = (performance.now() - startedMs) / 1000;
    const blob = await container.client.getBlobClient('source.bin').download();
    return { last, kills, cuts, proxy, seconds, sourceSha256: await sha256Of(createReadStream(source)), blobSha256: await sha256Of(blob.readableStreamBody!) };
  } finally {
    await proxy.close();
    await azurite.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function sha256Of(stream: NodeJS.ReadableStream): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of stream) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** Random islands in holes: blocks of equal content and blocks of different content. */
async function writeSparse(file: string, sizeBytes: number): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.truncate(sizeBytes);
    for (let at = 0; at < sizeBytes; at += 10 * MIB) await handle.write(randomBytes(Math.min(5 * MIB, sizeBytes - at)), 0, undefined, at);
  } finally {
    await handle.close();
  }
}
