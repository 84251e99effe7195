// The audio encoder with real FFmpeg: clicks at known samples go in, the packets are decoded and the clicks found again.
import { afterEach, describe, expect, it } from 'vitest';
import { AAC_FRAME_SAMPLES } from '../../src/contract/ladder.ts';
import { AudioEncoder, type AudioEncoderOptions } from '../../src/main/encode/audioEncoder.ts';
import type { AudioPacket, AudioTrackConfig } from '../../src/main/media/packets.ts';
import type { AudioFrameIndex } from '../../src/main/media/timeline.ts';
import { decodeAac } from '../support/decode.ts';
import { until } from '../support/until.ts';

/** A day and some into the timeline. */
const START = 4_050_001 as AudioFrameIndex;
const START_SAMPLE = START * AAC_FRAME_SAMPLES;
const BLOCK = 1600;

type Failure = Parameters<AudioEncoderOptions['onFailure']>[0];
type Run = { readonly encoder: AudioEncoder; readonly packets: AudioPacket[]; readonly configs: AudioTrackConfig[]; readonly failures: Failure[] };
const running: AudioEncoder[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (encoder) => encoder.finish(0)));
});

function start(binary = 'ffmpeg'): Run {
  const packets: AudioPacket[] = [];
  const configs: AudioTrackConfig[] = [];
  const failures: Failure[] = [];
  const encoder = new AudioEncoder({
    binary, kbps: 128, startFrame: START,
    onConfig: (config) => configs.push(config),
    onPacket: (packet) => packets.push(packet),
    onFailure: (failure) => failures.push(failure),
  });
  running.push(encoder);
  return { encoder, packets, configs, failures };
}

/** Silence with one full-scale sample at each of `clicks` (samples of the timeline). */
function push(encoder: AudioEncoder, from: number, samples: number, clicks: readonly number[]): void {
  for (let at = from; at < from + samples; at += BLOCK) {
    const block = new Float32Array(BLOCK * 2);
    for (const click of clicks) if (click >= at && click < at + BLOCK) block.fill(1, (click - at) * 2, (click - at) * 2 + 2);
    encoder.push(at, block);
  }
}

/** Where the decoded left channel is loudest within `reach` samples of `around`, on the timeline. */
function loudestNear(pcm: Float32Array, firstSample: number, around: number, reach: number): { readonly sample: number; readonly level: number } {
  let best = { sample: -1, level: 0 };
  for (let sample = around - reach; sample <= around + reach; sample += 1) {
    const level = Math.abs(pcm[(sample - firstSample) * 2] ?? 0);
    if (level > best.level) best = { sample, level };
  }
  return best;
}

describe('audio encoder', () => {
  it('puts every sample at its own place on the timeline', async () => {
    const run = start();
    // The program begins inside an AAC frame: what is before the first whole one is left out.
    const programStart = START_SAMPLE - 700;
    const clicks = [0.25, 0.5, 1, 1.75].map((seconds) => START_SAMPLE + seconds * 48_000 + 123);
    push(run.encoder, programStart, 60 * BLOCK, clicks);
    await run.encoder.finish();
    expect(run.failures).toEqual([]);
    expect(run.configs).toMatchObject([{ sampleRate: 48_000, channels: 2, declaredKbps: 128 }]);
    const given = Math.ceil((60 * BLOCK - 700) / AAC_FRAME_SAMPLES);
    expect(run.packets.map((one) => one.frame)).toEqual(Array.from({ length: given }, (_, index) => START + index));
    const pcm = await decodeAac(run.packets);
    expect(pcm).toHaveLength(run.packets.length * AAC_FRAME_SAMPLES * 2);
    for (const click of clicks) {
      const found = loudestNear(pcm, START_SAMPLE, click, 3000);
      expect(found.level).toBeGreaterThan(0.1);
      // Exact: packet i decodes to the samples of AAC frame START + i.
      expect(Math.abs(found.sample - click)).toBeLessThanOrEqual(1);
    }
    expect(run.encoder.stats).toMatchObject({ frames: given, lostFrames: 0, failures: 0 });
  });

  it('goes on at its place on the timeline when its process is killed', async () => {
    const run = start();
    push(run.encoder, START_SAMPLE, 30 * BLOCK, []);
    await until(() => run.packets.length > 20, 'packets');
    process.kill(run.encoder.pid!, 'SIGKILL');
    await until(() => run.failures.length === 1, 'the report of the failure');
    const resumesAt = run.failures[0]!.resumesAt!;
    expect(resumesAt).toBe(START + Math.ceil((30 * BLOCK) / AAC_FRAME_SAMPLES));
    const click = resumesAt * AAC_FRAME_SAMPLES + 24_000;
    push(run.encoder, START_SAMPLE + 30 * BLOCK, 30 * BLOCK, [click]);
    await run.encoder.finish();
    const after = run.packets.filter((one) => one.frame >= resumesAt);
    expect(after.map((one) => one.frame)).toEqual(after.map((_, index) => resumesAt + index));
    const pcm = await decodeAac(after);
    expect(Math.abs(loudestNear(pcm, resumesAt * AAC_FRAME_SAMPLES, click, 3000).sample - click)).toBeLessThanOrEqual(1);
    // Frames of the dead process that never came out are counted, and the configuration is not announced twice.
    expect(run.encoder.stats).toMatchObject({ failures: 1, lostFrames: resumesAt - START - run.packets.filter((one) => one.frame < resumesAt).length });
    expect(run.configs).toHaveLength(1);
  });

  it('ends a process that takes nothing, and gives up on one that never starts', async () => {
    const run = start();
    push(run.encoder, START_SAMPLE, 5 * BLOCK, []);
    await until(() => run.configs.length === 1, 'the configuration');
    process.kill(run.encoder.pid!, 'SIGSTOP');
    push(run.encoder, START_SAMPLE + 5 * BLOCK, 240 * BLOCK, []);
    await until(() => run.failures.length === 1, 'the report of the stall');
    expect(run.failures[0]).toMatchObject({ error: { code: 'ENCODER_STALLED' } });
    const none = start('/nonexistent/ffmpeg');
    await until(() => none.failures.length === 6, 'the last attempt');
    expect(none.failures.at(-1)).toMatchObject({ resumesAt: undefined, error: { code: 'FFMPEG_NOT_STARTED' } });
  });
});
