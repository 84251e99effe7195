// Lets bytes pass at a rate that may change at any moment, or not at all while something more important needs the line.
import { waitFor } from '../cloud/abortableWait.ts';

/** Time as the limit sees it; ms of a monotonic clock. */
export type Pace = { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void> };

/** Longest nap: a change of the rate is noticed after it at the latest. */
const NAP_MS = 250;
const MIN_PIECE_BYTES = 2 * 1024;
const MAX_PIECE_BYTES = 256 * 1024;

const realPace: Pace = { now: () => performance.now(), sleep: waitFor };

export class RateLimit {
  readonly #pace: Pace;
  #kbps: number | null = null;
  #holds = 0;
  /** When the line is free for the next bytes, ms. */
  #freeAtMs = Number.NEGATIVE_INFINITY;

  constructor(pace: Pace = realPace) {
    this.#pace = pace;
  }

  /** kbit/s for everyone together; null for no limit. */
  set(kbps: number | null): void {
    this.#kbps = kbps;
    this.#freeAtMs = Number.NEGATIVE_INFINITY;
  }

  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /** Bytes that should be asked for at once: some tenths of a second of the line, so that it is shared evenly and follows changes. */
  get pieceBytes(): number {
    return this.#kbps === null ? MAX_PIECE_BYTES : Math.min(MAX_PIECE_BYTES, Math.max(MIN_PIECE_BYTES, Math.floor((this.#kbps * NAP_MS) / 8)));
  }

  /** Nothing passes until the returned function is called; several may hold at once. */
  hold(): () => void {
    this.#holds += 1;
    let released = false;
    return () => {
      if (!released) this.#holds -= 1;
      released = true;
    };
  }

  /** Resolves when `bytes` may be sent. Rejects with the signal's reason. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const nowMs = this.#pace.now();
      if (this.#holds === 0 && (this.#kbps === null || this.#freeAtMs <= nowMs)) {
        // kbit/s are bits per ms.
        if (this.#kbps !== null) this.#freeAtMs = Math.max(this.#freeAtMs, nowMs - NAP_MS) + (bytes * 8) / this.#kbps;
        return;
      }
      await this.#pace.sleep(this.#holds > 0 ? NAP_MS : Math.min(NAP_MS, this.#freeAtMs - nowMs), signal);
    }
  }
}
