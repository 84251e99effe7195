// The audio encoder with real FFmpeg: clicks at known samples go in, the packets are decoded and the clicks found again.
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
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

/** Absent before FFmpeg 5. */
const canBeSlowed = spawnSync('ffmpeg', ['-hide_banner', '-h', 'full'], { encoding: 'utf8', maxBuffer: 1e8 }).stdout.includes('-readrate ');

function start(binary = 'ffmpeg', maxLagMs?: number): Run {
  const packets: AudioPacket[] = [];
  const configs: AudioTrackConfig[] = [];
  const failures: Failure[] = [];
  const encoder = new AudioEncoder({
    binary, kbps: 128, startFrame: START, ...(maxLagMs === undefined ? {} : { maxLagMs }),
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

  it('loses no frame when its process is killed, and the sound goes on without a click', async () => {
    const run = start();
    const frequency = 997;
    const sine = (from: number, samples: number): void => {
      for (let at = from; at < from + samples; at += BLOCK) {
        run.encoder.push(at, Float32Array.from({ length: BLOCK * 2 }, (_, index) => 0.3 * Math.sin(((at + (index >> 1)) * 2 * Math.PI * frequency) / 48_000)));
      }
    };
    sine(START_SAMPLE, 30 * BLOCK);
    await until(() => run.packets.length > 20, 'packets');
    process.kill(run.encoder.pid!, 'SIGKILL');
    await until(() => run.failures.length === 1, 'the report of the failure');
    const resumesAt = run.failures[0]!.resumesAt!;
    expect(resumesAt).toBeGreaterThan(START + 20);
    sine(START_SAMPLE + 30 * BLOCK, 30 * BLOCK);
    await run.encoder.finish();
    expect(run.packets.map((one) => one.frame)).toEqual(Array.from({ length: Math.ceil((60 * BLOCK) / AAC_FRAME_SAMPLES) }, (_, index) => START + index));
    expect(run.encoder.stats).toMatchObject({ failures: 1, lostFrames: 0, missing: [] });
    // The configuration is not announced twice.
    expect(run.configs).toHaveLength(1);
    // A sine follows from its two samples before; what does not is noise of the codec, or a click. The first frames of an encoder are its own.
    const pcm = await decodeAac(run.packets);
    const swing = 2 * Math.cos((2 * Math.PI * frequency) / 48_000);
    const residual = (sample: number): number => Math.abs((pcm[sample * 2] ?? 0) - swing * (pcm[(sample - 1) * 2] ?? 0) + (pcm[(sample - 2) * 2] ?? 0));
    const worst = (from: number, to: number): number => Array.from({ length: to - from }, (_, index) => residual(from + index)).reduce((most, one) => Math.max(most, one), 0);
    const joint = (resumesAt - START) * AAC_FRAME_SAMPLES;
    const usual = worst(8 * AAC_FRAME_SAMPLES, joint - 4 * AAC_FRAME_SAMPLES);
    const atJoint = worst(joint - 2 * AAC_FRAME_SAMPLES, joint + 4 * AAC_FRAME_SAMPLES);
    console.log(`measured: kill -9 of the audio encoder: 0 frames lost; residual of a sine at the joint ${atJoint.toFixed(4)}, elsewhere ${usual.toFixed(4)}, of full scale`);
    expect(atJoint).toBeLessThan(Math.max(0.01, 4 * usual));
  });

  it.skipIf(!canBeSlowed)('gives up what waits in one that is slower than real time, once it is too much, and goes on in time (skipped where FFmpeg has no -readrate)', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-slow-'));
    try {
      // The first one reads at half of the pace at which sound comes.
      const binary = path.join(dir, 'ffmpeg-slow');
      await writeFile(path.join(dir, 'slow'), '');
      await writeFile(binary, `#!/bin/sh\nif rm "${dir}/slow" 2>/dev/null; then exec ffmpeg -readrate 0.5 "$@"; else exec ffmpeg "$@"; fi\n`);
      await chmod(binary, 0o755);
      const run = start(binary, 1000);
      await until(() => run.encoder.pid !== undefined, 'the process');
      const beganMs = performance.now();
      let blocks = 0;
      let maxLagMs = 0;
      const pushUntil = async (isThere: () => boolean, what: string): Promise<void> => until(() => {
        for (; blocks < (performance.now() - beganMs) / (1000 / 30); blocks += 1) push(run.encoder, START_SAMPLE + blocks * BLOCK, BLOCK, []);
        maxLagMs = Math.max(maxLagMs, run.encoder.stats.lagMs);
        return isThere();
      }, what, 20_000);
      await pushUntil(() => run.failures.length === 1, 'the end of the slow one');
      const noticedMs = performance.now() - beganMs;
      expect(run.failures[0]).toMatchObject({ error: { code: 'ENCODER_OVERLOADED' } });
      const { resumesAt = Number.NaN } = run.failures[0]!;
      await pushUntil(() => (run.packets.at(-1)?.frame ?? 0) > resumesAt + 40, 'the sound behind it');
      expect(run.encoder.stats.lagMs).toBeLessThan(1000);
      await run.encoder.finish();
      const { missing, lostFrames, failures } = run.encoder.stats;
      console.log(`measured: audio encoder at half of real time, bound of 1 s: given up after ${(noticedMs / 1000).toFixed(1)} s at ${maxLagMs} ms of lag, ${lostFrames} AAC frames (${Math.round((lostFrames * 1024) / 48)} ms) missing in ${missing.length} range`);
      expect(failures).toBe(1);
      expect(missing).toEqual([{ rendition: 'audio', firstFrame: resumesAt - lostFrames, lastFrame: resumesAt - 1, cause: 'overload' }]);
      // All the rest is there once, in order.
      const given = Math.ceil((blocks * BLOCK) / AAC_FRAME_SAMPLES);
      expect(run.packets.map((one) => one.frame)).toEqual(Array.from({ length: given }, (_, index) => START + index).filter((frame) => frame < resumesAt - lostFrames || frame >= resumesAt));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }, 40_000);

  it('ends a process that takes nothing, and gives up on one that never starts', async () => {
    const run = start();
    push(run.encoder, START_SAMPLE, 5 * BLOCK, []);
    await until(() => run.configs.length === 1, 'the configuration');
    process.kill(run.encoder.pid!, 'SIGSTOP');
    const beganMs = performance.now();
    let blocks = 5;
    await until(() => {
      for (; blocks - 5 < (performance.now() - beganMs) / (1000 / 30); blocks += 1) push(run.encoder, START_SAMPLE + blocks * BLOCK, BLOCK, []);
      return run.failures.length === 1;
    }, 'the report of the stall');
    expect(run.failures[0]).toMatchObject({ error: { code: 'ENCODER_STALLED' } });
    await run.encoder.finish();
    // Nothing of what it did not take is missing.
    expect(run.packets.map((one) => one.frame)).toEqual(Array.from({ length: Math.ceil((blocks * BLOCK) / AAC_FRAME_SAMPLES) }, (_, index) => START + index));
    running.splice(0);
    const none = start('/nonexistent/ffmpeg');
    await until(() => none.failures.length === 6, 'the last attempt');
    expect(none.failures.at(-1)).toMatchObject({ resumesAt: undefined, error: { code: 'FFMPEG_NOT_STARTED' } });
  });
});
