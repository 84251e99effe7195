// Round-trip time without pings: from writing a byte to the acknowledgement that first covers it. Includes what waits in the kernel.

/** Acknowledgements of which the quickest counts: a server answers when it reads, so single ones may be late. */
const WINDOW = 8;
const MAX_OPEN_SAMPLES = 512;

export class RoundTrip {
  #open: { readonly byte: number; readonly writtenAtMs: number }[] = [];
  #recent: number[] = [];

  /** Milliseconds, or undefined before the first acknowledgement. */
  get roundTripMs(): number | undefined {
    return this.#recent.length === 0 ? undefined : Math.min(...this.#recent);
  }

  /** @param byte count of bytes written so far */
  wrote(byte: number, nowMs: number): void {
    if (this.#open.length < MAX_OPEN_SAMPLES) this.#open.push({ byte, writtenAtMs: nowMs });
  }

  acknowledged(byte: number, nowMs: number): void {
    const covering = this.#open.findIndex((sample) => sample.byte >= byte);
    const sample = this.#open[covering];
    if (sample === undefined) {
      this.#open = [];
      return;
    }
    this.#open.splice(0, covering);
    this.#recent = [...this.#recent.slice(1 - WINDOW), nowMs - sample.writtenAtMs];
  }
}
