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

  /** A track gave out a GOP. @param before the instance that the track showed until then */
  took(origin: string, before: string | undefined, nowMs: number): void {
    if (this.#origin === origin) return;
    const hasFailed = before !== undefined && before === this.#origin;
    if (this.#origin !== undefined && (!hasFailed || nowMs - this.#changedAtMs < STAY_MS)) return;
    this.#origin = origin;
    this.#changedAtMs = nowMs;
  }
}
