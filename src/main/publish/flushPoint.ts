// Where a connection that is to take its leave has nothing left to send, or gives up what is left.

export class FlushPoint {
  #isWanted = false;
  #done: (() => void) | undefined;

  /** From the moment it is asked for one track no longer waits for the other. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** @param pump moves what there is, and calls {@link reached} when nothing is left */
  async want(pump: () => void): Promise<void> {
    this.#isWanted = true;
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      pump();
    });
  }

  /** Nothing is left, or nobody waits for it any more. Does nothing before it is asked for. */
  reached(): void {
    this.#done?.();
  }
}
