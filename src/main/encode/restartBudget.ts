// How often a dead encoder may be started again before it is given up. Pure; the caller brings the time.

const WINDOW_MS = 60_000;
const RESTARTS_IN_WINDOW = 5;

export class RestartBudget {
  #taken: number[] = [];

  /** True, and counted, when another start is allowed at `nowMs` (any monotonic milliseconds). */
  take(nowMs: number): boolean {
    this.#taken = this.#taken.filter((atMs) => nowMs - atMs < WINDOW_MS);
    if (this.#taken.length >= RESTARTS_IN_WINDOW) return false;
    this.#taken.push(nowMs);
    return true;
  }
}
