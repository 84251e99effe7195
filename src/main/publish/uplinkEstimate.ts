// What the uplink carries, from what all connections of a show say of themselves, and what that means for each rendition in words.
// Reads no clock, sends nothing.
import type { Uplink, UplinkProbeState } from '../../contract/report.ts';

/** What one connection says of itself at one moment. */
export type UplinkLoad = {
  readonly rendition: string;
  /** Declared, video and audio together. */
  readonly neededKbps: number;
  /** Acknowledged in the last seconds; undefined while nothing is known. */
  readonly arrivingKbps: number | undefined;
  readonly roundTripMs: number | undefined;
  readonly queuedMs: number;
  /** Media is taken on it. */
  readonly isCarried: boolean;
};

/** Before so much has been seen, the start of the connections speaks. */
const MEASURE_MS = 10_000;
/** More than this waits only where the uplink is too slow. */
const WAITING_MS = 1500;
/** Of the latest rates under pressure the median counts. */
const RECENT = 16;
/** Less to spare is used up by the next large picture or a neighbour's download. */
const COMFORTABLE_PERCENT = 20;

export class UplinkEstimate {
  #sinceMs: number | undefined;
  #loads: readonly UplinkLoad[] = [];
  #mostKbps = 0;
  #limited: number[] = [];
  #nowMs = 0;
  #probe: UplinkProbeState | undefined;

  /**
   * To be told about once or twice a second.
   * @param loads highest rendition first
   * @param probe of a test with more than the ladder needs: its state, and whether the connections take less than it offers
   */
  observe(loads: readonly UplinkLoad[], nowMs: number, probe?: { readonly state: UplinkProbeState; readonly isAtLimit: boolean }): void {
    this.#loads = loads;
    this.#probe = probe?.state;
    const arriving = sumOf(loads, (one) => one.arrivingKbps ?? 0);
    if (arriving === 0) return;
    this.#sinceMs ??= nowMs;
    this.#nowMs = nowMs;
    // A connection that is being opened has a queue, too; it says nothing of the uplink.
    const isPressed = probe?.isAtLimit === true || loads.some((one) => one.isCarried && one.arrivingKbps !== undefined && one.queuedMs > WAITING_MS);
    if (isPressed) {
      this.#limited = [...this.#limited.slice(1 - RECENT), arriving];
      return;
    }
    this.#mostKbps = Math.max(this.#mostKbps, arriving);
    // It has carried more since without anything waiting: the limit is gone.
    if (this.#limited.length > 0 && arriving > this.#limitKbps * 1.1) this.#limited = [];
  }

  /** Undefined before any connection has said what arrives. */
  get figures(): Uplink | undefined {
    if (this.#sinceMs === undefined) return undefined;
    const roundTrips = this.#loads.flatMap(({ roundTripMs }) => (roundTripMs === undefined ? [] : [roundTripMs]));
    const isLimit = this.#limited.length > 0;
    const carriesKbps = Math.round(isLimit ? this.#limitKbps : this.#mostKbps);
    const isKnown = this.#nowMs - this.#sinceMs >= MEASURE_MS && this.#probe !== 'running';
    return {
      arrivingKbps: Math.round(sumOf(this.#loads, (one) => one.arrivingKbps ?? 0)),
      neededKbps: sumOf(this.#loads, (one) => one.neededKbps),
      carriesKbps,
      isLimit,
      ...(roundTrips.length === 0 ? {} : { roundTripMs: Math.round(Math.min(...roundTrips)) }),
      ...(this.#probe === undefined ? {} : { probe: this.#probe }),
      verdicts: [...new Set(this.#loads.map(({ rendition }) => rendition))].map((rendition) => {
        if (!isKnown) return { rendition, verdict: 'measuring', sentence: `${rendition}: being measured.` };
        // Higher renditions give way first: what is below must fit together with this one, on all its connections.
        const upTo = this.#loads.slice(this.#loads.findIndex((one) => one.rendition === rendition));
        return verdictOf(rendition, sumOf(upTo, (one) => one.neededKbps), carriesKbps, isLimit);
      }),
    };
  }

  get #limitKbps(): number {
    return this.#limited.toSorted((a, b) => a - b)[Math.floor(this.#limited.length / 2)] ?? 0;
  }
}

/** @param neededKbps of the rendition and all below it */
function verdictOf(rendition: string, neededKbps: number, carriesKbps: number, isLimit: boolean): Uplink['verdicts'][number] {
  const sparePercent = Math.floor((carriesKbps / neededKbps - 1) * 100);
  if (isLimit && sparePercent < 0) {
    return { rendition, verdict: 'tooMuch', sparePercent, sentence: `${rendition}: does not fit: of ${neededKbps} kbit/s up to it the uplink carries ${carriesKbps}.` };
  }
  const atLeast = isLimit ? '' : 'at least ';
  if (isLimit && sparePercent < COMFORTABLE_PERCENT) {
    return { rendition, verdict: 'barely', sparePercent, sentence: `${rendition}: fits barely, with ${sparePercent} % to spare.` };
  }
  // Without a limit no more was seen than what was sent, which says nothing of what is to spare.
  if (sparePercent < COMFORTABLE_PERCENT) return { rendition, verdict: 'fits', sentence: `${rendition}: fits; how much is to spare was not measured.` };
  return { rendition, verdict: 'fits', sparePercent, sentence: `${rendition}: fits with ${atLeast}${sparePercent} % to spare.` };
}

function sumOf(loads: readonly UplinkLoad[], of: (load: UplinkLoad) => number): number {
  return loads.reduce((sum, load) => sum + of(load), 0);
}
