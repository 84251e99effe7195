// Blobs of one container as files in its asset's folder: staged block by block, made visible in one rename. Knows no HTTP.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { BlobError } from './blobError.ts';
import { blobPath, HIDDEN_FOLDER, SCRATCH_FOLDER } from './blobName.ts';
import { etagOf, readRecord, type BlobHeaders, type BlobRecord } from './blobRecord.ts';
import type { Block, BlockChoice } from './blockList.ts';
import { writeAll, writeBody, type BodyPromise } from './receivedBody.ts';
import { draftOf, isDraft, putInPlace, writeNew, writeWhole } from '../../durable/wholeFile.ts';

export type StoredBlob = BlobRecord & { readonly etag: string; readonly file: string };

/** More blobs than this in a container are not listed: no asset comes near it. */
const MAX_LISTED = 100_000;
/** The blob service forgets uncommitted blocks after a week. */
const BLOCK_MEMORY_MS = 7 * 24 * 3_600_000;

/** Files of one blob. */
type Places = { readonly content: string; readonly record: string; readonly blocks: string; readonly hidden: string };

/** Folder and name → the change that is under way; changes of one blob happen one after another. */
const underWay = new Map<string, Promise<unknown>>();

/** @throws BlobError 400 for a name that cannot be kept, 404 `BlobNotFound` */
export async function statBlob(folder: string, name: string): Promise<StoredBlob> {
  const places = placesOf(folder, name);
  const found = await stat(places.content).catch(() => undefined);
  if (found?.isFile() !== true) throw new BlobError(404, 'BlobNotFound', 'The specified blob does not exist.');
  const content = { sizeBytes: found.size, modifiedMs: found.mtimeMs };
  return { ...await readRecord(places.record, name, content), etag: etagOf(content), file: places.content };
}

/** Keeps one block until a list commits it. The same id again replaces it. */
export async function stageBlock(folder: string, name: string, id: string, body: AsyncIterable<Uint8Array>, promise: BodyPromise): Promise<string> {
  const places = placesOf(folder, name);
  await mkdir(places.blocks, { recursive: true, mode: 0o700 });
  const file = path.join(places.blocks, Buffer.from(id, 'base64').toString('hex'));
  const draft = draftOf(file);
  const md5 = await writeNew(draft, async (handle) => writeBody(body, handle, promise));
  await putInPlace(draft, file);
  return md5;
}

/** Uncommitted blocks in the order of their ids, and those of the blob as it is. */
export async function blocksOf(folder: string, name: string): Promise<{ readonly committed: readonly Block[]; readonly uncommitted: readonly Block[]; readonly blob: StoredBlob | undefined }> {
  const places = placesOf(folder, name);
  const blob = await statBlob(folder, name).catch(ifMissing);
  const files = (await readdir(places.blocks).catch(() => [])).filter((file) => /^[0-9a-f]+$/.test(file)).sort();
  const uncommitted: Block[] = [];
  for (const file of files) {
    uncommitted.push({ id: Buffer.from(file, 'hex').toString('base64'), sizeBytes: (await stat(path.join(places.blocks, file))).size });
  }
  return { committed: blob?.blocks ?? [], uncommitted, blob };
}

/**
 * Makes the blob of these blocks visible and forgets all staged ones.
 * @param contentMd5 Of the whole content, base64; checked here, which the real service leaves to its client.
 * @throws BlobError 400 `InvalidBlockList`, `Md5Mismatch`; 409 where a folder of that name is in the way.
 */
export async function commitBlocks(folder: string, name: string, choices: readonly BlockChoice[], headers: BlobHeaders, contentMd5: string | undefined, check: (known: StoredBlob | undefined) => void): Promise<StoredBlob> {
  return oneAfterAnother(folder, name, async (places) => {
    const known = await blocksOf(folder, name);
    check(known.blob);
    const sources = sourcesOf(choices, known, places);
    return replaceContent(folder, name, places, headers, async (handle) => {
      const md5 = createHash('md5');
      for (const { file, start, sizeBytes } of sources) {
        let copied = 0;
        for await (const piece of createReadStream(file, { start, end: start + sizeBytes - 1, highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
          md5.update(piece);
          await writeAll(handle, piece);
          copied += piece.length;
        }
        if (copied !== sizeBytes) throw invalidList();
      }
      if (contentMd5 !== undefined && md5.digest('base64') !== contentMd5) {
        throw new BlobError(400, 'Md5Mismatch', 'The blocks together do not have the MD5 value specified in the request.');
      }
      return { contentMd5: contentMd5 ?? null, blocks: sources.map(({ id, sizeBytes }) => ({ id, sizeBytes })) };
    });
  });
}

/** A blob in one request. */
export async function putBlob(folder: string, name: string, body: AsyncIterable<Uint8Array>, promise: BodyPromise, headers: BlobHeaders, check: (known: StoredBlob | undefined) => void): Promise<StoredBlob> {
  return oneAfterAnother(folder, name, async (places) => {
    check(await statBlob(folder, name).catch(ifMissing));
    return replaceContent(folder, name, places, headers, async (handle) => ({ contentMd5: await writeBody(body, handle, promise), blocks: [] }));
  });
}

/** @throws BlobError 404 */
export async function deleteBlob(folder: string, name: string, check: (known: StoredBlob) => void): Promise<void> {
  await oneAfterAnother(folder, name, async (places) => {
    check(await statBlob(folder, name));
    await rm(places.content);
    await rm(places.hidden, { recursive: true, force: true });
    // Folders are no blobs: an empty one must not stand in the way of a blob of its name.
    for (let at = path.dirname(places.content); at !== path.resolve(folder); at = path.dirname(at)) {
      if (!await rmdir(at).then(() => true, () => false)) break;
    }
  });
}

/** Names of all blobs in the order of their bytes, as the blob service lists them. */
export async function listNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(path.join(folder, below), { withFileTypes: true }).catch(() => [])) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && name !== HIDDEN_FOLDER) await walk(name);
      if (entry.isFile() && names.push(name) > MAX_LISTED) throw new BlobError(409, 'ContainerTooLarge', `The container holds more than ${MAX_LISTED} blobs.`);
    }
  };
  await walk('');
  return names.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

/** Removes what a crash left half written in all containers, and staged blocks that nobody committed for a week. For a start: nothing may write meanwhile. */
export async function sweepStaged(assetsDir: string, nowMs: number): Promise<void> {
  for (const container of await readdir(assetsDir).catch(() => [])) {
    const hidden = path.join(assetsDir, container, HIDDEN_FOLDER);
    await rm(path.join(hidden, SCRATCH_FOLDER), { recursive: true, force: true });
    for (const entry of await readdir(hidden, { recursive: true, withFileTypes: true }).catch(() => [])) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      const isOldBlock = path.basename(entry.parentPath) === 'blocks' && nowMs - ((await stat(file).catch(() => undefined))?.mtimeMs ?? nowMs) > BLOCK_MEMORY_MS;
      if (isDraft(entry.name) || isOldBlock) await rm(file, { force: true });
    }
  }
}

async function replaceContent(
  folder: string, name: string, places: Places, headers: BlobHeaders,
  fill: (handle: Parameters<typeof writeBody>[1]) => Promise<Pick<BlobRecord, 'contentMd5' | 'blocks'>>,
): Promise<StoredBlob> {
  await mkdir(places.hidden, { recursive: true, mode: 0o700 });
  const draft = draftOf(path.join(places.hidden, 'content'));
  const about = await writeNew(draft, fill);
  const { size, mtimeMs } = await stat(draft);
  try {
    await mkdir(path.dirname(places.content), { recursive: true, mode: 0o700 });
    await putInPlace(draft, places.content);
  } catch (error) {
    await rm(draft, { force: true });
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EEXIST' || code === 'ENOTEMPTY' || code === 'EPERM') {
      throw new BlobError(409, 'BlobNameConflict', 'The embedded service cannot keep a blob whose name is the beginning of another one’s path.');
    }
    throw error;
  }
  const record: BlobRecord = { version: 1, name, sizeBytes: size, modifiedMs: mtimeMs, ...headers, ...about };
  await writeWhole(places.record, JSON.stringify(record));
  await rm(places.blocks, { recursive: true, force: true });
  return statBlob(folder, name);
}

/** Where each block of a list lies. @throws BlobError 400 */
function sourcesOf(choices: readonly BlockChoice[], known: { readonly committed: readonly Block[]; readonly uncommitted: readonly Block[] }, places: Places): { id: string; file: string; start: number; sizeBytes: number }[] {
  const staged = new Map(known.uncommitted.map((block) => [block.id, block]));
  const committed = new Map<string, { start: number; sizeBytes: number }>();
  let start = 0;
  for (const { id, sizeBytes } of known.committed) {
    committed.set(id, { start, sizeBytes });
    start += sizeBytes;
  }
  return choices.map(({ id, from }) => {
    const fresh = from === 'Committed' ? undefined : staged.get(id);
    if (fresh) return { id, file: path.join(places.blocks, Buffer.from(id, 'base64').toString('hex')), start: 0, sizeBytes: fresh.sizeBytes };
    const old = from === 'Uncommitted' ? undefined : committed.get(id);
    if (!old) throw invalidList();
    return { id, file: places.content, ...old };
  });
}

function placesOf(folder: string, name: string): Places {
  const hidden = path.join(folder, HIDDEN_FOLDER, createHash('sha256').update(name).digest('hex').slice(0, 40));
  return { content: path.join(folder, ...blobPath(name)), hidden, record: path.join(hidden, 'record.json'), blocks: path.join(hidden, 'blocks') };
}

async function oneAfterAnother<T>(folder: string, name: string, change: (places: Places) => Promise<T>): Promise<T> {
  const places = placesOf(folder, name);
  const before = underWay.get(places.hidden) ?? Promise.resolve();
  const own = before.then(() => change(places), () => change(places));
  underWay.set(places.hidden, own);
  try {
    return await own;
  } finally {
    if (underWay.get(places.hidden) === own) underWay.delete(places.hidden);
  }
}

function ifMissing(error: unknown): undefined {
  if (error instanceof BlobError && error.code === 'BlobNotFound') return undefined;
  throw error;
}

function invalidList(): BlobError {
  return new BlobError(400, 'InvalidBlockList', 'The specified block list is invalid: a block of it is not there.');
}
