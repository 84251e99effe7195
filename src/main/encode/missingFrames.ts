// Which frames of which rendition never became a packet, and why: ranges, bounded in number. Pure.

/** `died`: their encoder ended; `overload`: given up to catch up; `shed`: left out on purpose to save work; `skipped`: the encoder left them out. */
export type MissingCause = 'died' | 'overload' | 'shed' | 'skipped';

/** Both ends included. */
export type MissingRange = { readonly rendition: string; readonly firstFrame: number; readonly lastFrame: number; readonly cause: MissingCause };

/** The report stays readable; frames beyond are still counted. */
const MAX_RANGES = 200;

export class MissingFrames {
  #ranges: MissingRange[] = [];
  readonly #totals = new Map<string, number>();

  /** Frames `from` to before `end`; ranges that touch and have one cause become one. Nothing for an empty range. */
  add(rendition: string, from: number, end: number, cause: MissingCause): void {
    if (end <= from) return;
    this.#totals.set(rendition, this.count(rendition) + end - from);
    const index = this.#ranges.findLastIndex((one) => one.rendition === rendition);
    const last = this.#ranges[index];
    if (last !== undefined && last.cause === cause && last.lastFrame + 1 === from) {
      this.#ranges[index] = { ...last, lastFrame: end - 1 };
    } else if (this.#ranges.length < MAX_RANGES) {
      this.#ranges.push({ rendition, firstFrame: from, lastFrame: end - 1, cause });
    }
  }

  /** Frames of this rendition that are missing, those beyond the longest list too. */
  count(rendition: string): number {
    return this.#totals.get(rendition) ?? 0;
  }

  get ranges(): readonly MissingRange[] {
    return this.#ranges;
  }
}
