// Rows of a raw picture that lies in consecutive pieces, without putting the pieces together first.

/** Gives the `length` bytes at `offset` of the whole as (array, position); bytes that lie in two pieces are copied into a scratch row. */
export class PlaneRows {
  readonly #scratch: Uint8Array;
  #pieces: readonly Uint8Array[] = [];
  #index = 0;
  #start = 0;
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;

  constructor(longestRow: number) {
    this.#scratch = new Uint8Array(longestRow);
  }

  setPieces(pieces: readonly Uint8Array[]): void {
    this.#pieces = pieces;
    this.#index = 0;
    this.#start = 0;
  }

  /** The `length` bytes at `offset` where they lie in one piece. */
  within(offset: number, length: number): Uint8Array | undefined {
    let start = 0;
    for (const piece of this.#pieces) {
      if (offset >= start && offset + length <= start + piece.length) return piece.subarray(offset - start, offset - start + length);
      start += piece.length;
    }
    return undefined;
  }

  /** Sets `bytes` and `position`; valid until the next call. What lies beyond the pieces is zero. */
  find(offset: number, length: number): void {
    if (offset < this.#start) {
      this.#index = 0;
      this.#start = 0;
    }
    let piece = this.#pieces[this.#index];
    while (piece !== undefined && offset >= this.#start + piece.length) {
      this.#start += piece.length;
      this.#index += 1;
      piece = this.#pieces[this.#index];
    }
    this.position = 0;
    if (piece !== undefined && offset + length <= this.#start + piece.length) {
      this.bytes = piece;
      this.position = offset - this.#start;
      return;
    }
    this.bytes = this.#scratch.fill(0, 0, length);
    let [index, start] = [this.#index, this.#start];
    for (let done = 0; done < length;) {
      const part = this.#pieces[index];
      if (part === undefined) return;
      const from = offset + done - start;
      const size = Math.min(length - done, part.length - from);
      this.#scratch.set(part.subarray(from, from + size), done);
      done += size;
      start += part.length;
      index += 1;
    }
  }
}
