// How much totals grew over the last minute. Bounded; reads no clock.

/** Documented in DESIGN: sliding windows of 60 s beside session totals. */
const WINDOW_MS = 60_000;
/** Figures come once a second. */
const MAX_SAMPLES = 128;

export class SlidingWindow {
  readonly #samples = new Map<string, { readonly atMs: number; readonly total: number }[]>();

  /** Takes a total that only grows. @returns its growth over the last minute, or since it was first seen */
  growth(name: string, total: number, nowMs: number): number {
    const samples = this.#samples.get(name) ?? [{ atMs: nowMs, total: 0 }];
    this.#samples.set(name, samples);
    samples.push({ atMs: nowMs, total });
    // The oldest sample that is kept lies at the edge of the window.
    while (samples.length > MAX_SAMPLES || (samples[1] !== undefined && samples[1].atMs <= nowMs - WINDOW_MS)) samples.shift();
    return Math.max(0, total - (samples[0]?.total ?? total));
  }
}
