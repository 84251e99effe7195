// Which of several instances a channel shows while all of them send: one, until it fails, in all tracks alike. Pure.

/** After a change none follows for this long, so that two instances that each lack something are not shown in turns. */
const STAY_MS = 10_000;

export class SourceChoice {
  #origin: string | undefined;
  #changedAtMs = Number.NEGATIVE_INFINITY;

  /** The instance that is shown; undefined before the first. */
  get origin(): string | undefined {
    return this.#origin;
  }

  /** A track gave out a GOP of this instance: of the one that is shown, or of another because that one had none. */
  took(origin: string, nowMs: number): void {
    if (this.#origin === origin || nowMs - this.#changedAtMs < STAY_MS) return;
    if (this.#origin !== undefined) this.#changedAtMs = nowMs;
    this.#origin = origin;
  }
}
