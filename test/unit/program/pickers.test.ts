import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AudioPicker } from '../../../src/main/program/audioPicker.ts';
import { resample } from '../../../src/main/program/resample.ts';
import { VideoPicker } from '../../../src/main/program/videoPicker.ts';
import { frameNumber, HandAudio, HandVideo } from '../../support/handFeeds.ts';

const TICK_MS = 1000 / 30;

/** Runs `ticks` ticks against frames that arrive at `arrivalMs(n)`; returns the number shown at each tick. */
function play(ticks: number, arrivalMs: (n: number) => number): { shown: number[]; picker: VideoPicker } {
  const feed = new HandVideo('push');
  const picker = new VideoPicker(4, 2);
  picker.setFeed(feed);
  const shown: number[] = [];
  let made = 0;
  for (let tick = 0; tick < ticks; tick += 1) {
    // Arrivals keep their order, as bytes on a pipe do.
    while (arrivalMs(made) <= tick * TICK_MS) {
      feed.make();
      made += 1;
    }
    shown.push(frameNumber(picker.next().pieces));
  }
  return { shown, picker };
}

describe('picture of a push feed', () => {
  it('neither repeats nor skips for any phase with 8 ms of jitter, after the first ticks', () => {
    const jitter = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 200, maxLength: 200 });
    fc.assert(fc.property(fc.double({ min: 0, max: 33, noNaN: true }), jitter, (phaseMs, jitters) => {
      const { shown } = play(190, (n) => phaseMs + n * TICK_MS + (jitters[n] ?? 0));
      const steady = shown.slice(20);
      // One single adjustment is allowed where the phase lies on the edge: the reserve is then built up, once.
      const steps = steady.slice(1).map((number, index) => number - (steady[index] ?? 0));
      expect(steps.filter((step) => step === 0).length).toBeLessThanOrEqual(1);
      expect(steps.every((step) => step === 0 || step === 1)).toBe(true);
    }));
  });

  it('repeats one frame in six at 25 per second, and skips every second one at 60', () => {
    const slow = play(600, (n) => n * 40 + 5);
    expect(slow.picker.stats.repeatedFrames).toBeGreaterThan(95);
    expect(slow.picker.stats.repeatedFrames).toBeLessThan(105);
    expect(slow.picker.stats.skippedFrames).toBe(0);
    const fast = play(600, (n) => (n * 1000) / 60 + 5);
    expect(fast.picker.stats.skippedFrames).toBeGreaterThan(590);
    expect(fast.picker.stats.repeatedFrames).toBeLessThanOrEqual(1);
    // Never backwards; the first tick is black.
    for (const { shown } of [slow, fast]) expect(shown.slice(2).every((number, index) => number >= (shown[index + 1] ?? 0))).toBe(true);
  });

  it('never shows what waited before it was chosen, and stays at most two frames behind', () => {
    const feed = new HandVideo('push');
    feed.make(20);
    const picker = new VideoPicker(4, 2);
    picker.setFeed(feed);
    expect(frameNumber(picker.next().pieces)).toBe(19);
    expect(picker.stats.skippedFrames).toBe(0);
    feed.make(30);
    picker.next();
    expect(feed.queued).toHaveLength(1);
  });

  it('is black before the first frame and keeps the last one when the feed goes away', () => {
    const picker = new VideoPicker(4, 2);
    expect(Array.from(Buffer.concat(picker.next().pieces))).toEqual([16, 16, 16, 16, 16, 16, 16, 16, 128, 128, 128, 128]);
    const feed = new HandVideo('pull');
    feed.make(1);
    picker.setFeed(feed);
    const shown = picker.next();
    picker.setFeed(undefined);
    expect(picker.next()).toBe(shown);
    expect(picker.stats).toEqual({ blackFrames: 1, repeatedFrames: 1, skippedFrames: 0 });
  });
});

const BLOCK = 1600;
const sine = (sample: number): number => Math.sin((sample * 2 * Math.PI * 440) / 48_000) * 0.5;

/** A device that delivers fragments of `fragment` samples on a clock that is wrong by `ppm`. */
function listen(seconds: number, ppm: number, fragment: number): { all: number[]; picker: AudioPicker; levels: number[] } {
  const feed = new HandAudio('push', sine);
  const picker = new AudioPicker();
  picker.setFeed(feed);
  const all: number[] = [];
  const levels: number[] = [];
  let made = 0;
  for (let tick = 0; tick < seconds * 30; tick += 1) {
    const due = Math.floor((tick * BLOCK * (1 + ppm / 1e6)) / fragment);
    feed.make((due - made) * fragment);
    made = due;
    levels.push(feed.queuedSamples);
    const block = picker.next(BLOCK);
    if (block.length !== BLOCK * 2) throw new Error(`A block of ${block.length} values.`);
    for (let index = 0; index < BLOCK; index += 1) all.push(block[index * 2] ?? 0);
  }
  return { all, picker, levels };
}

describe('sound of a push feed', () => {
  it.each([{ ppm: 0, fragment: 480 }, { ppm: 200, fragment: 480 }, { ppm: -200, fragment: 1024 }, { ppm: 500, fragment: 2048 }])(
    'goes on for four minutes without a hole at $ppm ppm in fragments of $fragment', ({ ppm, fragment }) => {
      const { all, picker, levels } = listen(240, ppm, fragment);
      expect(picker.stats).toMatchObject({ underruns: 0, droppedSamples: 0 });
      // Only the start is silent, until the buffer is filled.
      expect(picker.stats.silentSamples).toBeLessThan(48_000 * 0.2);
      // What drifted apart was corrected away: the level stays near its target.
      expect(Math.max(...levels.slice(300))).toBeLessThan(48_000 * 0.16);
      if (ppm === 0) expect(picker.stats.correctedTicks).toBe(0);
      else expect(Math.sign(picker.stats.correctedSamples)).toBe(Math.sign(ppm));
      // No step between blocks: a 440 Hz sine of 0.5 moves at most 0.0289 from sample to sample.
      let largest = 0;
      for (let index = 48_001; index < all.length; index += 1) largest = Math.max(largest, Math.abs((all[index] ?? 0) - (all[index - 1] ?? 0)));
      expect(largest).toBeLessThan(0.06);
    });

  it('is silent while the device is, counts it, and starts again with a filled buffer', () => {
    const feed = new HandAudio('push', sine);
    const picker = new AudioPicker();
    picker.setFeed(feed);
    feed.make(4800 + BLOCK);
    for (let tick = 0; tick < 10; tick += 1) picker.next(BLOCK);
    expect(picker.stats).toMatchObject({ underruns: 1 });
    const silent = picker.stats.silentSamples;
    expect(silent).toBeGreaterThan(BLOCK * 5);
    feed.make(1000);
    expect([...picker.next(BLOCK)].every((value) => value === 0)).toBe(true);
    feed.make(9000);
    expect([...picker.next(BLOCK)].some((value) => value !== 0)).toBe(true);
  });

  it('cuts out what piled up, once, instead of lagging behind for minutes', () => {
    const feed = new HandAudio('push', sine);
    const picker = new AudioPicker();
    picker.setFeed(feed);
    feed.make(4800);
    picker.next(BLOCK);
    feed.make(48_000);
    picker.next(BLOCK);
    expect(picker.stats.droppedSamples).toBeGreaterThan(40_000);
    expect(feed.queuedSamples).toBeLessThanOrEqual(4800);
  });

  it('counts silence where there is no feed and where a pull feed has too little, and takes nothing of that', () => {
    const picker = new AudioPicker();
    expect(picker.next(BLOCK)).toEqual(new Float32Array(BLOCK * 2));
    const feed = new HandAudio('pull');
    feed.make(BLOCK - 1);
    picker.setFeed(feed);
    picker.next(BLOCK);
    expect(feed.queuedSamples).toBe(BLOCK - 1);
    expect(picker.stats.silentSamples).toBe(2 * BLOCK);
  });
});

describe('resampling of a block', () => {
  it('has the asked length, keeps the first sample and never leaves the range of its input', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (values, samples) => {
      const input = Float32Array.from(values.slice(0, values.length - (values.length % 2)));
      const output = resample(input, samples);
      expect(output).toHaveLength(samples * 2);
      expect(output[0]).toBeCloseTo(input[0] ?? 0, 6);
      expect(output[1]).toBeCloseTo(input[1] ?? 0, 6);
      expect(Math.max(...output)).toBeLessThanOrEqual(Math.max(...input) + 1e-6);
      expect(Math.min(...output)).toBeGreaterThanOrEqual(Math.min(...input) - 1e-6);
    }));
  });
});
