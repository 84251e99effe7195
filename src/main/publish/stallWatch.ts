// Decides whether a connection still moves, from three counters. Reads no clock and owns no timer.
import { AckSteps } from './ackSteps.ts';

export type Counters = {
  /** Bytes that left for the network. */
  readonly flushedBytes: number;
  /** Bytes that wait in this process. */
  readonly bufferedBytes: number;
  /** Bytes that the server said it has. */
  readonly acknowledgedBytes: number;
};

/**
 * A dead network takes bytes until the kernel's buffer is full, for many seconds: so acknowledgements that stop count as well,
 * with servers that have sent several, once twice the usual amount waits for one.
 */
export class StallWatch {
  readonly #stallMs: number;
  #flushedBytes = 0;
  #flushedAtMs: number;
  #acknowledgedAtMs: number;
  readonly #steps: AckSteps;

  /** @param ackWindowBytes what the server was asked to acknowledge after; it may take more */
  constructor(stallMs: number, ackWindowBytes: number, nowMs: number) {
    this.#stallMs = stallMs;
    this.#steps = new AckSteps(ackWindowBytes);
    this.#flushedAtMs = nowMs;
    this.#acknowledgedAtMs = nowMs;
  }

  /** True when nothing has moved for the whole stall time although something should have. */
  isStalled(counters: Counters, nowMs: number): boolean {
    if (counters.flushedBytes > this.#flushedBytes || counters.bufferedBytes === 0) {
      this.#flushedBytes = counters.flushedBytes;
      this.#flushedAtMs = nowMs;
    }
    if (counters.acknowledgedBytes > this.#steps.acknowledgedBytes) {
      this.#steps.acknowledged(counters.acknowledgedBytes);
      this.#acknowledgedAtMs = nowMs;
    }
    const { stepBytes, acknowledgedBytes } = this.#steps;
    if (stepBytes === undefined || counters.flushedBytes - acknowledgedBytes < 2 * stepBytes) this.#acknowledgedAtMs = nowMs;
    return nowMs - this.#flushedAtMs >= this.#stallMs || nowMs - this.#acknowledgedAtMs >= this.#stallMs;
  }
}
