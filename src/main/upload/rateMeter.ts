// How fast bytes moved in the last seconds. Times are ms of one monotonic clock.

const WINDOW_MS = 8000;

export class RateMeter {
  readonly #moves: { readonly atMs: number; readonly bytes: number }[] = [];

  add(bytes: number, nowMs: number): void {
    this.#moves.push({ atMs: nowMs, bytes });
    this.#forget(nowMs);
  }

  /** Mean over the window, or over the time since the first move where that is shorter (but at least a second). */
  bitsPerSecond(nowMs: number): number {
    this.#forget(nowMs);
    const [first] = this.#moves;
    if (first === undefined) return 0;
    const bytes = this.#moves.reduce((sum, move) => sum + move.bytes, 0);
    return (bytes * 8000) / Math.max(1000, nowMs - first.atMs);
  }

  #forget(nowMs: number): void {
    const keep = this.#moves.findIndex((move) => move.atMs > nowMs - WINDOW_MS);
    this.#moves.splice(0, keep === -1 ? this.#moves.length : keep);
  }
}
