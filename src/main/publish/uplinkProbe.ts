// Sends more than the ladder needs for a few seconds of a rehearsal, so that it is known how much there is to spare: in steps, until the
// uplink carries no more. Decides amounts only; reads no clock, sends nothing.
import type { UplinkProbeState } from '../../contract/report.ts';

/** Rates that are still rising after a start would be taken for the uplink's. */
const SETTLE_MS = 4000;
/** Beside the ladder, as a part of it, and for how long. The last is longer than rates are measured over, and than a little excess needs to show. */
const STEPS = [{ part: 0.15, ms: 2500 }, { part: 0.3, ms: 2500 }, { part: 0.5, ms: 9000 }] as const;
/** What the connections take of an offer is smoothed over about so many looks; below the first part they have met the limit, above the second not. */
const SMOOTHING = 20;
const LIMITED_BELOW = 0.85;
const FREE_ABOVE = 0.95;
/** At the limit the rate is measured for so long. */
const MEASURE_MS = 5000;

export class UplinkProbe {
  readonly #beganMs: number;
  #state: UplinkProbeState = 'running';
  #taken = 1;
  #limitedSinceMs: number | undefined;

  constructor(nowMs: number) {
    this.#beganMs = nowMs;
  }

  get state(): UplinkProbeState {
    return this.#state;
  }

  /** True while the connections take less than they are offered: what arrives then is what the uplink carries. */
  get isAtLimit(): boolean {
    return this.#state === 'running' && this.#limitedSinceMs !== undefined;
  }

  /**
   * What is to be offered now besides the ladder, as a part of it. To be asked about ten times a second.
   * @param takenPart how much of the last offer the connections took, 0 to 1; undefined where there was none
   */
  part(takenPart: number | undefined, nowMs: number): number {
    if (this.#state !== 'running') return 0;
    if (takenPart !== undefined) this.#taken += (Math.min(1, takenPart) - this.#taken) / SMOOTHING;
    if (this.#taken > FREE_ABOVE) this.#limitedSinceMs = undefined;
    else if (this.#taken < LIMITED_BELOW) this.#limitedSinceMs ??= nowMs;
    if (this.#limitedSinceMs !== undefined && nowMs - this.#limitedSinceMs >= MEASURE_MS) {
      this.#state = 'limited';
      return 0;
    }
    let endsMs = this.#beganMs + SETTLE_MS;
    if (nowMs < endsMs) return 0;
    for (const { part, ms } of STEPS) {
      endsMs += ms;
      if (nowMs < endsMs) return part;
    }
    if (this.#limitedSinceMs !== undefined) return STEPS.at(-1)?.part ?? 0;
    this.#state = 'reached';
    return 0;
  }

  /** Ends it: a connection broke, or nobody wants to know any more. */
  breakOff(): void {
    if (this.#state === 'running') this.#state = 'brokenOff';
  }
}
