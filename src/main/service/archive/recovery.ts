// What of an archived track can be trusted after any end of the process or the machine: whole fragments from the beginning, no more.
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { decodeIndex, INDEX_RECORD_BYTES, type IndexRecord } from './indexRecord.ts';

type TrackFiles = { readonly data: string; readonly index: string };

/**
 * Fragments whose bytes are compared with their checksum, counted from the end. A killed process leaves nothing torn before the last
 * write; a power cut nothing that was synced, and the writer syncs every few seconds (far fewer fragments than this).
 */
const VERIFIED_AT_ONCE = 32;

/** The records whose fragments are complete in the data file; changes nothing. Files that are not there hold none. */
export async function readTrustedRecords(files: TrackFiles): Promise<IndexRecord[]> {
  const index = await openIfThere(files.index, 'r');
  const data = index && await openIfThere(files.data, 'r');
  try {
    if (!index || !data) return [];
    const { size } = await data.stat();
    const records = decodeIndex(await readFile(index));
    const complete = records.findIndex((record) => record.offset + record.sizeBytes > size);
    return await withoutTornTail(complete < 0 ? records : records.slice(0, complete), data);
  } finally {
    await data?.close();
    await index?.close();
  }
}

/** Cuts both files behind the last record that can be trusted, so that appending may go on, and returns the records. */
export async function recoverTrack(files: TrackFiles): Promise<IndexRecord[]> {
  const records = await readTrustedRecords(files);
  const last = records.at(-1);
  await truncateIfLonger(files.index, records.length * INDEX_RECORD_BYTES);
  await truncateIfLonger(files.data, last ? last.offset + last.sizeBytes : 0);
  return records;
}

async function withoutTornTail(records: IndexRecord[], data: FileHandle): Promise<IndexRecord[]> {
  let end = records.length;
  for (;;) {
    const from = Math.max(0, end - VERIFIED_AT_ONCE);
    const bad = await firstBad(records, from, end, data);
    if (bad === undefined) return records.slice(0, end);
    end = bad;
    if (bad > from || bad === 0) return records.slice(0, end);
  }
}

async function firstBad(records: readonly IndexRecord[], from: number, end: number, data: FileHandle): Promise<number | undefined> {
  for (let position = from; position < end; position += 1) {
    const record = records[position];
    if (!record) return position;
    const bytes = Buffer.alloc(record.sizeBytes);
    const { bytesRead } = await data.read(bytes, 0, bytes.length, record.offset);
    if (bytesRead !== bytes.length || crc32(bytes) !== record.dataCrc) return position;
  }
  return undefined;
}

async function truncateIfLonger(file: string, length: number): Promise<void> {
  const handle = await openIfThere(file, 'r+');
  if (!handle) return;
  try {
    const { size } = await handle.stat();
    if (size > length) {
      await handle.truncate(length);
      await handle.sync();
    }
  } finally {
    await handle.close();
  }
}

async function openIfThere(file: string, flags: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, flags);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
