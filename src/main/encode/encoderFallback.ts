// Which encoder takes over when one has failed on air. Pure; the video encoder asks it and does it.
import { DEFAULT_ENCODER, type EncoderChoice } from '../../contract/encoder.ts';

/**
 * libx264 is started again as it was. A hardware encoder that failed once is not trusted again in this show: libx264 takes over,
 * with as many B-frames as before, because a change of their number would give two pictures one decode time at the boundary.
 */
export function encoderAfterFailure(failed: EncoderChoice): EncoderChoice {
  if (failed.encoder === 'libx264') return failed;
  return { ...DEFAULT_ENCODER, bFrames: failed.bFrames ?? 0 };
}
