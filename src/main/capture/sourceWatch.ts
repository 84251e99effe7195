// When a source that delivers nothing counts as stalled, when the slate replaces its last picture, and how long to pause before
// it is started again. Pure.
import type { Pacing } from './feed.ts';

export type WatchTimes = {
  /** Without media for so long: the source is in trouble, and its last picture is held. Infinity: silence alone is no fault. */
  readonly stallMs: number;
  /** Without media for so long although its process lives: it is started again. */
  readonly restartMs: number;
};

/** Without a new picture for so long the slate is shown: a frozen picture looks like a fault of the viewer's player. */
export const SLATE_AFTER_MS = 2_000;
/** A source that was well for so long begins its pauses anew. */
export const STEADY_MS = 10_000;

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 10_000;
const JITTER = 0.5;

/**
 * @param isRemote a stream from a network comes in segments of seconds.
 * @param isOnChange a source that may send a picture only when something moves (the screen on macOS).
 */
export function watchTimes(pacing: Pacing, isRemote: boolean, isOnChange: boolean): WatchTimes {
  if (isOnChange) return { stallMs: Number.POSITIVE_INFINITY, restartMs: Number.POSITIVE_INFINITY };
  if (isRemote) return { stallMs: 1_500, restartMs: 8_000 };
  return pacing === 'pull' ? { stallMs: 1_000, restartMs: 4_000 } : { stallMs: 500, restartMs: 3_000 };
}

/** Pause before the next attempt in ms: none after the first failure, then 0.5 s doubling up to 10 s, shortened by up to a half. */
export function restartPauseMs(failures: number, random: number): number {
  if (failures === 0) return 0;
  const full = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 16));
  return Math.round(full * (1 - JITTER * random));
}
