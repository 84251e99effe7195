import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  audioFrameOfMediaMs, createTimeline, exactMsOfFrame, firstAudioFrameAt, firstGopFrameAt, frameOfMediaMs,
  mediaMsOfAudioFrame, mediaMsOfFrame, utcMsOfFrame,
} from '../../../src/main/media/timeline.ts';

const rates = [
  { num: 24_000, den: 1001 }, { num: 25, den: 1 }, { num: 30_000, den: 1001 }, { num: 30, den: 1 }, { num: 50, den: 1 }, { num: 60, den: 1 },
];
const rate = fc.constantFrom(...rates);
/** Ten years of frames at 60 per second. */
const frame = fc.integer({ min: 0, max: 60 * 86_400 * 3650 });

describe('timeline', () => {
  it('recovers every frame from its rounded RTMP timestamp', () => {
    fc.assert(fc.property(frame, rate, (index, fps) => {
      expect(frameOfMediaMs(mediaMsOfFrame(index, fps), fps)).toBe(index);
    }));
  });

  it('recovers every AAC frame from its rounded RTMP timestamp', () => {
    fc.assert(fc.property(frame, (index) => {
      expect(audioFrameOfMediaMs(mediaMsOfAudioFrame(index))).toBe(index);
    }));
  });

  it('starts a GOP at or after the asked instant and less than one GOP later', () => {
    fc.assert(fc.property(rate, fc.integer({ min: 0, max: 10 ** 10 }), (fps, elapsedMs) => {
      const timeline = createTimeline(1_700_000_000, fps, 2);
      const first = firstGopFrameAt(timeline, 1_700_000_000_000 + elapsedMs);
      expect(first % timeline.framesPerGop).toBe(0);
      const lateMs = utcMsOfFrame(timeline, first) - (1_700_000_000_000 + elapsedMs);
      expect(lateMs).toBeGreaterThanOrEqual(-0.01);
      expect(lateMs).toBeLessThan(exactMsOfFrame(timeline.framesPerGop, fps) + 0.01);
    }));
  });

  it('gives fractional rates whole GOPs', () => {
    expect(createTimeline(0, { num: 30_000, den: 1001 }, 2).framesPerGop).toBe(60);
    expect(createTimeline(0, { num: 25, den: 1 }, 2).framesPerGop).toBe(50);
  });

  it('refuses a zero that is not a whole second', () => {
    expect(() => createTimeline(0.5, { num: 30, den: 1 }, 2)).toThrow('whole UTC second');
  });

  it('finds the first AAC frame that does not begin before a video frame', () => {
    fc.assert(fc.property(frame, rate, (index, fps) => {
      const audio = firstAudioFrameAt(index, fps);
      const startMs = (audio * 1024) / 48;
      expect(startMs).toBeGreaterThanOrEqual(exactMsOfFrame(index, fps) - 1e-3);
      expect(startMs - exactMsOfFrame(index, fps)).toBeLessThan(21.34);
    }));
  });
});
