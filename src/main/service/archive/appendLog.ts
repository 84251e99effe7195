// Appends fragments to a track's data file and their records to its index: the bytes first, the record behind them. Never rewrites.
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { encodeIndexRecord, INDEX_RECORD_BYTES, type IndexRecord } from './indexRecord.ts';

/**
 * A killed process loses nothing that was written; only a power cut does. Syncing each fragment of each rendition would cost a disk
 * flush several times a second, so a power cut may cost this long; checksums find what it tore.
 */
const SYNC_EVERY_MS = 5000;

export class AppendLog {
  readonly #data: FileHandle;
  readonly #index: FileHandle;
  #offset: number;
  #count: number;
  #syncedAtMs = performance.now();

  private constructor(data: FileHandle, index: FileHandle, offset: number, count: number) {
    this.#data = data;
    this.#index = index;
    this.#offset = offset;
    this.#count = count;
  }

  /** Goes on behind `records`, which the files hold and nothing more (see recoverTrack). @throws the file system's error */
  static async open(files: { readonly data: string; readonly index: string }, records: readonly IndexRecord[]): Promise<AppendLog> {
    const last = records.at(-1);
    const flags = constants.O_RDWR | constants.O_CREAT;
    const data = await open(files.data, flags, 0o600);
    try {
      const index = await open(files.index, flags, 0o600);
      return new AppendLog(data, index, last ? last.offset + last.sizeBytes : 0, records.length);
    } catch (error) {
      await data.close();
      throw error;
    }
  }

  /** @returns where the fragment lies. @throws the file system's error; nothing may be appended after that. */
  async append(bytes: Uint8Array, about: Pick<IndexRecord, 'sequence' | 'startTicks' | 'durationTicks' | 'formatId' | 'frames'>): Promise<number> {
    const offset = this.#offset;
    await writeAll(this.#data, bytes, offset);
    const record = encodeIndexRecord({ ...about, offset, sizeBytes: bytes.length, dataCrc: crc32(bytes) });
    await writeAll(this.#index, record, this.#count * INDEX_RECORD_BYTES);
    this.#offset += bytes.length;
    this.#count += 1;
    if (performance.now() - this.#syncedAtMs >= SYNC_EVERY_MS) await this.sync();
    return offset;
  }

  async sync(): Promise<void> {
    // In this order, so that a synced record never points at bytes that are not.
    await this.#data.datasync();
    await this.#index.datasync();
    this.#syncedAtMs = performance.now();
  }

  /** Reads a part of what was appended; undefined when it is not all there. */
  async read(position: number, length: number): Promise<Uint8Array | undefined> {
    return readExactly(this.#data, position, length);
  }

  async close(): Promise<void> {
    await Promise.all([this.#data.close(), this.#index.close()]);
  }
}

export async function readExactly(file: FileHandle, position: number, length: number): Promise<Uint8Array | undefined> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytesRead === length ? bytes : undefined;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    if (bytesWritten === 0) throw new Error('The disk takes no more bytes.');
    written += bytesWritten;
  }
}
