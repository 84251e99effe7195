// What one measurement of `npm run bench` says.

/** `value` is a ratio or a share wherever that is possible: absolute speeds say more about the machine than about the code. */
export type BenchRow = {
  readonly name: string;
  readonly value: number;
  /** `×` for a ratio, else the unit. */
  readonly unit: string;
  /** The most that the project allows itself; where it is absent the row only informs. */
  readonly atMost?: number;
  /** How it was measured, or what stood in the way; one sentence. */
  readonly note?: string;
};
