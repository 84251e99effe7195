import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FrameRate } from '../../../src/contract/ladder.ts';
import { createTimeline, exactMsOfFrame, firstGopFrameAt, utcMsOfFrame, type FrameIndex } from '../../../src/main/media/timeline.ts';
import { Program, type ProgramFeeds } from '../../../src/main/program/program.ts';
import { sampleOfFrame } from '../../../src/main/program/sampleGrid.ts';
import { HandClock } from '../../support/handClock.ts';
import { frameNumber, HandAudio, HandVideo } from '../../support/handFeeds.ts';

const ZERO = 1_700_000_000;
const NOW = ZERO * 1000 + 7_654_321;
const RATES: readonly FrameRate[] = [{ num: 30, den: 1 }, { num: 30_000, den: 1001 }, { num: 25, den: 1 }, { num: 60, den: 1 }];

type Tick = { readonly frame: number; readonly number: number; readonly pieces: readonly Uint8Array[]; readonly utcMs: number };
function setUp(feeds: ProgramFeeds, rate: FrameRate = RATES[0]!) {
  const clock = new HandClock(NOW);
  const timeline = createTimeline(ZERO, rate, 2);
  const startFrame = firstGopFrameAt(timeline, NOW);
  const ticks: Tick[] = [];
  const audio: { readonly first: number; readonly samples: Float32Array }[] = [];
  const program = new Program({
    timeline, startFrame, feeds, clock, width: 4, height: 2,
    onFrame: (frame, pieces) => ticks.push({ frame, pieces, number: frameNumber(pieces), utcMs: clock.utcMs() }),
    onAudio: (first, samples) => audio.push({ first, samples }),
  });
  /** Up to the instant just before the first tick. */
  const reachStart = (): void => clock.advance(utcMsOfFrame(timeline, startFrame) - NOW - 0.01);
  return { clock, timeline, startFrame, program, ticks, audio, reachStart };
}
const frameMs = (rate: FrameRate, frames: number): number => exactMsOfFrame(frames, rate);

describe('program clock', () => {
  it.each(RATES)('ticks at the UTC time of each frame, $num/$den', (rate) => {
    const { clock, timeline, startFrame, program, ticks, audio, reachStart } = setUp({ video: undefined, audio: undefined }, rate);
    program.start();
    reachStart();
    expect(ticks).toEqual([]);
    clock.advance(frameMs(rate, 100));
    expect(ticks.map((tick) => tick.frame)).toEqual(Array.from({ length: 100 }, (_, index) => startFrame + index));
    for (const tick of ticks) {
      expect(tick.utcMs - utcMsOfFrame(timeline, tick.frame)).toBeGreaterThanOrEqual(-0.001);
      expect(tick.utcMs - utcMsOfFrame(timeline, tick.frame)).toBeLessThan(0.1);
    }
    expect(audio[0]?.first).toBe(sampleOfFrame(startFrame, rate));
    expect(program.stats).toMatchObject({ frames: 100, blackFrames: 100, repeatedFrames: 0, lateTicks: 0, caughtUpTicks: 0 });
  });

  it('is not moved by a step of the system clock', () => {
    const { clock, program, ticks, reachStart } = setUp({ video: undefined, audio: undefined });
    program.start();
    reachStart();
    clock.advance(1000);
    clock.stepUtc(-3_600_000);
    clock.advance(1000);
    clock.stepUtc(7_200_000);
    clock.advance(1000);
    expect(ticks).toHaveLength(90);
    expect(program.stats).toMatchObject({ lateTicks: 0, caughtUpTicks: 0 });
  });

  it('shows every frame of a pull feed once, in order', () => {
    const video = new HandVideo('pull');
    const { clock, program, ticks, reachStart } = setUp({ video, audio: undefined });
    video.make(60);
    program.start();
    reachStart();
    clock.advance(2000);
    expect(ticks.map((tick) => tick.number)).toEqual(Array.from({ length: 60 }, (_, index) => index));
    expect(program.stats).toMatchObject({ repeatedFrames: 0, blackFrames: 0 });
  });

  it('waits a moment for a pull feed that is behind instead of showing a frame twice, and catches up', () => {
    const video = new HandVideo('pull');
    const audio = new HandAudio('pull');
    const { clock, program, ticks, reachStart } = setUp({ video, audio });
    video.make(10);
    audio.make(480_000);
    program.start();
    reachStart();
    clock.advance(700);
    expect(ticks).toHaveLength(10);
    video.make(50);
    clock.advance(300);
    expect(ticks.map((tick) => tick.number)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(program.stats.repeatedFrames).toBe(0);
    expect(program.stats.lateTicks).toBeGreaterThan(8);
    expect(program.stats.maxLateMs).toBeGreaterThan(300);
  });

  it('goes on in time with repeats when a pull feed has ended, and takes it up again', () => {
    const video = new HandVideo('pull');
    const { clock, program, ticks, reachStart } = setUp({ video, audio: undefined });
    video.make(10);
    program.start();
    reachStart();
    clock.advance(10_000);
    expect(ticks).toHaveLength(300);
    expect(program.stats.repeatedFrames).toBe(290);
    // A repeat is the very same object, so that an encoder's queue holds it once.
    expect(new Set(ticks.slice(9).map((tick) => tick.pieces)).size).toBe(1);
    expect(program.stats.maxLateMs).toBeLessThan(1100);
    video.make(3);
    clock.advance(100);
    expect(ticks.slice(-3).map((tick) => tick.number)).toEqual([10, 11, 12]);
  });

  it('leaves no hole after the process was stopped, and counts what it made up for', () => {
    const video = new HandVideo('push');
    const { clock, program, ticks, audio, startFrame, reachStart } = setUp({ video, audio: undefined });
    program.start();
    reachStart();
    video.make(1);
    clock.advance(500);
    clock.freeze(5000);
    clock.advance(500);
    expect(ticks.map((tick) => tick.frame)).toEqual(Array.from({ length: 180 }, (_, index) => startFrame + index));
    expect(program.stats.caughtUpTicks).toBeGreaterThan(145);
    expect(program.stats.maxLateMs).toBeGreaterThan(4900);
    let next = audio[0]!.first;
    for (const block of audio) {
      expect(block.first).toBe(next);
      next += block.samples.length / 2;
    }
  });

  it('lets others run during a long burst', () => {
    const clock = new HandClock(NOW);
    const timeline = createTimeline(ZERO, RATES[0]!, 2);
    let ticks = 0;
    let ticksBeforeOther: number | undefined;
    const program = new Program({
      timeline, startFrame: firstGopFrameAt(timeline, NOW), feeds: { video: undefined, audio: undefined }, clock, width: 4, height: 2,
      onFrame: () => {
        ticks += 1;
        if (ticks === 1) clock.after(0, () => { ticksBeforeOther = ticks; });
      },
      onAudio: () => {},
    });
    program.start();
    clock.freeze(12_000);
    clock.advance(0);
    expect(ticks).toBeGreaterThan(290);
    expect(ticksBeforeOther).toBeLessThan(20);
  });

  it('gives a continuous run of samples that belong to their frames, for every rate', () => {
    fc.assert(fc.property(fc.constantFrom(...RATES), fc.integer({ min: 0, max: 60 * 86_400 * 365 }), (rate, frame) => {
      const first = sampleOfFrame(frame, rate);
      const exact = exactMsOfFrame(frame, rate) * 48;
      expect(first - exact).toBeGreaterThan(-0.01);
      expect(first - exact).toBeLessThan(1.01);
      expect(Math.abs(sampleOfFrame(frame + 1, rate) - first - exactMsOfFrame(1, rate) * 48)).toBeLessThan(1);
    }));
    // Whole numbers are exact: 5 frames of 30000/1001 are 8008 samples, at any distance.
    expect(sampleOfFrame(5 * 10 ** 9, RATES[1]!)).toBe(8008 * 10 ** 9);
  });

  it('hands on the samples of a pull feed without losing or repeating one', () => {
    const video = new HandVideo('pull');
    const audio = new HandAudio('pull');
    const run = setUp({ video, audio }, RATES[1]);
    video.make(100);
    audio.make(200_000);
    run.program.start();
    run.reachStart();
    run.clock.advance(2000);
    const all = run.audio.flatMap(({ samples }) => [...samples].filter((_, index) => index % 2 === 0)).map((value) => Math.round(value * 2 ** 24));
    expect(all.length).toBeGreaterThan(95_000);
    expect(all.every((value, index) => value === index)).toBe(true);
    expect(run.program.stats.silentSamples).toBe(0);
  });

  it('ends exactly where it is told, and tells', async () => {
    const { clock, program, ticks, startFrame, reachStart } = setUp({ video: undefined, audio: undefined });
    program.start();
    program.endBefore(startFrame + 45);
    reachStart();
    clock.advance(5000);
    expect(ticks).toHaveLength(45);
    expect(await program.ended).toBe(startFrame + 45);
    expect(program.stop()).toBe(startFrame + 45);
    expect(() => program.start()).toThrow('started once');
  });

  it('begins late rather than inside a GOP when its start has passed', () => {
    const video = new HandVideo('push');
    const clock = new HandClock(NOW);
    const timeline = createTimeline(ZERO, RATES[0]!, 2);
    const startFrame = (firstGopFrameAt(timeline, NOW) - 120) as FrameIndex;
    const frames: number[] = [];
    const program = new Program({ timeline, startFrame, feeds: { video, audio: undefined }, clock, width: 4, height: 2, onFrame: (frame) => frames.push(frame), onAudio: () => {} });
    program.start();
    clock.advance(100);
    expect(frames[0]).toBe(startFrame);
    expect(frames.length).toBeGreaterThan(60);
  });

  it('refuses a feed of another size', () => {
    expect(() => setUp({ video: new HandVideo('pull', 8, 8), audio: undefined })).toThrow(RangeError);
  });
});
