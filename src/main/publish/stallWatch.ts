// Decides whether a connection still moves, from three counters. Reads no clock and owns no timer.

export type Counters = {
  /** Bytes that left for the network. */
  readonly flushedBytes: number;
  /** Bytes that wait in this process. */
  readonly bufferedBytes: number;
  /** Bytes that the server said it has. */
  readonly acknowledgedBytes: number;
};

/** Fewer say nothing of when the next one is due. */
const ENOUGH_ACKNOWLEDGEMENTS = 3;

/**
 * A dead network takes bytes until the kernel's buffer is full, for many seconds: so acknowledgements that stop count as well,
 * with servers that have sent several, once twice the usual amount waits for one.
 */
export class StallWatch {
  readonly #stallMs: number;
  #flushedBytes = 0;
  #flushedAtMs: number;
  #acknowledgedBytes = 0;
  #acknowledgedAtMs: number;
  #largestStepBytes: number;
  #acknowledgements = 0;

  /** @param ackWindowBytes what the server was asked to acknowledge after; it may take more */
  constructor(stallMs: number, ackWindowBytes: number, nowMs: number) {
    this.#stallMs = stallMs;
    this.#largestStepBytes = ackWindowBytes;
    this.#flushedAtMs = nowMs;
    this.#acknowledgedAtMs = nowMs;
  }

  /** True when nothing has moved for the whole stall time although something should have. */
  isStalled(counters: Counters, nowMs: number): boolean {
    if (counters.flushedBytes > this.#flushedBytes || counters.bufferedBytes === 0) {
      this.#flushedBytes = counters.flushedBytes;
      this.#flushedAtMs = nowMs;
    }
    const step = counters.acknowledgedBytes - this.#acknowledgedBytes;
    if (step > 0) {
      this.#acknowledgements += 1;
      this.#largestStepBytes = Math.max(this.#largestStepBytes, step);
      this.#acknowledgedBytes = counters.acknowledgedBytes;
      this.#acknowledgedAtMs = nowMs;
    }
    const awaited = counters.flushedBytes - this.#acknowledgedBytes;
    if (this.#acknowledgements < ENOUGH_ACKNOWLEDGEMENTS || awaited < 2 * this.#largestStepBytes) this.#acknowledgedAtMs = nowMs;
    return nowMs - this.#flushedAtMs >= this.#stallMs || nowMs - this.#acknowledgedAtMs >= this.#stallMs;
  }
}
