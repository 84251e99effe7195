// Where a connection that is to give way may do so: at the end of a GOP, or a little later in the middle of one.

/** The rest of a GOP may take so long before a connection that is to give way is closed in the middle of it. */
const HOLD_WITHIN_MS = 4000;

export class HoldPoint {
  /** Resolves when the connection stands where it may give way. */
  readonly promise: Promise<'hold'>;
  readonly #held = Promise.withResolvers<'hold'>();
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.promise = this.#held.promise;
  }

  get isWanted(): boolean {
    return this.#timer !== undefined;
  }

  want(): void {
    this.#timer ??= setTimeout(() => this.reached(), HOLD_WITHIN_MS);
  }

  reached(): void {
    this.#held.resolve('hold');
  }

  /** Takes {@link want} back, unless the point was reached; also to be called at the end. */
  release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
