// An encoder that really is too slow: its process is stopped for a share of the time, in real time, until it has stepped down; then it is left
// alone until it has stepped back. Nothing is replaced, nothing is missing, and the decoder sees one stream.
import { afterEach, describe, expect, it } from 'vitest';
import type { Ladder } from '../../src/contract/ladder.ts';
import { AlignmentChecker } from '../../src/main/encode/alignment.ts';
import { VideoEncoder } from '../../src/main/encode/videoEncoder.ts';
import type { EncoderHandover } from '../../src/main/encode/videoEncoderOptions.ts';
import type { VideoPacket, VideoTrackConfig } from '../../src/main/media/packets.ts';
import { createTimeline, type FrameIndex } from '../../src/main/media/timeline.ts';
import { countedFrame, readCount } from '../support/countedFrames.ts';
import { decodeLuma } from '../support/decode.ts';
import { throttle } from '../support/throttle.ts';
import { until } from '../support/until.ts';

const ladder: Ladder = {
  name: 'small', frameRate: { num: 30, den: 1 }, gopSeconds: 1, audioKbps: 128,
  renditions: [{ name: 'top', width: 640, height: 360, declaredKbps: 800 }, { name: 'low', width: 320, height: 180, declaredKbps: 250 }],
};
const timeline = createTimeline(1_700_000_000, ladder.frameRate, ladder.gopSeconds);
const START = 30_000 as FrameIndex;

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => { for (const stop of stops.splice(0).toReversed()) await stop(); });

describe('an encoder that is too slow', () => {
  it('steps down before anything is lost, recovers, and steps back up', async () => {
    const packets: VideoPacket[] = [];
    const configs: VideoTrackConfig[] = [];
    const handovers: EncoderHandover[] = [];
    const failures: string[] = [];
    const checker = new AlignmentChecker(timeline.framesPerGop, ['top', 'low']);
    const encoder = new VideoEncoder({
      binary: 'ffmpeg', ladder, timeline, startFrame: START, encoder: { encoder: 'libx264', preset: 'medium' }, stepUpAfterMs: 3_000,
      onConfig: (config) => configs.push(config),
      onPacket: (packet) => { packets.push(packet); checker.add(packet); },
      onFailure: ({ error }) => failures.push(error.code),
      onHandover: (handover) => handovers.push(handover),
      onExtraIdr: (frame) => checker.expectIdr(frame),
    });
    stops.push(async () => encoder.finish(0));
    const beganMs = performance.now();
    let frame: number = START;
    let maxLagMs = 0;
    const clock = setInterval(() => {
      for (; (frame - START) * (1000 / 30) <= performance.now() - beganMs; frame += 1) encoder.push(frame as FrameIndex, countedFrame(frame, 640, 360));
      maxLagMs = Math.max(maxLagMs, encoder.stats.lagMs);
    }, 5);
    stops.push(() => clearInterval(clock));
    const first = encoder.pid;
    await until(() => packets.length > 60, 'packets');
    // Of the first worker only: what takes over from it is fast enough, as a faster preset would be on a machine under load.
    const { release } = throttle(() => (encoder.pid === first ? first : undefined), 0.06);
    stops.push(release);
    const throttledMs = performance.now();
    await until(() => handovers.some((one) => one.cause === 'step-down'), 'the step down', 20_000);
    const stepAfterMs = performance.now() - throttledMs;
    const lagAtStepMs = encoder.stats.lagMs;
    await until(() => encoder.pid !== first, 'the faster worker', 10_000);
    release();
    await until(() => encoder.stats.lagMs < 500, 'recovery');
    await until(() => handovers.some((one) => one.cause === 'step-up'), 'the step up', 20_000);
    await until(() => encoder.stats.settings.encoder.preset === 'medium' && encoder.stats.lagFrames < 20, 'the slower worker', 10_000);
    clearInterval(clock);
    await encoder.finish();
    console.log(`measured: encoder throttled to 6 % of the time: stepped down after ${Math.round(stepAfterMs)} ms at ${lagAtStepMs} ms of lag, at most ${maxLagMs} ms behind, ${encoder.stats.replacedFrames} pictures replaced, steps ${handovers.map((one) => one.cause).join(', ')}`);
    expect(failures).toEqual([]);
    expect(encoder.stats).toMatchObject({ replacedFrames: 0, missing: [], failures: 0 });
    expect(maxLagMs).toBeLessThan(2_500);
    expect(handovers.map((one) => [one.cause, one.settings.encoder.preset])).toEqual([['step-down', 'fast'], ['step-up', 'medium']]);
    // One decoder for all workers: the parameter sets were announced once.
    expect(configs).toHaveLength(2);
    expect(checker.report()).toMatchObject({ keyframesAligned: true });
    for (const config of configs) {
      const own = packets.filter((one) => one.rendition === config.rendition);
      expect(own.map((one) => one.frame).sort((a, b) => a - b)).toEqual(Array.from({ length: frame - START }, (_, index) => START + index));
      const planes = await decodeLuma(config, own);
      expect(planes.map((luma) => readCount(luma, config.width, config.height))).toEqual(Array.from({ length: frame - START }, (_, index) => START + index));
    }
  }, 90_000);
});
