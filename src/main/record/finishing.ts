// Makes a plain seekable MP4 of a fragmented one: sample tables first, the same samples. FFmpeg copies beside it, at the lowest priority; the
// fragmented file stays until the other has been counted through and is safe on disk, and stays for good where anything fails.
import { constants, setPriority } from 'node:os';
import { open, rm, statfs, truncate } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { draftOf, putInPlace } from '../durable/wholeFile.ts';
import { startWorker } from '../ffmpeg/worker.ts';
import { indexOf } from './fileIndex.ts';

/** Beside the copy so much stays free: what is recorded meanwhile. */
const SPARE_BYTES = 256 * 1024 * 1024;
const FIRST_PROGRESS_MS = 60_000;
/** A disk that copies slower than this is not waited for; once to read and write, once to move the tables to the front. */
const SLOWEST_BYTES_PER_SECOND = 3_000_000;
const LEAST_MS = 60_000;

export type FinishOptions = {
  readonly binary: string;
  /** At most so many times as fast as it plays, while a show needs the disk; as fast as it can otherwise. */
  readonly maxSpeed?: number;
  readonly signal?: AbortSignal;
};

/**
 * Nobody may be writing the file. What stands behind its last whole fragment is cut off.
 * @returns false where it is a plain file already
 * @throws OperatorError RECORD_NOT_FINISHED; the fragmented file is as it was, and plays
 */
export async function finishRecording(file: string, options: FinishOptions): Promise<boolean> {
  const draft = draftOf(file);
  try {
    const before = await indexOf(file);
    if (!before.isFragmented) return false;
    if (before.samples.video + before.samples.audio === 0) throw new Error('it holds nothing');
    if (before.wholeBytes < before.sizeBytes) await truncate(file, before.wholeBytes);
    const { bavail, bsize } = await statfs(path.dirname(file));
    if (bavail * bsize < before.wholeBytes + SPARE_BYTES) throw new Error('there is no room for a copy on its disk');
    await copyWithTables(file, draft, before.wholeBytes, options);
    const after = await indexOf(draft);
    if (after.isFragmented || !after.hasTablesFirst || after.wholeBytes < after.sizeBytes) throw new Error('the copy is not whole');
    if (after.samples.video !== before.samples.video || after.samples.audio !== before.samples.audio) {
      throw new Error(`the copy has ${after.samples.video} pictures and ${after.samples.audio} pieces of sound, not ${before.samples.video} and ${before.samples.audio}`);
    }
    await synced(draft);
    await putInPlace(draft, file);
    return true;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw new OperatorError(
      'RECORD_NOT_FINISHED', `"${file}" stays in fragments: ${messageOf(error)}.`,
      'It plays as it is. `fieldcast recordings --repair` tries again to make a plain file of it.', { cause: error },
    );
  }
}

async function copyWithTables(file: string, draft: string, sizeBytes: number, { binary, maxSpeed, signal }: FinishOptions): Promise<void> {
  signal?.throwIfAborted();
  const worker = startWorker({
    name: 'recording finisher', binary, stdin: 'control', outputs: 0, upTimeoutMs: FIRST_PROGRESS_MS,
    args: [
      ...(maxSpeed === undefined ? [] : ['-readrate', String(maxSpeed)]),
      '-i', `file:${file}`, '-map', '0', '-c', 'copy', '-movflags', '+faststart', '-f', 'mp4', `file:${draft}`,
    ],
  });
  lower(worker.pid);
  const timer = setTimeout(() => worker.kill(), LEAST_MS + (sizeBytes / SLOWEST_BYTES_PER_SECOND) * 1000);
  const onAbort = (): void => worker.kill();
  signal?.addEventListener('abort', onAbort);
  try {
    const exit = await worker.exit;
    signal?.throwIfAborted();
    if (exit.reason !== 'ended') throw new Error(`FFmpeg did not copy it (${exit.reason}${exit.line === '' ? '' : `: ${exit.line}`})`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** The show comes first. It may have ended already. */
function lower(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // Then it runs as any other.
  }
}

async function synced(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
