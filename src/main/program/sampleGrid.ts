// Which samples of the timeline belong to which program frame. Always computed from the index, never accumulated.
import { AUDIO_SAMPLE_RATE, type FrameRate } from '../../contract/ladder.ts';

/** The first 48 kHz sample at or after the presentation time of `frame`. Exact for every index below 2^53 / 8008. */
export function sampleOfFrame(frame: number, rate: FrameRate): number {
  // Reduced first: 30000/1001 has 8008/5 samples a frame, which stays exact for centuries where the plain product does not.
  const samples = rate.den * AUDIO_SAMPLE_RATE;
  const divisor = greatestCommonDivisor(samples, rate.num);
  return Math.ceil((frame * (samples / divisor)) / (rate.num / divisor));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
