// Long stretches of a show on a simulated clock. An hour of lip-sync and a whole day are the bench piece `clock`.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AudioPicker } from '../../../src/main/program/audioPicker.ts';
import { LiveDelay } from '../../../src/main/program/liveDelay.ts';
import { Resampler } from '../../../src/main/program/resample.ts';
import { VideoPicker } from '../../../src/main/program/videoPicker.ts';
import { CountingResampler } from '../../support/countingResampler.ts';
import { DeviceAudio, DeviceVideo } from '../../support/deviceFeeds.ts';
import { frameNumber } from '../../support/handFeeds.ts';
import { lipSync, longShow, TICK_MS } from '../../support/longShow.ts';

const BLOCK = 1600;

it('lip-sync stays within 20 ms with a camera that is 100 ppm fast and a microphone that is 100 ppm slow', () => {
  const { meansMs, underruns, jumps } = lipSync(3, 100, -100);
  expect({ underruns, jumps }).toEqual({ underruns: 0, jumps: 0 });
  expect(meansMs.length).toBe(177);
  expect(Math.max(...meansMs.map(Math.abs))).toBeLessThan(20);
});

// Xvfb at 30 fps and PulseAudio through FFmpeg 5.1 pipes, on two cores that had twelve processes waiting: gaps of 0 to 190 ms.
describe('arrivals recorded from a real capture on an overloaded machine', () => {
  const recorded = JSON.parse(readFileSync(new URL('recordedArrivals.json', import.meta.url), 'utf8')) as {
    readonly screenGapsMs: readonly number[]; readonly soundSamples: readonly number[]; readonly soundGapsMs: readonly number[];
  };
  const sumsOf = (gaps: readonly number[]): number[] => {
    let sum = 0;
    return gaps.map((gap) => {
      sum += gap;
      return sum;
    });
  };

  it('of a screen repeat only what came later than it is held for', () => {
    const times = sumsOf(recorded.screenGapsMs);
    // Against the even line through them: half a tick and the hysteresis less than the hold of 70 ms.
    const first = 60;
    const intervalMs = (times.at(-1)! - times[first]!) / (times.length - 1 - first);
    const tooLate = times.filter((time, index) => index >= first && time - times[first]! - (index - first) * intervalMs > 70 - TICK_MS / 2 - 3 - 8).length;
    for (let phaseMs = 0; phaseMs < TICK_MS; phaseMs += 3) {
      const feed = new DeviceVideo((n) => times[n] ?? Infinity);
      const picker = new VideoPicker(4, 2, TICK_MS, new LiveDelay());
      picker.setFeed(feed);
      const shown: number[] = [];
      for (let tick = 0; tick * TICK_MS + phaseMs < times.at(-1)!; tick += 1) {
        feed.arrive(tick * TICK_MS + phaseMs);
        shown.push(frameNumber(picker.next(tick * TICK_MS + phaseMs).pieces));
      }
      const repeats = shown.filter((number, index) => index > first && number === shown[index - 1]).length;
      expect(repeats, `phase ${phaseMs}`).toBeLessThanOrEqual(tooLate);
      // What the newest frame at each tick would have repeated.
      const newest = shown.map((_, tick) => times.filter((time) => time <= tick * TICK_MS + phaseMs).length);
      expect(repeats).toBeLessThan(newest.filter((count, index) => index > first && count === newest[index - 1]).length);
    }
  });

  it('of a sound server run dry only until the delay has grown to what it needs', () => {
    const times = sumsOf(recorded.soundGapsMs);
    const feed = new DeviceAudio(1, () => Infinity);
    const delay = new LiveDelay();
    const picker = new AudioPicker(delay);
    picker.setFeed(feed);
    let next = 0;
    for (let tick = 0; tick * TICK_MS < times.at(-1)!; tick += 1) {
      for (; next < times.length && times[next]! <= tick * TICK_MS; next += 1) feed.deliver(recorded.soundSamples[next]!, times[next]!);
      feed.arrive(tick * TICK_MS);
      picker.next(BLOCK, tick * TICK_MS);
    }
    // Gaps of up to 116 ms against a hold of 70 ms.
    expect(picker.stats.jumps).toBe(0);
    expect(picker.stats.underruns).toBeLessThanOrEqual(3);
    expect(delay.ms).toBe(picker.stats.underruns * 20);
    expect(Math.abs(picker.stats.soundErrorMs ?? 99)).toBeLessThan(20);
  });
});

describe('a long show', () => {
  it('is not moved by steps and a slew of the system clock: pictures, sound and choices are the same', () => {
    const calm = longShow(30, 'filtered');
    const moved = longShow(30, 'filtered', (clock, second) => {
      if (second === 5) clock.stepUtc(-7_200_000);
      if (second === 10) clock.stepUtc(86_400_000);
      // 500 ppm, as a time daemon slews.
      if (second > 12) clock.stepUtc(0.5);
    });
    expect(moved).toEqual(calm);
    expect(calm.samples).toBe(calm.frames * BLOCK);
  });

  it('of half an hour keeps media time and wall time within one frame, and shows the drift of its camera alone', () => {
    const { stats, offsetsMs } = longShow(1800, 'none');
    expect(offsetsMs.length).toBeGreaterThan(28);
    expect(Math.max(...offsetsMs.map(Math.abs))).toBeLessThan(TICK_MS);
    expect(stats.lateTicks).toBe(0);
    // 100 ppm of half an hour are 5.4 frames too many.
    expect(stats.skippedFrames).toBeGreaterThanOrEqual(4);
    expect(stats.skippedFrames).toBeLessThanOrEqual(6);
    expect(stats.repeatedFrames).toBeLessThan(4);
  });

  it('of half an hour has every sample once, on the wall clock, with the drift of its microphone made up for', () => {
    const { stats, frames, samples, soundGaps, aacFrames, soundOffsetsMs } = longShow(1800, 'counted');
    expect({ samples, soundGaps, jumps: stats.jumps }).toEqual({ samples: frames * BLOCK, soundGaps: 0, jumps: 0 });
    expect(Math.abs(aacFrames - samples / 1024)).toBeLessThan(1);
    expect(soundOffsetsMs.length).toBeGreaterThan(28);
    expect(Math.max(...soundOffsetsMs.map(Math.abs))).toBeLessThan(TICK_MS);
    // 100 ppm of half an hour are 8640 samples too few.
    expect(Math.abs(stats.correctedSamples + 8640)).toBeLessThan(480);
    expect(Math.abs(stats.soundErrorMs ?? 99)).toBeLessThan(5);
  });
});

it('counting samples comes to what resampling them does', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.double({ min: -0.002, max: 0.002, noNaN: true })), { maxLength: 20 }), (blocks) => {
    const [real, counted] = [new Resampler(), new CountingResampler()];
    for (const [samples, correction] of blocks) {
      const speed = 1 + correction;
      expect(counted.missing(samples, speed)).toBe(real.missing(samples, speed));
      const input = new Float32Array(real.missing(samples, speed) * 2);
      real.push(input);
      counted.push(input);
      expect(counted.pull(samples, speed).length).toBe(real.pull(samples, speed).length);
      expect(counted.ahead).toBeCloseTo(real.ahead, 6);
    }
  }), { numRuns: 50 });
});
