// Round-trip time from pings that a server answers (RTMP 1.0 §7.1.7): when to send the next one, and what the answers say. Reads no clock.

/** One at a time; a server is not asked again that has left so many without an answer and never gave one. */
const MAX_UNANSWERED = 3;
const LOST_AFTER_MS = 10_000;
/** The median of so many: one answer may wait behind a large frame. */
const RECENT = 3;

export class Pings {
  #open: { readonly timestamp: number; readonly sentAtMs: number } | undefined;
  #unanswered = 0;
  #hasAnswer = false;
  #recent: number[] = [];

  /** Milliseconds, what waits in the socket's buffer included; undefined with a server that does not answer. */
  get roundTripMs(): number | undefined {
    return this.#recent.toSorted((a, b) => a - b)[Math.floor(this.#recent.length / 2)];
  }

  /** What the next ping is to carry, which counts as sent; undefined while one is on its way, or where nobody answers. */
  next(nowMs: number): number | undefined {
    if (this.#open !== undefined) {
      if (nowMs - this.#open.sentAtMs < LOST_AFTER_MS) return undefined;
      this.#unanswered += 1;
      this.#open = undefined;
    }
    if (!this.#hasAnswer && this.#unanswered >= MAX_UNANSWERED) return undefined;
    this.#open = { timestamp: Math.round(nowMs) >>> 0, sentAtMs: nowMs };
    return this.#open.timestamp;
  }

  /** Answers to nothing that was asked are ignored. */
  answered(timestamp: number, nowMs: number): void {
    if (this.#open === undefined || this.#open.timestamp !== timestamp) return;
    this.#hasAnswer = true;
    this.#unanswered = 0;
    this.#recent = [...this.#recent.slice(1 - RECENT), nowMs - this.#open.sentAtMs];
    this.#open = undefined;
  }
}
