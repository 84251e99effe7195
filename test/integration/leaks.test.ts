// Encoders and recordings that come and go leave nothing: no process, no descriptor, no memory that grows.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AudioEncoder } from '../../src/main/encode/audioEncoder.ts';
import { VideoEncoder } from '../../src/main/encode/videoEncoder.ts';
import { createTimeline, firstAudioFrameAt, type FrameIndex } from '../../src/main/media/timeline.ts';
import { Recorder } from '../../src/main/record/recorder.ts';
import { countedFrame } from '../support/countedFrames.ts';
import { until } from '../support/until.ts';

const RATE = { num: 30, den: 1 };
const ROUNDS = 10;
const ladder = { name: 'small', frameRate: RATE, gopSeconds: 1, audioKbps: 128, renditions: [{ name: 'top', width: 320, height: 180, declaredKbps: 400 }] };
let dir: string;
beforeAll(async () => { dir = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-leaks-')); });
afterAll(async () => rm(dir, { recursive: true, force: true }));

/** Two GOPs through encoders and a recording; the process of the picture is killed in the middle. */
async function round(): Promise<void> {
  const timeline = createTimeline(1_700_000_000, RATE, 1);
  const startFrame = 3_000_000 as FrameIndex;
  const failures: string[] = [];
  const recorder = await Recorder.open({ dir, event: 'leak', rendition: 'top', onProblem: ({ code }) => failures.push(code) });
  const sink = { onConfig: recorder.configure.bind(recorder), onPacket: recorder.add.bind(recorder) };
  const video = new VideoEncoder({ binary: 'ffmpeg', ladder, timeline, startFrame, ...sink, onFailure: ({ error }) => failures.push(error.code) });
  const audio = new AudioEncoder({ binary: 'ffmpeg', kbps: 128, startFrame: firstAudioFrameAt(startFrame, RATE), ...sink, onFailure: ({ error }) => failures.push(error.code) });
  for (let frame = 0; frame < 75; frame += 1) {
    if (frame === 45) {
      process.kill(video.pid ?? 0, 'SIGKILL');
      await until(() => failures.length > 0, 'the end of the encoder to be noticed');
    }
    video.push((startFrame + frame) as FrameIndex, countedFrame(frame, 320, 180));
    audio.push((startFrame + frame) * 1600, new Float32Array(3200));
    if (frame % 10 === 0) await new Promise((resolve) => { setImmediate(resolve); });
  }
  await Promise.all([video.finish(), audio.finish()]);
  await recorder.close();
  expect(failures).toHaveLength(1);
}

const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
async function children(): Promise<number> {
  const all = await Promise.all((await readdir('/proc/self/task')).map(async (task) => (
    (await readFile(`/proc/self/task/${task}/children`, 'utf8').catch(() => '')).split(' ').filter((pid) => pid.trim() !== '').length
  )));
  return all.reduce((sum, count) => sum + count, 0);
}

describe.skipIf(process.platform !== 'linux')('what comes and goes (counted in /proc, which Linux has)', () => {
  it(`is gone after ${ROUNDS} encoders, as many that were killed, and their recordings`, async () => {
    await round();
    await round();
    const before = { descriptors: await descriptors(), children: await children(), resources: process.getActiveResourcesInfo().length };
    for (let count = 0; count < ROUNDS; count += 1) await round();
    await until(async () => (await children()) <= before.children, 'the end of every process');
    // A pipe's end is closed a moment after its process has gone.
    await until(async () => (await descriptors()) <= before.descriptors, 'every descriptor to be closed');
    await until(() => process.getActiveResourcesInfo().length <= before.resources, 'every timer and pipe to be gone');
  }, 60_000);
});
