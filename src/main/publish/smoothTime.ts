// Times of Smooth Streaming: ticks of 100 ns after the timeline's zero, computed from indices, never added up.
import { AAC_FRAME_SAMPLES, AUDIO_SAMPLE_RATE, type FrameRate } from '../../contract/ladder.ts';

/** Of every track, MS-SSTR's own default. */
export const TICKS_PER_SECOND = 10_000_000;

export function ticksOfFrame(frame: number, { num, den }: FrameRate): number {
  return Math.round((frame * den * TICKS_PER_SECOND) / num);
}

export function ticksOfAudioFrame(frame: number): number {
  return Math.round((frame * AAC_FRAME_SAMPLES * TICKS_PER_SECOND) / AUDIO_SAMPLE_RATE);
}
