// A queue of packets on disk, first in first out, bounded in bytes and media time. It is gone with its owner, however that ends.
import { randomUUID } from 'node:crypto';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { FrameRate } from '../../contract/ladder.ts';
import type { SpoolLimits } from './publishPolicy.ts';
import type { TimedPacket } from './rtmpPackets.ts';
import { encodeSpooled, readSpooled, spooledBytes } from './spoolRecord.ts';

/** Packets are written in pieces of this size, and read so. */
const PIECE_BYTES = 256 << 10;
/** Most that may wait for a disk that does not write. */
const MAX_UNWRITTEN_BYTES = 16 << 20;

export class PacketSpool {
  readonly #limits: SpoolLimits;
  readonly #rendition: string;
  readonly #frameRate: FrameRate;
  readonly #onFailure: (error: unknown) => void;
  #file: FileHandle | undefined;
  /** Not given to the disk yet. */
  #tail: TimedPacket[] = [];
  #tailBytes = 0;
  #unwrittenBytes = 0;
  #readOffset = 0;
  #writeOffset = 0;
  #heldBytes = 0;
  #held = 0;
  #heldFrames = 0;
  #oldestMs = 0;
  #newestMs = 0;
  #needsIdr = false;
  #isBroken = false;
  #droppedFrames = 0;
  /** Every use of the file, one after the other. */
  #work: Promise<void> = Promise.resolve();

  /** @param onFailure called once when the disk fails: what it held is lost, and nothing is taken any more */
  constructor(limits: SpoolLimits, rendition: string, frameRate: FrameRate, onFailure: (error: unknown) => void) {
    this.#limits = limits;
    this.#rendition = rendition;
    this.#frameRate = frameRate;
    this.#onFailure = onFailure;
  }

  /** True while packets are in it that nobody has read. */
  get isHolding(): boolean {
    return this.#held > 0;
  }

  /** False once the disk has failed. */
  get isUsable(): boolean {
    return !this.#isBroken;
  }

  /** Wire times of the oldest and the newest packet; of no meaning while it holds nothing. */
  get oldestMs(): number {
    return this.#oldestMs;
  }

  get newestMs(): number {
    return this.#newestMs;
  }

  /** Video frames that found no room or were lost with the disk. */
  get droppedFrames(): number {
    return this.#droppedFrames;
  }

  /** Takes a packet, or drops it where there is no room; video is taken again from the next IDR on. */
  push(entry: TimedPacket): void {
    const isVideo = entry.packet.kind === 'video';
    const bytes = spooledBytes(entry.packet);
    const isFull = this.#isBroken || this.#heldBytes + bytes > this.#limits.maxBytes || this.#unwrittenBytes + bytes > MAX_UNWRITTEN_BYTES
      || (this.#held > 0 && entry.timestampMs - this.#oldestMs > this.#limits.maxMs);
    if (isFull || (isVideo && this.#needsIdr && !isIdr(entry))) {
      if (isVideo) {
        this.#needsIdr = true;
        this.#droppedFrames += 1;
      }
      return;
    }
    if (isVideo) this.#needsIdr = false;
    if (this.#held === 0) this.#oldestMs = entry.timestampMs;
    this.#newestMs = Math.max(this.#held === 0 ? 0 : this.#newestMs, entry.timestampMs);
    this.#held += 1;
    if (isVideo) this.#heldFrames += 1;
    this.#heldBytes += bytes;
    this.#unwrittenBytes += bytes;
    this.#tail.push(entry);
    this.#tailBytes += bytes;
    if (this.#tailBytes >= PIECE_BYTES) this.#writeTail();
  }

  /** The next packets in the order in which they came: at least one while it holds any. Never rejects. */
  async read(): Promise<TimedPacket[]> {
    const read = Promise.withResolvers<TimedPacket[]>();
    this.#do(async () => {
      const entries = this.#readOffset < this.#writeOffset ? await this.#readPiece() : this.#takeTail();
      this.#held -= entries.length;
      this.#heldFrames -= entries.filter(({ packet }) => packet.kind === 'video').length;
      for (const { packet } of entries) this.#heldBytes -= spooledBytes(packet);
      this.#oldestMs = entries.at(-1)?.timestampMs ?? this.#oldestMs;
      read.resolve(entries);
    }, () => read.resolve([]));
    return read.promise;
  }

  /** Forgets everything and gives the disk space back. Never rejects. */
  async close(): Promise<void> {
    this.#isBroken = true;
    await this.#work;
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }

  #writeTail(): void {
    const entries = this.#takeTail(false);
    this.#do(async () => {
      const bytes = encodeSpooled(entries.map(({ packet }) => packet));
      this.#file ??= await this.#openFile();
      const { bytesWritten } = await this.#file.write(bytes, 0, bytes.length, this.#writeOffset);
      if (bytesWritten !== bytes.length) throw new Error('the disk is full: it took only a part');
      this.#writeOffset += bytes.length;
      this.#unwrittenBytes -= bytes.length;
    }, () => undefined);
  }

  /** @param isRead true when they leave the spool at once and never reach the disk */
  #takeTail(isRead = true): TimedPacket[] {
    const entries = this.#tail;
    if (isRead) this.#unwrittenBytes -= this.#tailBytes;
    this.#tail = [];
    this.#tailBytes = 0;
    return entries;
  }

  async #readPiece(): Promise<TimedPacket[]> {
    if (this.#file === undefined) throw new Error('The file of the spool is not open.');
    const available = this.#writeOffset - this.#readOffset;
    for (let size = Math.min(PIECE_BYTES, available); ; size = Math.min(size * 4, available)) {
      const bytes = new Uint8Array(size);
      const { bytesRead } = await this.#file.read(bytes, 0, size, this.#readOffset);
      if (bytesRead !== size) throw new Error('The file of the spool is shorter than what was written.');
      const { entries, usedBytes } = readSpooled(bytes, this.#rendition, this.#frameRate);
      if (usedBytes === 0 && size < available) continue;
      if (usedBytes === 0) throw new Error('The file of the spool holds something else.');
      this.#readOffset += usedBytes;
      if (this.#readOffset === this.#writeOffset) {
        this.#readOffset = 0;
        this.#writeOffset = 0;
        await this.#file.truncate(0);
      }
      return entries;
    }
  }

  async #openFile(): Promise<FileHandle> {
    const { folder } = this.#limits;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, `${randomUUID()}.spool`);
    const handle = await open(file, 'wx+', 0o600);
    // Without a name it vanishes with this process, even when that is killed.
    await rm(file, { force: true });
    return handle;
  }

  #do(step: () => Promise<void>, onSkipped: () => void): void {
    this.#work = this.#after(this.#work, step, onSkipped);
  }

  async #after(before: Promise<void>, step: () => Promise<void>, onSkipped: () => void): Promise<void> {
    await before;
    try {
      if (this.#isBroken) onSkipped();
      else await step();
    } catch (error) {
      onSkipped();
      this.#isBroken = true;
      this.#droppedFrames += this.#heldFrames;
      this.#held = 0;
      this.#heldFrames = 0;
      this.#heldBytes = 0;
      this.#tail = [];
      this.#onFailure(error);
    }
  }
}

function isIdr({ packet }: TimedPacket): boolean {
  return packet.kind === 'video' && packet.isIdr;
}
