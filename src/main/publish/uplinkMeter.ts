// What arrives at the other end of one connection, from its acknowledgements. Reads no clock.

const WINDOW_MS = 4000;
/** A shorter span says more of the acknowledgements' rhythm than of the uplink. */
const MIN_SPAN_MS = 500;

export class UplinkMeter {
  #samples: { readonly byte: number; readonly atMs: number }[] = [];

  /** @param byte count of all bytes that the server has acknowledged */
  acknowledged(byte: number, nowMs: number): void {
    this.#samples.push({ byte, atMs: nowMs });
    const oldest = this.#samples.findIndex((sample) => nowMs - sample.atMs <= WINDOW_MS);
    this.#samples.splice(0, Math.max(0, oldest));
  }

  /**
   * Kbit/s that arrived in the last four seconds: what the uplink carries while more than that waits, and at least that much while
   * nothing waits. Undefined before there are enough acknowledgements.
   */
  arrivingKbps(nowMs: number): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < MIN_SPAN_MS) return undefined;
    // Silence since the last one counts, once it is longer than usual.
    const spanMs = Math.max(last.atMs - first.atMs, nowMs - first.atMs - WINDOW_MS / 4);
    return ((last.byte - first.byte) * 8) / spanMs;
  }
}
