// The video encoder with real FFmpeg: frames that carry their number go in, every rendition is decoded and read back.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ladder } from '../../src/contract/ladder.ts';
import { AlignmentChecker } from '../../src/main/encode/alignment.ts';
import { VideoEncoder } from '../../src/main/encode/videoEncoder.ts';
import type { EncoderFailure, EncoderHandover, VideoEncoderOptions } from '../../src/main/encode/videoEncoderOptions.ts';
import type { VideoPacket, VideoTrackConfig } from '../../src/main/media/packets.ts';
import { createTimeline, type FrameIndex } from '../../src/main/media/timeline.ts';
import { countedFrame, readCount } from '../support/countedFrames.ts';
import { decodeLuma } from '../support/decode.ts';
import { until } from '../support/until.ts';

const ladder: Ladder = {
  name: 'small', frameRate: { num: 30, den: 1 }, gopSeconds: 1, audioKbps: 128,
  renditions: [
    { name: 'top', width: 320, height: 180, declaredKbps: 400 },
    { name: 'low', width: 192, height: 108, declaredKbps: 150 },
  ],
};
const timeline = createTimeline(1_700_000_000, ladder.frameRate, ladder.gopSeconds);
/** 90 days in: timestamps of the worker start at 0, indices of the timeline do not. */
const START = (90 * 86_400 * 30) as FrameIndex;

const SUPERFAST = { encoder: 'libx264', preset: 'superfast' } as const;

type Run = {
  readonly encoder: VideoEncoder; readonly packets: VideoPacket[]; readonly configs: VideoTrackConfig[]; readonly failures: EncoderFailure[];
  readonly handovers: EncoderHandover[]; readonly extraIdrs: number[];
};
const running: VideoEncoder[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (encoder) => encoder.finish(0)));
});

function start(changes: Partial<VideoEncoderOptions> = {}): Run {
  const packets: VideoPacket[] = [];
  const configs: VideoTrackConfig[] = [];
  const failures: EncoderFailure[] = [];
  const handovers: EncoderHandover[] = [];
  const extraIdrs: number[] = [];
  const encoder = new VideoEncoder({
    binary: 'ffmpeg', ladder, timeline, startFrame: START, encoder: { encoder: 'libx264', preset: 'ultrafast' },
    onConfig: (config) => configs.push(config),
    onPacket: (packet) => packets.push(packet),
    onFailure: (failure) => failures.push(failure),
    onHandover: (handover) => handovers.push(handover),
    onExtraIdr: (frame) => extraIdrs.push(frame),
    ...changes,
  });
  running.push(encoder);
  return { encoder, packets, configs, failures, handovers, extraIdrs };
}

/** Pushes as fast as the encoder takes, as a clock with all the time in the world would. */
async function push(encoder: VideoEncoder, first: number, count: number): Promise<void> {
  for (let frame = first; frame < first + count; frame += 1) {
    await until(() => encoder.stats.lagFrames < 20, 'room in the encoder');
    encoder.push(frame as FrameIndex, countedFrame(frame % 2 ** 24, 320, 180));
    await turn();
  }
}

const of = (packets: readonly VideoPacket[], rendition: string): VideoPacket[] => packets.filter((one) => one.rendition === rendition);
const sequence = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index);
function check(packets: readonly VideoPacket[]): AlignmentChecker {
  const checker = new AlignmentChecker(timeline.framesPerGop, ['top', 'low']);
  for (const packet of packets) checker.add(packet);
  return checker;
}

/** Every frame of both renditions once, decodable, with its own picture, in growing decode time; IDRs where they belong. */
async function expectWhole(run: Run, count: number, extraIdrs: readonly number[]): Promise<void> {
  const checker = new AlignmentChecker(timeline.framesPerGop, ['top', 'low']);
  for (const frame of extraIdrs) checker.expectIdr(frame);
  for (const packet of run.packets) checker.add(packet);
  expect(checker.report()).toMatchObject({ keyframesAligned: true, misalignments: 0 });
  for (const name of ['top', 'low']) {
    const packets = of(run.packets, name);
    expect(packets.map((one) => one.frame).sort((a, b) => a - b)).toEqual(sequence(START, count));
    expect(packets.map((one) => one.decodeFrame)).toEqual(sequence(START - 1, count));
    expect(await countsOf(run, name)).toEqual(sequence(START % 2 ** 24, count));
  }
}

async function countsOf(run: Run, rendition: string, packets = of(run.packets, rendition)): Promise<number[]> {
  const config = run.configs.find((one) => one.rendition === rendition)!;
  const planes = await decodeLuma(config, packets);
  return planes.map((luma) => readCount(luma, config.width, config.height));
}

describe('video encoder', () => {
  it('puts every frame of every rendition at its own place on the timeline', async () => {
    const run = start({ encoder: SUPERFAST });
    await push(run.encoder, START, 100);
    await run.encoder.finish();
    expect(run.failures).toEqual([]);
    expect(run.configs.map((one) => [one.rendition, one.width, one.declaredKbps])).toEqual([['top', 320, 400], ['low', 192, 150]]);
    expect(check(run.packets).report()).toMatchObject({
      keyframesAligned: true, misalignments: 0,
      renditions: [
        { rendition: 'top', frames: 100, keyframes: 4, missingFrames: 0, duplicateFrames: 0 },
        { rendition: 'low', frames: 100, keyframes: 4, missingFrames: 0, duplicateFrames: 0 },
      ],
    });
    for (const name of ['top', 'low']) {
      const packets = of(run.packets, name);
      expect(packets.map((one) => one.frame).sort((a, b) => a - b)).toEqual(sequence(START, 100));
      // Decode indices are consecutive, one frame of reordering before the first presentation.
      expect(packets.map((one) => one.decodeFrame)).toEqual(sequence(START - 1, 100));
      for (const one of packets) expect(one.decodeFrame).toBeLessThan(one.frame + 1);
      // The number in each picture is the index of its packet: what was presented is what was given.
      expect(await countsOf(run, name)).toEqual(sequence(START % 2 ** 24, 100));
    }
    expect(run.encoder.stats).toMatchObject({ framesIn: 100, lagFrames: 0, replacedFrames: 0, failures: 0 });
  });

  it('decodes without a complaint when every droppable frame is dropped', async () => {
    const run = start({ encoder: SUPERFAST });
    await push(run.encoder, START, 60);
    await run.encoder.finish();
    const kept = of(run.packets, 'top').filter((one) => one.isReference);
    expect(kept.length).toBeGreaterThan(15);
    expect(kept.length).toBeLessThan(45);
    expect(await countsOf(run, 'top', kept)).toEqual(kept.map((one) => one.frame % 2 ** 24).sort((a, b) => a - b));
  });

  it('keeps the declared bitrate for a still picture', async () => {
    const run = start({ encoder: SUPERFAST });
    const still = countedFrame(1, 320, 180);
    for (let frame = 0; frame < 120; frame += 1) {
      await until(() => run.encoder.stats.lagFrames < 20, 'room in the encoder');
      run.encoder.push((START + frame) as FrameIndex, [...still]);
      await turn();
    }
    await run.encoder.finish();
    for (const [index, rendition] of ladder.renditions.entries()) {
      const ratio = run.encoder.stats.renditions[index]!.actualKbps / rendition.declaredKbps;
      expect(ratio).toBeGreaterThan(0.6);
      expect(ratio).toBeLessThan(1.5);
    }
  });

  it('loses no frame when a process is killed: another one goes on behind the last frame that all renditions have', async () => {
    const run = start({ encoder: SUPERFAST });
    await push(run.encoder, START, 70);
    await until(() => of(run.packets, 'top').length > 40, 'packets of the second GOP');
    const firstPid = run.encoder.pid!;
    process.kill(firstPid, 'SIGKILL');
    await until(() => run.failures.length === 1, 'the report of the failure');
    expect(run.failures[0]).toMatchObject({ error: { code: 'FFMPEG_KILLED' } });
    const { resumesAt } = run.failures[0]!;
    expect(resumesAt).toBeGreaterThan(START + 40);
    expect(resumesAt).toBeLessThanOrEqual(START + 70);
    expect(run.encoder.pid).not.toBe(firstPid);
    await push(run.encoder, START + 70, 60);
    await run.encoder.finish();
    // The parameter sets are the same, so they are not announced again.
    expect(run.configs).toHaveLength(2);
    await expectWhole(run, 130, run.extraIdrs);
    expect(run.encoder.stats).toMatchObject({ framesIn: 130, lagFrames: 0, failures: 1, missing: [] });
  });

  it('goes on in the same way when a process dies again and again', async () => {
    const run = start();
    for (let round = 0; round < 3; round += 1) {
      await push(run.encoder, START + 40 * round, 40);
      process.kill(run.encoder.pid!, 'SIGKILL');
      await until(() => run.failures.length === round + 1, 'the report of the failure');
    }
    await push(run.encoder, START + 120, 30);
    await run.encoder.finish();
    await expectWhole(run, 150, run.extraIdrs);
  });

  it('hands over at a GOP boundary for another bitrate, and anywhere for an IDR, with every frame once and in order', async () => {
    const run = start({ encoder: SUPERFAST });
    await push(run.encoder, START, 20);
    const changed = run.encoder.setBitrate('top', 250);
    expect(changed).toBe(START + 60);
    const idrAt = run.encoder.requestIdr(START + 100);
    expect(idrAt).toBe(START + 100);
    expect(run.encoder.requestIdr(START + 90)).toBe(START + 90);
    await push(run.encoder, START + 20, 230);
    expect(() => run.encoder.requestIdr(START + 3)).toThrow(/encoded already/);
    expect(() => run.encoder.setBitrate('top', 100)).toThrow(/declared with 400/);
    await run.encoder.finish();
    expect(run.failures).toEqual([]);
    expect(run.handovers.map((one) => [one.cause, one.frame])).toEqual([['bitrate', START + 60], ['idr', START + 100]]);
    expect(run.configs).toHaveLength(2);
    await expectWhole(run, 250, [START + 100]);
    for (const name of ['top', 'low']) {
      expect(of(run.packets, name).filter((one) => one.isIdr).map((one) => one.frame - START)).toEqual([0, 30, 60, 90, 100, 120, 150, 180, 210, 240]);
    }
    // 400 before, 250 after; the first second of a rate control is its own.
    const kbpsOf = (from: number, to: number): number => of(run.packets, 'top').filter((one) => one.frame >= START + from && one.frame < START + to)
      .reduce((sum, one) => sum + one.data.length * 8, 0) / 1000 / ((to - from) / 30);
    expect(kbpsOf(120, 250)).toBeLessThan(0.8 * kbpsOf(0, 60));
    expect(kbpsOf(120, 250)).toBeGreaterThan(0.8 * 250);
    expect(run.encoder.stats).toMatchObject({ handovers: 2, failures: 0, missing: [], settings: { targetKbps: { top: 250 } } });
  });

  it('encodes what a worker that hangs at a handover has not given', async () => {
    const run = start();
    await push(run.encoder, START, 20);
    const frame = run.encoder.requestIdr();
    const hanging = run.encoder.pid!;
    await push(run.encoder, START + 20, frame - START - 22);
    process.kill(hanging, 'SIGSTOP');
    for (let index = frame - 2; index < frame + 25; index += 1) run.encoder.push(index as FrameIndex, countedFrame(index % 2 ** 24, 320, 180));
    await until(() => run.failures.length === 1, 'the report of the failure');
    expect(run.failures[0]).toMatchObject({ error: { code: 'ENCODER_STUCK' } });
    await push(run.encoder, frame + 25, 60);
    await run.encoder.finish();
    await expectWhole(run, frame + 85 - START, run.extraIdrs);
  });

  it.each([1, 2, 3])('keeps every frame once and in order when deaths, IDRs and bitrates come together (series %i)', async (seed) => {
    const run = start({ encoder: SUPERFAST });
    let state = seed;
    const chance = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    let deaths = 0;
    for (let frame = 0; frame < 300; frame += 10) {
      await push(run.encoder, START + frame, 10);
      const next = START + frame + 10;
      if (chance() < 0.3) run.encoder.requestIdr(next + Math.floor(chance() * 40));
      if (chance() < 0.15) run.encoder.setBitrate('low', 90 + Math.floor(chance() * 60));
      if (chance() < 0.2 && deaths < 4) {
        deaths += 1;
        process.kill(run.encoder.pid!, 'SIGKILL');
        if (chance() < 0.5) await until(() => run.failures.length === deaths, 'the report of the failure');
      }
    }
    await until(() => run.failures.length === deaths, 'the reports of all failures');
    await push(run.encoder, START + 300, 30);
    await run.encoder.finish();
    await expectWhole(run, 330, run.extraIdrs);
    expect(run.encoder.stats.missing).toEqual([]);
    expect(run.configs).toHaveLength(2);
  }, 60_000);

  it('gives up what waits, and begins again on a GOP boundary, rather than fall behind without end', async () => {
    const run = start({ maxLagMs: 1000 });
    // Far faster than any encoder: what waits grows with every frame.
    for (let frame = 0; frame < 45; frame += 1) run.encoder.push((START + frame) as FrameIndex, countedFrame(frame, 320, 180));
    await until(() => run.failures.length === 1, 'the report of the overload');
    expect(run.failures[0]).toMatchObject({ error: { code: 'ENCODER_OVERLOADED' }, resumesAt: START + 60 });
    for (let frame = 45; frame < 60; frame += 1) run.encoder.push((START + frame) as FrameIndex, countedFrame(frame, 320, 180));
    await push(run.encoder, START + 60, 40);
    await run.encoder.finish();
    const after = of(run.packets, 'top').filter((one) => one.frame >= START + 60);
    expect(after).toHaveLength(40);
    expect(run.encoder.stats.renditions[0]!.lostFrames).toBe(100 - of(run.packets, 'top').length);
    expect(check(run.packets).report().keyframesAligned).toBe(true);
  });

  it('gives up, within bounds, on an encoder that never starts', async () => {
    const run = start({ binary: '/nonexistent/ffmpeg' });
    await until(() => run.failures.at(-1)?.resumesAt === undefined && run.failures.length > 1, 'the last failure');
    expect(run.failures).toHaveLength(6);
    expect(run.failures[0]!.error.code).toBe('FFMPEG_NOT_STARTED');
    for (let frame = 0; frame < 10; frame += 1) run.encoder.push((START + frame) as FrameIndex, countedFrame(frame, 320, 180));
    await run.encoder.finish();
    expect(run.encoder.stats.renditions.map((one) => one.droppedFrames)).toEqual([10, 10]);
  });

  it('never waits for an encoder that hangs, keeps its place, and ends in time', async () => {
    const run = start();
    await push(run.encoder, START, 10);
    process.kill(run.encoder.pid!, 'SIGSTOP');
    const before = run.encoder.stats.replacedFrames;
    for (let frame = 10; frame < 200; frame += 1) run.encoder.push((START + frame) as FrameIndex, countedFrame(frame, 320, 180));
    expect(run.encoder.stats.replacedFrames - before).toBeGreaterThan(50);
    process.kill(run.encoder.pid!, 'SIGCONT');
    await run.encoder.finish();
    // Pictures were replaced, but every place on the timeline has its packet.
    expect(check(run.packets).report().renditions).toMatchObject([{ frames: 200, missingFrames: 0 }, { frames: 200, missingFrames: 0 }]);
    const stopped = start();
    await push(stopped.encoder, START, 10);
    process.kill(stopped.encoder.pid!, 'SIGSTOP');
    const from = performance.now();
    await stopped.encoder.finish(300);
    expect(performance.now() - from).toBeLessThan(8_000);
  });
});
