// Which constant frame rate a show gets from the rate of its source. Pure.
import type { FrameRate } from '../../contract/ladder.ts';
import { PRINTED_RATE_ERROR } from '../media/frameRate.ts';

/** Rates that players and services know well, and the low ones of slides and webcams. */
const RATES: readonly FrameRate[] = [
  { num: 10, den: 1 }, { num: 12, den: 1 }, { num: 15, den: 1 }, { num: 20, den: 1 },
  { num: 24_000, den: 1001 }, { num: 24, den: 1 }, { num: 25, den: 1 }, { num: 30_000, den: 1001 }, { num: 30, den: 1 },
  { num: 50, den: 1 }, { num: 60_000, den: 1001 }, { num: 60, den: 1 },
];

export function fpsOf({ num, den }: FrameRate): number {
  return num / den;
}

/** As an operator reads it: `25`, `29.97`. */
export function fpsText(rate: FrameRate): string {
  return String(Math.round(fpsOf(rate) * 1000) / 1000).replace(/^(\d+\.\d\d)\d+$/, '$1');
}

/**
 * The rate of a show: that of the source where it is a usual one, a whole fraction of it above `maxFps` (every second frame of
 * 120, so that motion stays even), else the next usual whole rate above it, so that no frame of the source is lost.
 */
export function programRate(source: FrameRate, maxFps: number): FrameRate {
  const divisor = Math.max(1, Math.ceil(fpsOf(source) / (maxFps + PRINTED_RATE_ERROR) - 1e-9));
  const wanted = fpsOf(source) / divisor;
  const usable = RATES.filter((rate) => fpsOf(rate) <= maxFps + PRINTED_RATE_ERROR);
  const nearest = usable.toSorted((one, other) => Math.abs(fpsOf(one) - wanted) - Math.abs(fpsOf(other) - wanted))[0];
  if (nearest !== undefined && Math.abs(fpsOf(nearest) - wanted) <= PRINTED_RATE_ERROR) return nearest;
  return usable.find((rate) => rate.den === 1 && fpsOf(rate) >= wanted) ?? usable.at(-1) ?? source;
}

/** Half of a rate: 60 → 30, 59.94 → 29.97, 50 → 25. */
export function halfRate({ num, den }: FrameRate): FrameRate {
  return num % 2 === 0 ? { num: num / 2, den } : { num, den: den * 2 };
}
