// Bytes in arrival order, taken in pieces of known length. Copies only where a piece spans two arrivals.

export class ByteQueue {
  #parts: Uint8Array[] = [];
  #first = 0;
  #offset = 0;
  #length = 0;

  /** Bytes waiting. */
  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  /** Removes and returns exactly `size` bytes, or undefined (and removes nothing) while fewer are waiting. */
  take(size: number): Uint8Array | undefined {
    if (size > this.#length) return undefined;
    const part = this.#parts[this.#first];
    if (part === undefined || size === 0) return new Uint8Array(0);
    if (part.length - this.#offset >= size) {
      const piece = part.subarray(this.#offset, this.#offset + size);
      this.#advance(part, size);
      return piece;
    }
    const joined = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const next = this.#parts[this.#first];
      if (next === undefined) break;
      const step = Math.min(size - filled, next.length - this.#offset);
      joined.set(next.subarray(this.#offset, this.#offset + step), filled);
      filled += step;
      this.#advance(next, step);
    }
    return joined;
  }

  #advance(part: Uint8Array, size: number): void {
    this.#length -= size;
    this.#offset += size;
    if (this.#offset < part.length) return;
    this.#offset = 0;
    this.#first += 1;
    // The used slots are cut off now and then, so that neither a long queue nor a long life costs more than its bytes.
    if (this.#first === this.#parts.length) {
      this.#parts = [];
      this.#first = 0;
    } else if (this.#first > 64) {
      this.#parts = this.#parts.slice(this.#first);
      this.#first = 0;
    }
  }
}
