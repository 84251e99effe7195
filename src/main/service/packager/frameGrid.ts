// RTMP carries milliseconds; the frames they stand for lie on an exact grid. Here the grid is recognised and the rounding undone. Pure.
import type { FrameRate } from '../../../contract/ladder.ts';

/** Rounding to the millisecond moves a timestamp by 0.5 ms, an encoder that shifts rounded times by a rounded offset by twice that. */
const GRID_TOLERANCE_MS = 1.02;
/** For sources that keep no grid. */
const FREE_TIMESCALE = 90_000;

/** A timescale in which every frame of the rate lies on a whole tick and which is fine enough for milliseconds too. */
export function timescaleFor(rate: FrameRate | undefined): number {
  if (!rate) return FREE_TIMESCALE;
  return rate.den === 1001 ? rate.num : rate.num * 1000;
}

/** Ticks of one frame; undefined where the rate does not divide the timescale. */
export function ticksPerFrame(rate: FrameRate | undefined, timescale: number): number | undefined {
  if (!rate) return undefined;
  const ticks = (timescale * rate.den) / rate.num;
  return Number.isInteger(ticks) ? ticks : undefined;
}

/**
 * Frame indices of timestamps in ms, or undefined when they do not all lie on the rate's grid (variable frame rate, another rate).
 * A constant phase below a millisecond is taken off.
 */
export function snapToFrames(timestampsMs: readonly number[], rate: FrameRate): number[] | undefined {
  const indices: number[] = [];
  const taken = new Set<number>();
  for (const ms of timestampsMs) {
    // Plus zero: half a millisecond before the first frame is frame 0, not −0.
    const index = Math.round((ms * rate.num) / (1000 * rate.den)) + 0;
    const deviationMs = ms - (index * 1000 * rate.den) / rate.num;
    if (Math.abs(deviationMs) > GRID_TOLERANCE_MS || taken.has(index)) return undefined;
    taken.add(index);
    indices.push(index);
  }
  return indices;
}
