import { beforeAll, afterEach, describe, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { createSource, type SourceOptions } from '../../src/main/capture/createSource.ts';
import type { Source } from '../../src/main/capture/feed.ts';
import type { ProgramFormat } from '../../src/main/capture/pictureFilter.ts';
import { locateFfmpeg, type FfmpegInstall } from '../../src/main/ffmpeg/locate.ts';
import { createTimeline, exactMsOfFrame, type FrameIndex } from '../../src/main/media/timeline.ts';
import { readBurnIn, readFlash } from '../support/burnInReader.ts';
import { takeFrames } from '../support/takeFromSource.ts';

let ffmpeg: FfmpegInstall;
const opened: Source[] = [];
beforeAll(async () => { ffmpeg = await locateFfmpeg(); });
afterEach(async () => { await Promise.all(opened.splice(0).map(async (source) => source.stop())); });

const small: ProgramFormat = { width: 320, height: 180, frameRate: { num: 30, den: 1 } };

async function open(startFrame: number, format = small, options: SourceOptions = {}): Promise<Source> {
  const timeline = createTimeline(1_800_000_000, format.frameRate, 2);
  const source = await createSource({ kind: 'test' }, format, ffmpeg, { test: { timeline, startFrame: startFrame as FrameIndex }, ...options });
  opened.push(source);
  await source.ready;
  return source;
}

/** Samples per channel at which a click begins: loud after at least 0.3 s without. */
function clicksOf(samples: Float32Array): number[] {
  const found: number[] = [];
  let lastLoud = -Infinity;
  for (let index = 0; index < samples.length / 2; index += 1) {
    if (Math.abs(samples[index * 2]!) < 0.3) continue;
    if (index - lastLoud > 14_400) found.push(index);
    lastLoud = index;
  }
  return found;
}

test('frame numbers follow each other from the timeline’s frame on', async () => {
  const { frames } = await takeFrames(await open(98_765), 120);
  expect(frames.map((frame) => readBurnIn(frame, 320, 180))).toEqual(Array.from({ length: 120 }, (_, index) => 98_765 + index));
});

test.each([
  ['30', { num: 30, den: 1 }, 1600], ['25', { num: 25, den: 1 }, 1920], ['50', { num: 50, den: 1 }, 960],
] as const)('flash and click stand on the timeline’s whole seconds at %s frames a second', async (_, frameRate, samplesPerFrame) => {
  const startFrame = 12_345;
  const format = { ...small, frameRate };
  const fps = frameRate.num;
  const { frames, samples } = await takeFrames(await open(startFrame, format), fps * 3, samplesPerFrame);
  const lit = frames.map((frame) => readFlash(frame, 320, 180));
  const flashes = lit.flatMap((isLit, index) => (isLit && lit[index - 1] === false ? [index] : []));
  const clicks = clicksOf(samples).filter((sample) => sample > samplesPerFrame);
  expect(flashes.length).toBeGreaterThanOrEqual(2);
  expect(clicks.length).toBe(flashes.length);
  flashes.forEach((flash, index) => {
    expect(exactMsOfFrame(startFrame + flash, frameRate) % 1000).toBe(0);
    expect(Math.abs(clicks[index]! / samplesPerFrame - flash)).toBeLessThan(0.1);
  });
});

test('two instances that began at different moments show and sound the same at the same instant', async () => {
  const [early, late] = await Promise.all([open(1000), open(1045)]);
  const [one, two] = await Promise.all([takeFrames(early, 105), takeFrames(late, 60)]);
  for (let index = 0; index < 60; index += 1) expect(Buffer.compare(one.frames[45 + index]!, two.frames[index]!)).toBe(0);
  const same = one.samples.subarray(45 * 1600 * 2);
  expect(Buffer.compare(new Uint8Array(same.buffer, same.byteOffset, same.byteLength), new Uint8Array(two.samples.buffer))).toBe(0);
});

test('the picture moves', async () => {
  const { frames } = await takeFrames(await open(0), 30);
  // Below the numbers, left of the flash.
  const part = (frame: Uint8Array): Uint8Array => frame.subarray(320 * 72, 320 * 180);
  for (let index = 1; index < 30; index += 1) expect(Buffer.compare(part(frames[index]!), part(frames[index - 1]!))).not.toBe(0);
});

test('sound alone, picture alone', async () => {
  const [sound, picture] = await Promise.all([open(0, small, { wants: 'audio' }), open(0, small, { wants: 'video' })]);
  expect(sound.video).toBeUndefined();
  expect(picture.audio).toBeUndefined();
  expect((await takeFrames(sound, 30)).samples.some((value) => value !== 0)).toBe(true);
  expect((await takeFrames(picture, 30)).frames).toHaveLength(30);
});

describe('numbers survive a real encode', () => {
  test('1080p, scaled to 640×360 at 600 kbit/s', async () => {
    const source = await open(4_000_000_000, { width: 1920, height: 1080, frameRate: { num: 30, den: 1 } });
    const { frames } = await takeFrames(source, 45, 1600, 60_000);
    const encoded = spawnSync(ffmpeg.path, [
      '-loglevel', 'error', '-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', '1920x1080', '-framerate', '30', '-i', 'pipe:0',
      '-vf', 'scale=640:360', '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '600k', '-maxrate', '600k', '-bufsize', '600k', '-f', 'h264', 'pipe:1',
    ], { input: Buffer.concat(frames), maxBuffer: 100_000_000 });
    expect(encoded.stderr.toString()).toBe('');
    const decoded = spawnSync(ffmpeg.path, ['-loglevel', 'error', '-f', 'h264', '-i', 'pipe:0', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', 'pipe:1'], { input: encoded.stdout, maxBuffer: 100_000_000 });
    const size = (640 * 360 * 3) / 2;
    const numbers = Array.from({ length: decoded.stdout.length / size }, (_, index) => readBurnIn(decoded.stdout.subarray(index * size), 640, 360));
    expect(numbers).toEqual(Array.from({ length: 45 }, (_, index) => 4_000_000_000 + index));
  });
});

test('a source that nobody takes from waits, within its memory, and goes on', async () => {
  const source = await open(0);
  // Another source in use is the clock: three seconds of media are made in which this one must not grow.
  await takeFrames(await open(0), 90);
  const waiting = source.video!.queued.length;
  expect(waiting).toBeGreaterThanOrEqual(4);
  expect(waiting).toBeLessThanOrEqual(12);
  expect(source.audio!.queuedSamples).toBeLessThanOrEqual(48_000);
  const { frames } = await takeFrames(source, 200);
  expect(readBurnIn(frames.at(-1)!, 320, 180)).toBe(199);
  expect(source.video!.droppedFrames).toBe(0);
});
