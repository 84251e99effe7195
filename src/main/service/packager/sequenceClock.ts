// Numbers the GOPs of a channel so that all tracks, and the same stream after a restart, agree: the GOP's index on the timeline.

type Numbered = { readonly seconds: number; readonly sequence: number; endSeconds: number; readonly gopSeconds: number };

/** Until a whole GOP has been seen. */
const USUAL_GOP_SECONDS = 2;
/** Times closer than this are the same boundary; larger than an AAC frame and rounding, smaller than any GOP. */
const SAME_BOUNDARY_SECONDS = 0.25;
const MAX_REMEMBERED = 64;

export class SequenceClock {
  #numbered: Numbered[] = [];

  /**
   * Number of the fragment that begins at `seconds`. Neighbours differ by one; over a hole as many numbers are left out as GOPs are missing.
   * @param wholeGopSeconds length of this GOP if it is whole
   */
  sequenceOf(seconds: number, endSeconds: number, wholeGopSeconds: number | undefined): number {
    for (let index = this.#numbered.length - 1; index >= 0; index -= 1) {
      const one = this.#numbered[index];
      if (!one || one.seconds > seconds + SAME_BOUNDARY_SECONDS) continue;
      if (Math.abs(one.seconds - seconds) > SAME_BOUNDARY_SECONDS && index === this.#numbered.length - 1) break;
      one.endSeconds = Math.max(one.endSeconds, endSeconds);
      return one.sequence;
    }
    const last = this.#numbered.at(-1);
    // Older than all that is remembered: it belongs before the oldest.
    if (last && seconds < last.seconds) return Math.max(0, (this.#numbered[0]?.sequence ?? 0) - 1);
    const gopSeconds = wholeGopSeconds ?? last?.gopSeconds ?? USUAL_GOP_SECONDS;
    const sequence = nextSequence(last, seconds, gopSeconds);
    this.#numbered.push({ seconds, sequence, endSeconds, gopSeconds });
    if (this.#numbered.length > MAX_REMEMBERED) this.#numbered.shift();
    return sequence;
  }

  /** Goes on after what an archive already holds. */
  resume(seconds: number, endSeconds: number, sequence: number): void {
    const last = this.#numbered.at(-1);
    if (last && last.seconds >= seconds) return;
    this.#numbered.push({ seconds, sequence, endSeconds, gopSeconds: endSeconds - seconds });
  }
}

function nextSequence(last: Numbered | undefined, seconds: number, gopSeconds: number): number {
  if (!last) return Math.max(0, Math.round(seconds / gopSeconds));
  const isAdjacent = seconds - last.endSeconds <= SAME_BOUNDARY_SECONDS;
  if (isAdjacent) return last.sequence + 1;
  return last.sequence + Math.max(1, Math.round((seconds - last.seconds) / gopSeconds));
}
