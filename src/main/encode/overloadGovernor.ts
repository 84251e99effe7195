// Decides when an encoder that falls behind is to do less, and when it may do more again. Pure: the caller brings time and lag, and
// carries out the step. It looks at how the lag grows, so that the step comes before pictures are lost, and it never swings.

/** The quietest second of a level is what its pipeline always holds (B-frames, threads), if it is no more than this. */
const MAX_USUAL_LAG_MS = 800;
/** Lag beyond the usual that is no accident of scheduling, and one that is too much even where it does not grow. */
const HIGH_EXCESS_MS = 250;
const TOO_HIGH_EXCESS_MS = 600;
/** Growth in a second that means "slower than real time", and one that means that it catches up. */
const GROWING_MS_PER_S = 40;
const CATCHING_UP_MS_PER_S = -50;
/** How long that must hold. */
const DOWN_AFTER_MS = 500;
/** After a step both encoders run for a moment, and what had waited is caught up. */
const SETTLE_MS = 2_000;
/** Lag beyond the usual that counts as well. */
const LOW_EXCESS_MS = 100;
const FIRST_UP_AFTER_MS = 20_000;
const LONGEST_UP_AFTER_MS = 16 * 60_000;
/** A step down so soon after a step up says that the step up came too early. */
const FAILED_WITHIN_MS = 60_000;
const GROWTH_WINDOW_MS = 1_000;

type Look = { readonly atMs: number; readonly lagMs: number };

export class OverloadGovernor {
  /** 0 is what was planned; each level above does less. */
  level = 0;
  #levels: number;
  #looks: Look[] = [];
  /** Highest lag of the second that is running, and the least of those of full seconds. */
  #second: { readonly sinceMs: number; highestMs: number } | undefined;
  #usualLagMs = MAX_USUAL_LAG_MS;
  #highSinceMs: number | undefined;
  #wellSinceMs: number | undefined;
  #isStepping = false;
  #settledAtMs = -Infinity;
  #steppedUpAtMs = -Infinity;
  readonly #firstUpAfterMs: number;
  #upAfterMs: number;

  /** @param levels how many there are, the planned one among them. @param firstUpAfterMs how long all must be well before a step back is tried. */
  constructor(levels: number, firstUpAfterMs = FIRST_UP_AFTER_MS) {
    this.#levels = levels;
    this.#firstUpAfterMs = firstUpAfterMs;
    this.#upAfterMs = firstUpAfterMs;
  }

  /** Growth of the lag over the last second. */
  get growthMsPerS(): number {
    const first = this.#looks[0];
    const last = this.#looks.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < GROWTH_WINDOW_MS / 2) return 0;
    return ((last.lagMs - first.lagMs) * 1000) / (last.atMs - first.atMs);
  }

  /**
   * To be called several times a second while the encoder gives packets; one that hangs is another matter.
   * After a decision none follows until {@link done}.
   */
  observe(nowMs: number, lagMs: number): 'down' | 'up' | undefined {
    this.#looks = [...this.#looks.filter((one) => nowMs - one.atMs <= GROWTH_WINDOW_MS), { atMs: nowMs, lagMs }];
    if (this.#isStepping || nowMs < this.#settledAtMs) return undefined;
    this.#learnUsual(nowMs, lagMs);
    const excessMs = lagMs - this.#usualLagMs;
    const isHigh = excessMs >= HIGH_EXCESS_MS && this.growthMsPerS >= (excessMs >= TOO_HIGH_EXCESS_MS ? CATCHING_UP_MS_PER_S : GROWING_MS_PER_S);
    this.#highSinceMs = isHigh ? (this.#highSinceMs ?? nowMs) : undefined;
    this.#wellSinceMs = excessMs <= LOW_EXCESS_MS ? (this.#wellSinceMs ?? nowMs) : undefined;
    if (this.#highSinceMs !== undefined && nowMs - this.#highSinceMs >= DOWN_AFTER_MS && this.level + 1 < this.#levels) return this.#down(nowMs);
    if (this.#wellSinceMs !== undefined && nowMs - this.#wellSinceMs >= this.#upAfterMs && this.level > 0) return this.#up(nowMs);
    return undefined;
  }

  /** The step has been carried out: another encoder has taken over at this moment. */
  done(nowMs: number): void {
    this.#isStepping = false;
    this.#settledAtMs = nowMs + SETTLE_MS;
    this.#forgetLag();
  }

  /** The last step could not be carried out: the level before it holds again, and steps that way are not asked for any more. */
  refused(nowMs: number, step: 'down' | 'up'): void {
    this.level += step === 'down' ? -1 : 1;
    if (step === 'down') this.#levels = this.level + 1;
    else this.#upAfterMs = LONGEST_UP_AFTER_MS;
    this.done(nowMs);
  }

  #down(nowMs: number): 'down' {
    const heldMs = nowMs - this.#steppedUpAtMs;
    if (heldMs <= FAILED_WITHIN_MS) this.#upAfterMs = Math.min(LONGEST_UP_AFTER_MS, this.#upAfterMs * 2);
    else if (heldMs > LONGEST_UP_AFTER_MS && this.level === 0) this.#upAfterMs = this.#firstUpAfterMs;
    this.level += 1;
    this.#isStepping = true;
    return 'down';
  }

  #up(nowMs: number): 'up' {
    this.#steppedUpAtMs = nowMs;
    this.level -= 1;
    this.#isStepping = true;
    return 'up';
  }

  #learnUsual(nowMs: number, lagMs: number): void {
    this.#second ??= { sinceMs: nowMs, highestMs: 0 };
    this.#second.highestMs = Math.max(this.#second.highestMs, lagMs);
    if (nowMs - this.#second.sinceMs < 1000) return;
    this.#usualLagMs = Math.min(this.#usualLagMs, this.#second.highestMs);
    this.#second = undefined;
  }

  #forgetLag(): void {
    this.#looks = [];
    this.#second = undefined;
    this.#usualLagMs = MAX_USUAL_LAG_MS;
    this.#highSinceMs = undefined;
    this.#wellSinceMs = undefined;
  }
}
