// Sources, encoders and recordings that come and go leave nothing: no process, no descriptor, no memory that grows.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSource } from '../../src/main/capture/createSource.ts';
import { AudioEncoder } from '../../src/main/encode/audioEncoder.ts';
import { VideoEncoder } from '../../src/main/encode/videoEncoder.ts';
import { locateFfmpeg, type FfmpegInstall } from '../../src/main/ffmpeg/locate.ts';
import { createTimeline, firstAudioFrameAt, type FrameIndex } from '../../src/main/media/timeline.ts';
import { Recorder } from '../../src/main/record/recorder.ts';
import { countedFrame } from '../support/countedFrames.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { takeFrames } from '../support/takeFromSource.ts';
import { until } from '../support/until.ts';

const RATE = { num: 30, den: 1 };
const WARM_UP_ROUNDS = 4;
const ROUNDS = 10;
const ladder = { name: 'small', frameRate: RATE, gopSeconds: 1, audioKbps: 128, renditions: [{ name: 'top', width: 320, height: 180, declaredKbps: 400 }] };
let dir: string;
let film: string;
let ffmpeg: FfmpegInstall;
let collect: () => void;
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-leaks-'));
  ffmpeg = await locateFfmpeg();
  film = makeMedia(ffmpeg.path, ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=30', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '2', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'], path.join(dir, 'film.mp4'));
  setFlagsFromString('--expose-gc');
  collect = runInNewContext('gc') as () => void;
});
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

/** A film is opened and read; in every second round its process is killed under it. */
async function sourceRound(isKilled: boolean): Promise<void> {
  const before = await childPids();
  const source = await createSource({ kind: 'file', path: film }, { width: 320, height: 180, frameRate: RATE }, ffmpeg);
  await takeFrames(source, 10);
  if (isKilled) {
    const started = (await childPids()).filter((pid) => !before.includes(pid));
    expect(started.length).toBeGreaterThan(0);
    for (const pid of started) process.kill(pid, 'SIGKILL');
    await until(async () => !(await childPids()).some((pid) => started.includes(pid)), 'the end of its process');
  }
  await source.stop();
}

/** Bytes that are reachable. */
function heapBytes(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
async function childPids(): Promise<number[]> {
  const all = await Promise.all((await readdir('/proc/self/task')).map(async (task) => (
    (await readFile(`/proc/self/task/${task}/children`, 'utf8').catch(() => '')).split(' ').filter((pid) => pid.trim() !== '').map(Number)
  )));
  return all.flat();
}

describe.skipIf(process.platform !== 'linux')('what comes and goes (counted in /proc, which Linux has)', () => {
  it(`is gone after ${ROUNDS} encoders, as many that were killed, their recordings, and ${ROUNDS} sources`, async () => {
    // The compiler has its turn first.
    for (let count = 0; count < WARM_UP_ROUNDS; count += 1) {
      await round();
      await sourceRound(count % 2 === 1);
    }
    const before = { descriptors: await descriptors(), children: (await childPids()).length, resources: process.getActiveResourcesInfo().length, heapBytes: heapBytes() };
    for (let count = 0; count < ROUNDS; count += 1) {
      await round();
      await sourceRound(count % 2 === 1);
    }
    await until(async () => (await childPids()).length <= before.children, 'the end of every process');
    // The pipes of the process that ended last may be open for a while; each round has three processes, of four pipes each.
    await until(async () => (await descriptors()) <= before.descriptors + 4, 'every descriptor to be closed');
    await until(() => process.getActiveResourcesInfo().length <= before.resources + 4, 'every timer and pipe to be gone');
    // The packets of one round are 200 kB, its pictures 7 MB; compiled code comes to 1 or 2 MB.
    let grownBytes = 0;
    await until(() => {
      grownBytes = heapBytes() - before.heapBytes;
      return grownBytes < ROUNDS * 300_000;
    }, 'the memory to be given back');
    console.log(`measured: the heap grew by ${(grownBytes / 1e6).toFixed(2)} MB in ${ROUNDS} rounds`);
  }, 60_000);
});
