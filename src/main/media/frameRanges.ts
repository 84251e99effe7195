// A growing set of frame indices, kept as ranges: small however long a show is, as long as it has few holes.
export type FrameRange = {
  readonly from: number;
  /** The first frame behind it. */
  readonly to: number;
};

/** Ranges that are kept; 1.5 hours of a show in which every second frame is missing. */
const MAX_RANGES = 80_000;

export class FrameRanges {
  #ranges: { from: number; to: number }[] = [];
  readonly #maxRanges: number;

  constructor(maxRanges = MAX_RANGES) {
    this.#maxRanges = maxRanges;
  }

  /** In order of time, none touches another. */
  get ranges(): readonly FrameRange[] {
    return this.#ranges;
  }

  add(frame: number): void {
    // Nearly always the last range or the one before.
    let index = this.#ranges.length - 1;
    for (let range = this.#ranges[index]; range !== undefined && range.from > frame; range = this.#ranges[index]) index -= 1;
    const [before, after] = [this.#ranges[index], this.#ranges[index + 1]];
    if (before !== undefined && frame < before.to) return;
    const [joinsBefore, joinsAfter] = [before?.to === frame, after?.from === frame + 1];
    if (before !== undefined && joinsBefore) {
      before.to = joinsAfter && after !== undefined ? after.to : frame + 1;
      if (joinsAfter) this.#ranges.splice(index + 1, 1);
    } else if (after !== undefined && joinsAfter) {
      after.from = frame;
    } else {
      this.#ranges.splice(index + 1, 0, { from: frame, to: frame + 1 });
      if (this.#ranges.length > this.#maxRanges) this.#forgetShort();
    }
  }

  /** What of `within` is not in the set. */
  missing(within: FrameRange): FrameRange[] {
    const holes: FrameRange[] = [];
    let at = within.from;
    for (const { from, to } of this.#ranges) {
      if (from >= within.to) break;
      if (from > at) holes.push({ from: at, to: from });
      at = Math.max(at, to);
    }
    if (at < within.to) holes.push({ from: at, to: within.to });
    return holes;
  }

  /** Of the older half only the longer ranges stay: what is in the set may then be told as missing, but never the other way round. */
  #forgetShort(): void {
    const half = this.#ranges.length >> 1;
    const older = this.#ranges.slice(0, half);
    const median = older.map(({ from, to }) => to - from).sort((a, b) => a - b)[older.length >> 1] ?? 0;
    this.#ranges = [...older.filter(({ from, to }) => to - from > median), ...this.#ranges.slice(half)];
  }
}

/** Joins ranges that are less than `gap` frames apart, and says how many frames were in them. */
export function joined(ranges: readonly FrameRange[], gap: number): (FrameRange & { readonly frames: number })[] {
  const result: { from: number; to: number; frames: number }[] = [];
  for (const { from, to } of ranges) {
    const last = result.at(-1);
    if (last !== undefined && from - last.to < gap) {
      last.to = to;
      last.frames += to - from;
    } else {
      result.push({ from, to, frames: to - from });
    }
  }
  return result;
}

/** What is in both; each list is in order and touches itself nowhere. */
export function intersection(some: readonly FrameRange[], others: readonly FrameRange[]): FrameRange[] {
  const result: FrameRange[] = [];
  for (let index = 0, other = 0; index < some.length && other < others.length;) {
    const [one, two] = [some[index], others[other]];
    if (one === undefined || two === undefined) break;
    const [from, to] = [Math.max(one.from, two.from), Math.min(one.to, two.to)];
    if (from < to) result.push({ from, to });
    if (one.to < two.to) index += 1;
    else other += 1;
  }
  return result;
}
