// One alarm's memory: raised when its condition has held long enough, cleared when it has been gone long enough. Pure; time comes in.
import type { Patience } from './alarmThresholds.ts';

/** `between`: too good to raise the alarm and too bad to clear it. */
export type Condition = 'bad' | 'between' | 'good';

/** A condition with two thresholds, so that a value at one of them does not make an alarm come and go. */
export function judge(value: number, badFrom: number, goodUpTo: number): Condition {
  if (value >= badFrom) return 'bad';
  return value <= goodUpTo ? 'good' : 'between';
}

export class AlarmSwitch {
  readonly #patience: Patience;
  #isRaised = false;
  /** When the condition that would change the state began to hold. */
  #sinceMs: number | undefined;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /** @param atMs never decreases. @returns the change that this look brings, if any. */
  look(atMs: number, condition: Condition): 'raised' | 'cleared' | undefined {
    if (condition !== (this.#isRaised ? 'good' : 'bad')) {
      this.#sinceMs = undefined;
      return undefined;
    }
    this.#sinceMs ??= atMs;
    const neededMs = this.#isRaised ? this.#patience.clearAfterMs : this.#patience.raiseAfterMs;
    if (atMs - this.#sinceMs < neededMs) return undefined;
    this.#isRaised = !this.#isRaised;
    this.#sinceMs = undefined;
    return this.#isRaised ? 'raised' : 'cleared';
  }
}
