// How much later than they would have it everything live is shown, pictures and sound alike, because some device delivers in pieces
// that are larger than its hold allows for. It grows with each time that sound ran dry and never shrinks: to shrink would be a jump.

const STEP_MS = 20;
const MAX_MS = 200;

export class LiveDelay {
  #ms = 0;

  get ms(): number {
    return this.#ms;
  }

  /** Sound of a device was missing in the middle of its run. */
  grow(): void {
    this.#ms = Math.min(MAX_MS, this.#ms + STEP_MS);
  }
}
