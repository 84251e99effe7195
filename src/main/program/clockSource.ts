// Where the program takes time from. Tests bring their own; nothing else in the room reads a clock.

export interface ClockSource {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** UTC in milliseconds; read once, when the program starts. */
  utcMs(): number;
  /** Calls back once after about `ms`; the result cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** `performance.now()` goes on evenly when the system's clock is set. */
export const systemClock: ClockSource = {
  nowMs: () => performance.now(),
  utcMs: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
