// How a meter moves: up at once, down at a fixed rate, with the highest peak held. Pure; time comes from outside.

/** Lower end of the scale. */
export const FLOOR_DBFS = -60;
/** Type I of IEC 60268-10: 20 dB in 1.7 s. */
const FALL_DB_PER_S = 20 / 1.7;
const HOLD_MS = 20_000;

export class MeterBallistics {
  #level = FLOOR_DBFS;
  #levelAtMs = 0;
  #peak = FLOOR_DBFS;
  #peakAtMs = 0;

  /** A reading, dBFS; −Infinity is digital zero. */
  push(peakDbfs: number, nowMs: number): void {
    const reading = Math.max(FLOOR_DBFS, Math.min(0, peakDbfs));
    this.#level = Math.max(reading, this.level(nowMs));
    this.#levelAtMs = nowMs;
    if (reading >= this.#peak || nowMs - this.#peakAtMs > HOLD_MS) {
      this.#peak = reading;
      this.#peakAtMs = nowMs;
    }
  }

  /** What the bar shows, dBFS. */
  level(nowMs: number): number {
    return Math.max(FLOOR_DBFS, this.#level - ((nowMs - this.#levelAtMs) / 1000) * FALL_DB_PER_S);
  }

  /** What the line shows, dBFS. */
  get peak(): number {
    return this.#peak;
  }
}
