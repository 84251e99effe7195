// How many bytes a server lets come before it acknowledges. Reads no clock.

/** Of so many the smallest counts: one acknowledgement may cover a whole burst and says nothing of the next. */
const RECENT = 4;

export class AckSteps {
  readonly #atLeastBytes: number;
  #recent: number[] = [];
  #acknowledgedBytes = 0;

  /** @param askedBytes what the server was asked to acknowledge after; it may take more */
  constructor(askedBytes: number) {
    this.#atLeastBytes = askedBytes;
  }

  /** @param byte count of all bytes that the server has acknowledged */
  acknowledged(byte: number): void {
    if (byte <= this.#acknowledgedBytes) return;
    this.#recent = [...this.#recent.slice(1 - RECENT), byte - this.#acknowledgedBytes];
    this.#acknowledgedBytes = byte;
  }

  get acknowledgedBytes(): number {
    return this.#acknowledgedBytes;
  }

  /** The usual step, or undefined while it is not known that the server acknowledges media: some only do so once, at the start. */
  get stepBytes(): number | undefined {
    const isKnown = this.#recent.length >= RECENT - 1 || this.#recent.some((bytes) => bytes >= this.#atLeastBytes);
    return isKnown ? Math.max(this.#atLeastBytes, Math.min(...this.#recent)) : undefined;
  }
}
