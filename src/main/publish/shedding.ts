// Decides which renditions give way while the uplink cannot carry all, and when one comes back. Reads no clock, closes nothing.

/** What one connection says of itself at one moment. */
export type ConnectionLoad = {
  readonly rendition: string;
  readonly queuedMs: number;
  /** False while it is being opened: what waits then says nothing of the uplink. */
  readonly isPublishing: boolean;
};

export type SheddingStep = { readonly type: 'hold' | 'resume'; readonly rendition: string };

/** More than waits between an encoder and a socket on a good day, less than any policy drops at in the lower renditions. */
const SHED_ABOVE_MS = 2500;
/** For so long the queue has not become shorter: a backlog that is being replayed becomes shorter. */
const SHED_AFTER_MS = 1500;
/** What the others have queued needs this time to show what the last step did. */
const SETTLE_MS = 5000;
/** Hysteresis: everybody else must be well for so long, and longer after each return that failed. */
const CLEAR_BELOW_MS = 1500;
const RESTORE_AFTER_MS = 8000;
const MAX_RESTORE_AFTER_MS = 120_000;
/** A rendition that is shed again within this time came back too early. */
const TOO_EARLY_MS = 60_000;

export class Shedding {
  /** Highest first. */
  readonly #renditions: readonly string[];
  readonly #aboveMs: number;
  readonly #held: string[] = [];
  readonly #pressed = new Map<string, { sinceMs: number; queuedMs: number }>();
  #lastStepMs = -Infinity;
  #lastResumeMs = -Infinity;
  #clearSinceMs: number | undefined;
  #restoreAfterMs = RESTORE_AFTER_MS;

  /**
   * @param renditions highest first; the last one is never shed
   * @param aboveMs what gives way earlier than a rendition of the main destination has a lower threshold
   */
  constructor(renditions: readonly string[], aboveMs = SHED_ABOVE_MS) {
    this.#renditions = renditions;
    this.#aboveMs = aboveMs;
  }

  /** At most one step, which counts as taken. Ask about twice a second. */
  decide(loads: readonly ConnectionLoad[], nowMs: number): SheddingStep | undefined {
    const carried = loads.filter(({ rendition }) => !this.#held.includes(rendition));
    const isPressed = carried.map((load) => this.#isPressed(load, nowMs)).includes(true);
    const isClear = carried.every(({ isPublishing, queuedMs }) => isPublishing && queuedMs < CLEAR_BELOW_MS);
    this.#clearSinceMs = isClear ? this.#clearSinceMs ?? nowMs : undefined;
    if (nowMs - this.#lastStepMs < SETTLE_MS) return undefined;
    if (isPressed) return this.#shed(nowMs);
    return this.#clearSinceMs !== undefined && nowMs - this.#clearSinceMs >= this.#restoreAfterMs ? this.#restore(nowMs) : undefined;
  }

  #isPressed({ rendition, queuedMs, isPublishing }: ConnectionLoad, nowMs: number): boolean {
    if (!isPublishing || queuedMs <= this.#aboveMs) {
      this.#pressed.delete(rendition);
      return false;
    }
    const since = this.#pressed.get(rendition);
    if (since === undefined || queuedMs < since.queuedMs) {
      this.#pressed.set(rendition, { sinceMs: nowMs, queuedMs });
      return false;
    }
    return nowMs - since.sinceMs >= SHED_AFTER_MS;
  }

  #shed(nowMs: number): SheddingStep | undefined {
    const rendition = this.#renditions.slice(0, -1).find((one) => !this.#held.includes(one));
    if (rendition === undefined) return undefined;
    this.#restoreAfterMs = nowMs - this.#lastResumeMs < TOO_EARLY_MS ? Math.min(MAX_RESTORE_AFTER_MS, this.#restoreAfterMs * 2) : RESTORE_AFTER_MS;
    this.#held.push(rendition);
    this.#step(nowMs);
    return { type: 'hold', rendition };
  }

  #restore(nowMs: number): SheddingStep | undefined {
    const rendition = this.#held.pop();
    if (rendition === undefined) return undefined;
    this.#lastResumeMs = nowMs;
    this.#step(nowMs);
    return { type: 'resume', rendition };
  }

  #step(nowMs: number): void {
    this.#lastStepMs = nowMs;
    this.#clearSinceMs = undefined;
    this.#pressed.clear();
  }
}
