// A clock that moves only when a test moves it, with the timers that hang on it.
import type { ClockSource } from '../../src/main/program/clockSource.ts';

export class HandClock implements ClockSource {
  #nowMs = 1000;
  #utcOffsetMs: number;
  #timers: { readonly atMs: number; readonly callback: () => void }[] = [];

  constructor(utcMs: number) {
    this.#utcOffsetMs = utcMs - this.#nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  utcMs(): number {
    return this.#nowMs + this.#utcOffsetMs;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, callback };
    this.#timers.push(timer);
    return () => { this.#timers = this.#timers.filter((one) => one !== timer); };
  }

  /** The system's clock is set; time itself goes on as before. */
  stepUtc(ms: number): void {
    this.#utcOffsetMs += ms;
  }

  /** Time passes and nothing runs, as when the process is stopped. */
  freeze(ms: number): void {
    this.#nowMs += ms;
  }

  /** Runs every timer that is due within `ms`, each at its time (or now, where it is overdue). */
  advance(ms: number): void {
    const until = this.#nowMs + ms;
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > until) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = Math.max(this.#nowMs, until);
  }
}
