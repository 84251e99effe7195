// The video encoder with real FFmpeg: frames that carry their number go in, every rendition is decoded and read back.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ladder } from '../../src/contract/ladder.ts';
import { AlignmentChecker } from '../../src/main/encode/alignment.ts';
import { VideoEncoder, type EncoderFailure, type VideoEncoderOptions } from '../../src/main/encode/videoEncoder.ts';
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

type Run = { readonly encoder: VideoEncoder; readonly packets: VideoPacket[]; readonly configs: VideoTrackConfig[]; readonly failures: EncoderFailure[] };
const running: VideoEncoder[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (encoder) => encoder.finish(0)));
});

function start(changes: Partial<VideoEncoderOptions> = {}): Run {
  const packets: VideoPacket[] = [];
  const configs: VideoTrackConfig[] = [];
  const failures: EncoderFailure[] = [];
  const encoder = new VideoEncoder({
    binary: 'ffmpeg', ladder, timeline, startFrame: START, encoder: { encoder: 'libx264', preset: 'ultrafast' },
    onConfig: (config) => configs.push(config),
    onPacket: (packet) => packets.push(packet),
    onFailure: (failure) => failures.push(failure),
    ...changes,
  });
  running.push(encoder);
  return { encoder, packets, configs, failures };
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

async function countsOf(run: Run, rendition: string, packets = of(run.packets, rendition)): Promise<number[]> {
  const config = run.configs.find((one) => one.rendition === rendition)!;
  const planes = await decodeLuma(config, packets);
  return planes.map((luma) => readCount(luma, config.width, config.height));
}

describe('video encoder', () => {
  it('puts every frame of every rendition at its own place on the timeline', async () => {
    const run = start({ encoder: { encoder: 'libx264', preset: 'superfast' } });
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
    const run = start({ encoder: { encoder: 'libx264', preset: 'superfast' } });
    await push(run.encoder, START, 60);
    await run.encoder.finish();
    const kept = of(run.packets, 'top').filter((one) => one.isReference);
    expect(kept.length).toBeGreaterThan(15);
    expect(kept.length).toBeLessThan(45);
    expect(await countsOf(run, 'top', kept)).toEqual(kept.map((one) => one.frame % 2 ** 24).sort((a, b) => a - b));
  });

  it('keeps the declared bitrate for a still picture', async () => {
    const run = start({ encoder: { encoder: 'libx264', preset: 'superfast' } });
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

  it('starts a new process at the next GOP boundary when one is killed', async () => {
    const run = start();
    await push(run.encoder, START, 70);
    await until(() => of(run.packets, 'top').length > 40, 'packets of the second GOP');
    const firstPid = run.encoder.pid!;
    process.kill(firstPid, 'SIGKILL');
    await until(() => run.failures.length === 1, 'the report of the failure');
    expect(run.failures[0]).toMatchObject({ resumesAt: START + 90, error: { code: 'FFMPEG_KILLED' } });
    expect(run.encoder.pid).not.toBe(firstPid);
    for (let frame = 70; frame < 90; frame += 1) run.encoder.push((START + frame) as FrameIndex, countedFrame(frame, 320, 180));
    await push(run.encoder, START + 90, 40);
    await run.encoder.finish();
    const report = check(run.packets).report();
    expect(report.keyframesAligned).toBe(true);
    // The parameter sets are the same, so they are not announced again.
    expect(run.configs).toHaveLength(2);
    for (const [index, name] of ['top', 'low'].entries()) {
      const packets = of(run.packets, name);
      const after = packets.filter((one) => one.frame >= START + 90);
      expect(after[0]).toMatchObject({ frame: START + 90, isIdr: true });
      expect(after).toHaveLength(40);
      expect(await countsOf(run, name, after)).toEqual(sequence((START + 90) % 2 ** 24, 40));
      // Nothing is forgotten: what did not come out is counted.
      expect(run.encoder.stats.renditions[index]!.lostFrames).toBe(130 - packets.length);
    }
    expect(run.encoder.stats).toMatchObject({ framesIn: 130, lagFrames: 0, failures: 1 });
  });

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
