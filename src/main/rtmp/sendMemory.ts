// Memory for what is about to be written to a socket: one ring that is used again and again, so that a stream makes no garbage.
// Knows no sockets; whoever writes says when it is done.

/** Holds the largest frames of usual bitrates several times over. */
const RING_BYTES = 512 << 10;

export class SendMemory {
  readonly #sizeBytes: number;
  #ring: Uint8Array | undefined;
  /** Count of ring bytes given out, and of those that came back; skipped ones at the ring's end included. */
  #given = 0;
  #returned = 0;

  constructor(sizeBytes = RING_BYTES) {
    this.#sizeBytes = sizeBytes;
  }

  /** Where the ring stands: {@link giveBack} up to here returns everything that was given out before. */
  get mark(): number {
    return this.#given;
  }

  /** Memory of the ring, or, while that is full or too small, some of its own. Content undefined. */
  allocate(bytes: number): Uint8Array {
    this.#ring ??= new Uint8Array(this.#sizeBytes);
    // Nothing is out: begin at the ring's start, which stays in the processor's cache. Marks only ever grow.
    if (this.#returned === this.#given) this.#given = this.#returned = Math.ceil(this.#given / this.#sizeBytes) * this.#sizeBytes;
    const at = this.#given % this.#sizeBytes;
    const skipped = at + bytes > this.#sizeBytes ? this.#sizeBytes - at : 0;
    if (this.#given + skipped + bytes - this.#returned > this.#sizeBytes) return new Uint8Array(bytes);
    const from = skipped > 0 ? 0 : at;
    this.#given += skipped + bytes;
    return this.#ring.subarray(from, from + bytes);
  }

  /** Everything given out before `mark` was written and may be overwritten. */
  giveBack(mark: number): void {
    this.#returned = Math.max(this.#returned, mark);
  }
}
