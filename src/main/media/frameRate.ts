// The fraction behind a frame rate that somebody printed: FFmpeg writes two digits, encoders a rounded number, operators what they know. Pure.
import type { FrameRate } from '../../contract/ladder.ts';

/** Two digits are off by up to 0.005, and a mean over some seconds by as much again; 23.98 is 0.02 from 24. */
export const PRINTED_RATE_ERROR = 0.012;
const MAX_FPS = 240;

/** The nearest rate that is usual (whole, whole × 1000/1001, or a half), frames per second; undefined where none is near or the number is none. */
export function recogniseFrameRate(printed: number | undefined): FrameRate | undefined {
  if (printed === undefined || !(printed > 0) || printed > MAX_FPS) return undefined;
  const candidates: FrameRate[] = [
    { num: Math.round(printed), den: 1 }, { num: Math.round(printed * 1.001) * 1000, den: 1001 }, { num: Math.round(printed * 2), den: 2 },
  ];
  let best: { readonly rate: FrameRate; readonly error: number } | undefined;
  for (const rate of candidates) {
    const error = Math.abs(rate.num / rate.den - printed);
    // A half that is whole comes after the whole, and a later one has to be better.
    if (rate.num > 0 && error <= PRINTED_RATE_ERROR && error < (best?.error ?? Number.POSITIVE_INFINITY) - 1e-9) best = { rate, error };
  }
  return best?.rate;
}

/** The same, or the number itself to a thousandth where it is no usual rate. @param printed frames per second, above 0 */
export function frameRateOf(printed: number): FrameRate {
  return recogniseFrameRate(printed) ?? { num: Math.max(1, Math.round(printed * 1000)), den: 1000 };
}
