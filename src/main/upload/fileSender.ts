// Brings one file into a blob: blocks in parallel, those that are there already left out, the whole compared at the end.
import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import { hashed, type BlockHasher } from './blockHasher.ts';
import { blockIdOf, blockSizeFor } from './blockPlan.ts';
import type { SourceFile } from './sourceFiles.ts';
import { contentTypeOf } from './sourceFiles.ts';
import { isMissing } from './sendFailure.ts';
import { StorageCalls, type StorageAccess } from './storageCalls.ts';

export type SentFile = { readonly blobName: string; readonly sizeBytes: number; readonly sha256: string };
export type SendProgress = {
  /** Bytes that have reached the destination for good. */
  readonly onStored: (bytes: number) => void;
  /** Bytes that went onto the network. */
  readonly onMoved: (bytes: number) => void;
};

/** Blocks on their way at once: fills a line with a long round trip. */
const PARALLEL = 4;
/** Blocks that are read and hashed meanwhile; with those on their way 28 MiB of memory. */
const AHEAD = 2;

type Cut = { readonly id: string; readonly sizeBytes: number };
type Listed = { readonly name: string; readonly size: number };

/**
 * The blob is visible only when all of it is there and right.
 * @throws OperatorError SOURCE_CHANGED, SOURCE_UNREADABLE, UPLOAD_NOT_VERIFIED, and those of {@link StorageCalls}.
 */
export async function sendFile(source: SourceFile, access: StorageAccess, hasher: BlockHasher, progress: SendProgress, signal: AbortSignal): Promise<SentFile> {
  // Ended together with the first block that fails for good.
  const failed = new AbortController();
  const all = AbortSignal.any([signal, failed.signal]);
  const calls = new StorageCalls(access, source.blobName, `“${source.blobName}”`);
  const known = await calls.run(async (blob, attempt) => listsOf(blob.getBlockList('all', { abortSignal: attempt })), all);
  const there = new Set([...known.committed, ...known.uncommitted].map(({ name }) => name));
  const file = await opened(source);
  const onTheWay = new Set<Promise<void>>();
  try {
    const cuts: Cut[] = [];
    for await (const { block, md5 } of hashed(blocksOf(file, source), hasher, AHEAD)) {
      all.throwIfAborted();
      const cut = { id: blockIdOf(cuts.length, md5), sizeBytes: block.length };
      cuts.push(cut);
      if (there.has(cut.id)) {
        progress.onStored(block.length);
        continue;
      }
      while (onTheWay.size >= PARALLEL) await Promise.race(onTheWay);
      const sending: Promise<void> = sendBlock(calls, cut, block, md5, access, progress, all)
        .then(() => progress.onStored(block.length), (error: unknown) => {
          if (!failed.signal.aborted) failed.abort(error);
        })
        .finally(() => onTheWay.delete(sending));
      onTheWay.add(sending);
    }
    await Promise.all(onTheWay);
    all.throwIfAborted();
    await assertUnchanged(file, source);
    const sent = { blobName: source.blobName, sizeBytes: source.sizeBytes, sha256: await hasher.whole() };
    if (!isSameList(known.committed, cuts) || known.committed.length === 0) await commit(calls, source, cuts, sent.sha256, all);
    await verify(calls, cuts, sent, all);
    return sent;
  } catch (error) {
    // What is under way reads from a buffer, not from the file; it ends with the signal.
    if (!failed.signal.aborted) failed.abort(error);
    await Promise.allSettled(onTheWay);
    throw error;
  } finally {
    await file.close();
  }
}

async function sendBlock(calls: StorageCalls, { id }: Cut, block: Buffer, md5: Buffer, access: StorageAccess, progress: SendProgress, signal: AbortSignal): Promise<void> {
  await calls.run(async (blob, attempt, moved) => {
    await blob.stageBlock(id, () => Readable.from(paced(block, access, attempt, moved, progress)), block.length, {
      transactionalContentMD5: md5, abortSignal: attempt, onProgress: moved,
    });
    return true;
  }, signal, async (blob, attempt) => {
    const { uncommitted } = await listsOf(blob.getBlockList('uncommitted', { abortSignal: attempt }));
    return uncommitted.some(({ name }) => name === id) ? true : undefined;
  });
}

/** Pieces of a block as fast as the limit lets them pass. Being held back is no stall. */
async function* paced(block: Buffer, { limit, stallMs }: StorageAccess, signal: AbortSignal, moved: () => void, progress: SendProgress): AsyncGenerator<Buffer> {
  let isHeldBack = false;
  const awake = setInterval(() => {
    if (isHeldBack) moved();
  }, Math.max(10, stallMs / 4));
  try {
    let piece: Buffer;
    for (let at = 0; at < block.length; at += piece.length) {
      piece = block.subarray(at, at + limit.pieceBytes);
      isHeldBack = true;
      await limit.take(piece.length, signal);
      isHeldBack = false;
      moved();
      yield piece;
      progress.onMoved(piece.length);
    }
  } finally {
    clearInterval(awake);
  }
}

async function commit(calls: StorageCalls, source: SourceFile, cuts: readonly Cut[], sha256: string, signal: AbortSignal): Promise<void> {
  await calls.run(async (blob, attempt) => {
    await blob.commitBlockList(cuts.map(({ id }) => id), {
      abortSignal: attempt, metadata: { sha256 }, blobHTTPHeaders: { blobContentType: contentTypeOf(source.blobName) },
    });
    return true;
  }, signal, async (blob, attempt) => (isSameList((await listsOf(blob.getBlockList('committed', { abortSignal: attempt }))).committed, cuts) && cuts.length > 0 ? true : undefined));
}

/** The destination checked the MD5 of each block as it came in; here it says which blocks make up the blob, and how long it is. */
async function verify(calls: StorageCalls, cuts: readonly Cut[], sent: SentFile, signal: AbortSignal): Promise<void> {
  const { list, properties } = await calls.run(async (blob, attempt) => ({
    list: (await listsOf(blob.getBlockList('committed', { abortSignal: attempt }))).committed,
    properties: await blob.getProperties({ abortSignal: attempt }),
  }), signal);
  const isWhole = properties.contentLength === sent.sizeBytes && isSameList(list, cuts)
    && properties.metadata?.['sha256'] === sent.sha256;
  if (!isWhole) {
    throw new OperatorError('UPLOAD_NOT_VERIFIED', `What the storage holds of “${sent.blobName}” is not what was sent.`, 'Retry: what is wrong is sent again. Another program may be writing the same blob.');
  }
}

async function listsOf(answer: Promise<{ readonly committedBlocks?: readonly Listed[]; readonly uncommittedBlocks?: readonly Listed[] }>): Promise<{ committed: readonly Listed[]; uncommitted: readonly Listed[] }> {
  try {
    const { committedBlocks = [], uncommittedBlocks = [] } = await answer;
    return { committed: committedBlocks, uncommitted: uncommittedBlocks };
  } catch (error) {
    if (isMissing(error)) return { committed: [], uncommitted: [] };
    throw error;
  }
}

function isSameList(listed: readonly Listed[], cuts: readonly Cut[]): boolean {
  return listed.length === cuts.length && cuts.every(({ id, sizeBytes }, index) => listed[index]?.name === id && listed[index].size === sizeBytes);
}

async function opened(source: SourceFile): Promise<FileHandle> {
  try {
    return await open(source.path, 'r');
  } catch (error) {
    throw new OperatorError('SOURCE_UNREADABLE', `${source.path} cannot be read: ${messageOf(error)}.`, 'Check the file, then retry.', { cause: error });
  }
}

async function* blocksOf(file: FileHandle, source: SourceFile): AsyncGenerator<Buffer> {
  const blockBytes = blockSizeFor(source.sizeBytes);
  for (let at = 0; at < source.sizeBytes; at += blockBytes) {
    // A buffer of its own: it is still being sent while the next one is read.
    const block = Buffer.allocUnsafeSlow(Math.min(blockBytes, source.sizeBytes - at));
    let read = 0;
    while (read < block.length) {
      const { bytesRead } = await file.read(block, read, block.length - read, at + read);
      if (bytesRead === 0) throw changed(source);
      read += bytesRead;
    }
    yield block;
  }
}

async function assertUnchanged(file: FileHandle, source: SourceFile): Promise<void> {
  const { size, mtimeMs } = await file.stat();
  if (size !== source.sizeBytes || mtimeMs !== source.modifiedMs) throw changed(source);
}

function changed(source: SourceFile): OperatorError {
  return new OperatorError('SOURCE_CHANGED', `${source.path} was changed while it was being uploaded.`, 'Wait until the program that writes it has finished, then retry.');
}
