// From the 32-bit milliseconds of one RTMP connection to milliseconds of its encoder's clock without wrap. Pure.

const WRAP_MS = 2 ** 32;

/** The time congruent to `timestampMs` that is nearest to `nearMs`: RTMP timestamps wrap after 49.7 days (RTMP 1.0 §4). */
export function unwrapTimestamp(timestampMs: number, nearMs: number): number {
  return timestampMs + Math.round((nearMs - timestampMs) / WRAP_MS) * WRAP_MS;
}

/** An encoder's clock may differ from the channel's by this before it counts as another clock. */
const SAME_CLOCK_MS = 5000;

/**
 * The clocks of encoders that do not know the event's timeline: each starts at its own zero, whenever it likes.
 * Offsets are whole seconds, so that exact frame grids stay exact.
 */
export class EncoderClocks {
  #offsets: number[] = [];

  /** Whole seconds to add to a connection's times so that `firstMs` falls on the channel's present, `expectedMs`. */
  offsetSecondsFor(firstMs: number, expectedMs: number): number {
    const known = this.#offsets.find((offset) => Math.abs(firstMs + offset * 1000 - expectedMs) <= SAME_CLOCK_MS);
    if (known !== undefined) return known;
    const offset = Math.max(0, Math.ceil((expectedMs - firstMs) / 1000));
    this.#offsets = [offset, ...this.#offsets.slice(0, 7)];
    return offset;
  }
}
