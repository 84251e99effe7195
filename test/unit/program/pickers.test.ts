import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AudioPicker } from '../../../src/main/program/audioPicker.ts';
import { LiveDelay } from '../../../src/main/program/liveDelay.ts';
import { VideoPicker } from '../../../src/main/program/videoPicker.ts';
import { DeviceAudio, DeviceVideo } from '../../support/deviceFeeds.ts';
import { frameNumber, HandAudio, HandVideo } from '../../support/handFeeds.ts';
import { spectrumDb } from '../../support/spectrum.ts';

const TICK_MS = 1000 / 30;
const videoPicker = (): VideoPicker => new VideoPicker(4, 2, TICK_MS, new LiveDelay());

/** Runs `ticks` ticks at 30 per second against frames that arrive at `arrivalMs(n)`. */
function play(ticks: number, arrivalMs: (n: number) => number): { shown: number[]; picker: VideoPicker; steps: number[] } {
  const feed = new DeviceVideo(arrivalMs);
  const picker = videoPicker();
  picker.setFeed(feed);
  const shown: number[] = [];
  for (let tick = 0; tick < ticks; tick += 1) {
    feed.arrive(tick * TICK_MS);
    shown.push(frameNumber(picker.next(tick * TICK_MS).pieces));
  }
  return { shown, picker, steps: shown.slice(1).map((number, index) => number - (shown[index] ?? 0)) };
}
/** The first second, in which the clock of the feed finds its line. */
const SETTLED = 30;
const countOf = (steps: readonly number[], wanted: (step: number) => boolean): number => steps.slice(SETTLED).filter(wanted).length;
const REPEAT = (step: number): boolean => step === 0;
const SKIP = (step: number): boolean => step > 1;

describe('picture of a push feed', () => {
  it('neither repeats nor skips at the same rate with any jitter of 8 ms, whatever its phase', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: TICK_MS, noNaN: true }), fc.infiniteStream(fc.double({ min: -8, max: 8, noNaN: true })), (phaseMs, stream) => {
      const jitter = Array.from({ length: 1500 }, () => stream.next().value as number);
      const { steps } = play(1400, (n) => phaseMs + n * TICK_MS + (jitter[n] ?? 0));
      expect(steps.slice(SETTLED).every((step) => step === 1)).toBe(true);
    }), { numRuns: 60 });
  });

  it.each([100, -100, 50, -37])('shows exactly the drift of a device that is %i ppm fast for an hour, and nothing else', (ppm) => {
    const ticks = 3600 * 30;
    // A generator that is the same in every run.
    let seed = 1;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    const jitter = Array.from({ length: ticks + 100 }, () => (random() - 0.5) * 16);
    const { steps } = play(ticks, (n) => 3 + (n * TICK_MS) / (1 + ppm / 1e6) + (jitter[n] ?? 0));
    const drifted = Math.abs((ticks * ppm) / 1e6);
    expect(countOf(steps, ppm > 0 ? REPEAT : SKIP)).toBe(0);
    const counted = countOf(steps, ppm > 0 ? SKIP : REPEAT);
    // The phase at the beginning decides whether the last one has come already.
    expect(Math.abs(counted - drifted)).toBeLessThanOrEqual(1);
    expect(steps.slice(SETTLED).every((step) => step >= 0 && step <= 2)).toBe(true);
  });

  it.each([
    ['25', 25, 1 / 6, 0], ['24', 24, 0.2, 0], ['60', 60, 0, 1], ['50', 50, 0, 2 / 3], ['15', 15, 0.5, 0], ['29.97', 30_000 / 1001, 1 / 1001, 0],
  ])('converts %s frames a second to 30 by the arithmetic share of repeats and skips', (_, rate, repeats, skips) => {
    const ticks = 6000;
    const { picker, shown } = play(ticks, (n) => 5 + (n * 1000) / rate);
    expect(picker.stats.repeatedFrames / ticks).toBeCloseTo(repeats, 2);
    expect(picker.stats.skippedFrames / ticks).toBeCloseTo(skips, 2);
    // Never backwards; the first ticks are black.
    expect(shown.slice(10).every((number, index) => number >= (shown[index + 9] ?? 0))).toBe(true);
  });

  it('shows a frame that was late, and the ones after it, each once', () => {
    // One in a hundred is held up by 45 ms, as by a busy machine, and the next follows at once.
    const { steps } = play(3000, (n) => 4 + n * TICK_MS + (n % 100 === 50 ? 45 : 0));
    expect(steps.slice(SETTLED).every((step) => step === 1)).toBe(true);
  });

  it('shows one repeat for each frame that a camera loses', () => {
    const { steps, picker } = play(3000, (n) => 4 + (n + Math.floor(n / 500)) * TICK_MS);
    expect(countOf(steps, REPEAT)).toBe(5);
    expect(picker.stats.skippedFrames).toBe(0);
  });

  it('follows a camera that halves its rate in the dark, and back', () => {
    const atMs: number[] = [];
    for (let n = 0, t = 4; n < 2000; n += 1, t += n > 500 && n < 800 ? TICK_MS * 2 : TICK_MS) atMs.push(t);
    const { steps } = play(2200, (n) => atMs[n] ?? Infinity);
    expect(Math.abs(countOf(steps, REPEAT) - 300)).toBeLessThan(12);
    expect(countOf(steps, SKIP)).toBeLessThan(8);
  });

  it('never shows what waited before it was chosen: the first frame is the one that belongs to its tick', () => {
    const feed = new DeviceVideo((n) => n * TICK_MS);
    feed.arrive(10_000);
    const picker = videoPicker();
    picker.setFeed(feed);
    // Held for 70 ms: two frames back.
    expect(frameNumber(picker.next(10_000).pieces)).toBe(298);
    expect(picker.stats.skippedFrames).toBe(0);
  });

  it('shows at once what has no time of its own, such as a slate', () => {
    const feed = new HandVideo('push');
    feed.make(3);
    const picker = videoPicker();
    picker.setFeed(feed);
    expect([1, 2, 3].map((tick) => frameNumber(picker.next(tick * TICK_MS).pieces))).toEqual([0, 1, 2]);
  });

  it('is black before the first frame and keeps the last one when the feed goes away', () => {
    const picker = videoPicker();
    expect(Array.from(Buffer.concat(picker.next(0).pieces))).toEqual([16, 16, 16, 16, 16, 16, 16, 16, 128, 128, 128, 128]);
    const feed = new HandVideo('pull');
    feed.make(1);
    picker.setFeed(feed);
    const shown = picker.next(1);
    picker.setFeed(undefined);
    expect(picker.next(2)).toBe(shown);
    expect(picker.stats).toEqual({ blackFrames: 1, repeatedFrames: 1, skippedFrames: 0 });
  });
});

const BLOCK = 1600;
const sineOf = (frequency: number) => (sample: number): number => Math.sin((sample * 2 * Math.PI * frequency) / 48_000) * 0.5;

type Heard = { readonly left: Float32Array; readonly picker: AudioPicker; readonly delay: LiveDelay; readonly errors: number[] };

/** Listens to a device for some seconds, at 30 ticks a second. */
function listen(seconds: number, feed: DeviceAudio): Heard {
  const delay = new LiveDelay();
  const picker = new AudioPicker(delay);
  picker.setFeed(feed);
  const left = new Float32Array(seconds * 30 * BLOCK);
  const errors: number[] = [];
  for (let tick = 0; tick < seconds * 30; tick += 1) {
    feed.arrive(tick * TICK_MS);
    const block = picker.next(BLOCK, tick * TICK_MS);
    if (block.length !== BLOCK * 2) throw new Error(`A block of ${block.length} values.`);
    for (let index = 0; index < BLOCK; index += 1) left[tick * BLOCK + index] = block[index * 2] ?? 0;
    if (picker.stats.soundErrorMs !== undefined) errors.push(picker.stats.soundErrorMs);
  }
  return { left, picker, delay, errors };
}
const device = (ppm: number, fragment: number, valueAt?: (sample: number) => number, jitterMs: (block: number) => number = () => 0): DeviceAudio =>
  new DeviceAudio(fragment, (block) => ((block + 1) * fragment) / 48 / (1 + ppm / 1e6) + jitterMs(block), valueAt);

/** The loudest bin that is neither the tone nor within `reach` Hz of it, and the tone itself. */
function worst(samples: Float32Array, frequency: number, reach = 15): { spurious: number; tone: number } {
  const bins = spectrumDb(samples);
  const hzOf = 24_000 / bins.length;
  let spurious = -Infinity;
  let tone = -Infinity;
  bins.forEach((db, bin) => {
    if (Math.abs(bin * hzOf - frequency) > reach) spurious = Math.max(spurious, db);
    else tone = Math.max(tone, db);
  });
  return { spurious, tone };
}

describe('sound of a push feed', () => {
  it.each([{ ppm: 0, fragment: 480 }, { ppm: 500, fragment: 1024 }, { ppm: -1000, fragment: 960 }])(
    'goes on for a minute without a hole at $ppm ppm in fragments of $fragment, and stays at its place', ({ ppm, fragment }) => {
      const { picker, errors, left } = listen(60, device(ppm, fragment, sineOf(440)));
      expect(picker.stats).toMatchObject({ underruns: 0, jumps: 0 });
      // Only the start is silent, until what belongs to the first ticks has come.
      expect(picker.stats.silentSamples).toBeLessThan(48_000 * 0.15);
      expect(Math.max(...errors.map(Math.abs))).toBeLessThan(20.1);
      // What resampling took out is what the device delivered too much.
      const drifted = (60 * 48_000 * ppm) / 1e6;
      expect(Math.abs(picker.stats.correctedSamples - drifted)).toBeLessThan(48 * 30);
      // No step: a 440 Hz sine of 0.5 moves at most 0.0289 from sample to sample.
      let largest = 0;
      for (let index = 48_000; index < left.length; index += 1) largest = Math.max(largest, Math.abs((left[index] ?? 0) - (left[index - 1] ?? 0)));
      expect(largest).toBeLessThan(0.0292);
    });

  it.each([[997, 100], [440, -1000], [15_000, 200]])('a corrected sine of %i Hz at %i ppm has no tone beside it above −80 dB', (frequency, ppm) => {
    const { left } = listen(50, device(ppm, 960, sineOf(frequency)));
    const { spurious, tone } = worst(left.subarray(left.length - 2 ** 17), frequency);
    expect(tone).toBeGreaterThan(-7);
    expect(spurious - tone).toBeLessThan(-80);
  });

  it('has no click with fragments that come up to 10 ms late', () => {
    const { left, picker } = listen(40, device(100, 960, sineOf(997), (block) => (block * 7919) % 10));
    expect(picker.stats).toMatchObject({ underruns: 0, jumps: 0 });
    const { spurious, tone } = worst(left.subarray(left.length - 2 ** 17), 997);
    expect(spurious - tone).toBeLessThan(-80);
  });

  it('tells the drift after some minutes', () => {
    const feed = device(100, 960, undefined, (block) => (block * 7919) % 8);
    for (let ms = 0; ms < 400_000; ms += 500) {
      feed.arrive(ms);
      feed.take(feed.queuedSamples);
    }
    expect(feed.clock.driftPpm).toBeGreaterThan(90);
    expect(feed.clock.driftPpm).toBeLessThan(110);
  });

  it('is silent while the device is, counts it, and goes on at its place', () => {
    // Nothing for a second; what the device captured meanwhile is lost.
    const feed = new DeviceAudio(480, (block) => (block + 1) * 10 + (block >= 300 ? 1000 : 0), sineOf(440));
    const { picker, left, errors } = listen(10, feed);
    expect(picker.stats.underruns).toBe(1);
    expect(picker.stats.silentSamples).toBeGreaterThan(48_000 * 0.9);
    expect(picker.stats.silentSamples).toBeLessThan(48_000 * 1.3);
    expect(Math.abs(errors.at(-1) ?? 99)).toBeLessThan(5);
    let largest = 0;
    for (let index = 1; index < left.length; index += 1) largest = Math.max(largest, Math.abs((left[index] ?? 0) - (left[index - 1] ?? 0)));
    expect(largest).toBeLessThan(0.04);
  });

  it('jumps once, and softly, where the device has jumped', () => {
    // From one moment on everything comes 150 ms later.
    const feed = new DeviceAudio(480, (block) => (block + 1) * 10 + (block >= 300 ? 150 : 0), sineOf(440));
    const { picker, left, errors } = listen(20, feed);
    expect(picker.stats.underruns + picker.stats.jumps).toBeLessThanOrEqual(2);
    expect(picker.stats.underruns + picker.stats.jumps).toBeGreaterThanOrEqual(1);
    expect(Math.abs(errors.at(-1) ?? 99)).toBeLessThan(5);
    let largest = 0;
    for (let index = 1; index < left.length; index += 1) largest = Math.max(largest, Math.abs((left[index] ?? 0) - (left[index - 1] ?? 0)));
    expect(largest).toBeLessThan(0.05);
  });

  it('grows the delay of everything live until fragments that are too large for it fit in', () => {
    const { picker, delay, left } = listen(30, device(0, 4800, sineOf(440)));
    expect(delay.ms).toBeGreaterThan(0);
    expect(delay.ms).toBeLessThanOrEqual(120);
    expect(picker.stats.underruns).toBeLessThanOrEqual(6);
    expect(left.subarray(left.length - 48_000 * 10).some((_, index, all) => index > 50 && all.subarray(index - 50, index + 1).every((one) => one === 0))).toBe(false);
  });

  it('counts silence where there is no feed and where a pull feed has too little, and takes nothing of that', () => {
    const picker = new AudioPicker(new LiveDelay());
    expect(picker.next(BLOCK, 0)).toEqual(new Float32Array(BLOCK * 2));
    const feed = new HandAudio('pull');
    feed.make(BLOCK - 1);
    picker.setFeed(feed);
    picker.next(BLOCK, 0);
    expect(feed.queuedSamples).toBe(BLOCK - 1);
    expect(picker.stats.silentSamples).toBe(2 * BLOCK);
  });
});
