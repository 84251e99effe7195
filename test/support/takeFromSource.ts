// Takes frames and samples from a source as the program does, but as fast as they come, with a deadline.
import type { Source } from '../../src/main/capture/feed.ts';
import { until } from './until.ts';

export type Taken = {
  /** Whole yuv420p frames. */
  readonly frames: Uint8Array[];
  /** Interleaved stereo; empty for a source without sound. */
  readonly samples: Float32Array;
};

/** `count` frames and, where there is sound, `samplesPerFrame` samples for each. */
export async function takeFrames(source: Source, count: number, samplesPerFrame = 1600, ms = 30_000): Promise<Taken> {
  const frames: Uint8Array[] = [];
  const samples = new Float32Array(source.audio === undefined ? 0 : count * samplesPerFrame * 2);
  let sampleCount = 0;
  await until(() => {
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      if (source.video !== undefined && frames.length < count) {
        const frame = source.video.take();
        if (frame !== undefined) {
          frames.push(new Uint8Array(Buffer.concat(frame.pieces)));
          isMoving = true;
        }
      }
      if (source.audio !== undefined && sampleCount < count) {
        const taken = source.audio.take(samplesPerFrame);
        if (taken !== undefined) {
          samples.set(taken, sampleCount * samplesPerFrame * 2);
          sampleCount += 1;
          isMoving = true;
        }
      }
    }
    return (source.video === undefined || frames.length >= count) && (source.audio === undefined || sampleCount >= count);
  }, `${count} frames of ${source.label} (${frames.length} frames, ${sampleCount} blocks, ${JSON.stringify(source.state)})`, ms);
  return { frames, samples };
}
