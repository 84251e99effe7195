import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createSource, type SourceOptions } from '../../src/main/capture/createSource.ts';
import type { Source } from '../../src/main/capture/feed.ts';
import type { ProgramFormat } from '../../src/main/capture/pictureFilter.ts';
import { locateFfmpeg, type FfmpegInstall } from '../../src/main/ffmpeg/locate.ts';
import { beginMarked, makeMedia } from '../support/mediaFiles.ts';
import { takeFrames } from '../support/takeFromSource.ts';

const format: ProgramFormat = { width: 320, height: 180, frameRate: { num: 30, den: 1 } };
const clip = new URL('../../../shared/media/clip-1080p25.mp4', import.meta.url).pathname;
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'];
let ffmpeg: FfmpegInstall;
let directory = '';
const opened: Source[] = [];

beforeAll(async () => {
  ffmpeg = await locateFfmpeg();
  directory = await mkdtemp(join(tmpdir(), 'fieldcast-file-'));
});
afterEach(async () => { await Promise.all(opened.splice(0).map(async (source) => source.stop())); });
afterAll(async () => { await rm(directory, { recursive: true, force: true }); });

async function open(path: string, options: SourceOptions = {}, programFormat = format): Promise<Source> {
  const source = await createSource({ kind: 'file', path }, programFormat, ffmpeg, options);
  opened.push(source);
  await source.ready;
  return source;
}
const make = (name: string, args: readonly string[]): string => makeMedia(ffmpeg.path, args, join(directory, name));
const lumaAt = (frame: Uint8Array, x: number, y: number, width = 320): number => frame[y * width + x]!;
const isWhite = (frame: Uint8Array): boolean => lumaAt(frame, 160, 90) > 125;

/** Frames at which the picture turns white. */
function whiteOnsets(frames: readonly Uint8Array[]): number[] {
  return frames.flatMap((frame, index) => (isWhite(frame) && (index === 0 || !isWhite(frames[index - 1]!)) ? [index] : []));
}
/** Frames (fractions too) at which the sound turns loud. */
function loudOnsets(samples: Float32Array): number[] {
  const found: number[] = [];
  let lastLoud = -Infinity;
  for (let index = 0; index < samples.length / 2; index += 1) {
    if (Math.abs(samples[index * 2]!) < 0.2) continue;
    if (index - lastLoud > 9_600) found.push(index / 1600);
    lastLoud = index;
  }
  return found;
}

describe('picture and sound stay together through the loops', () => {
  test.each([
    ['of equal length', 1.2, 1.2, 36],
    ['sound a little shorter', 1.2, 1.04, 36],
    ['sound a little longer', 1.2, 1.32, 36],
    ['sound much shorter', 2, 0.6, 60],
    ['sound much longer', 1, 3, 30],
  ])('%s (%d s, %d s)', async (name, videoSeconds, audioSeconds, loopFrames) => {
    const path = make(`${name}.mp4`, [...beginMarked({ size: '320x180', rate: 25, videoSeconds, audioSeconds }), ...H264]);
    const { frames, samples } = await takeFrames(await open(path), Math.ceil(loopFrames * 6));
    const [white, loud] = [whiteOnsets(frames), loudOnsets(samples)];
    expect(white.length).toBeGreaterThanOrEqual(6);
    expect(loud.length).toBeGreaterThanOrEqual(6);
    white.slice(0, 6).forEach((frame, index) => {
      expect(Math.abs(frame - index * loopFrames), `picture of loop ${index} of ${white.join()}`).toBeLessThan(1.5);
      expect(Math.abs(loud[index]! - frame), `sound of loop ${index}: ${loud.join()} against ${white.join()}`).toBeLessThan(1.5);
    });
  });
});

describe('any file becomes the program’s format', () => {
  test.each([
    ['25 frames a second', 'p25.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=1', ...H264]],
    ['60 frames a second', 'p60.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=60:duration=1', ...H264]],
    ['29.97 frames a second', 'p2997.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30000/1001:duration=1', ...H264]],
    ['odd size', 'odd.mkv', ['-f', 'lavfi', '-i', 'testsrc2=size=321x181:rate=30:duration=1', '-pix_fmt', 'yuv444p', '-c:v', 'ffv1']],
    ['10 bit', 'ten.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30:duration=1', '-pix_fmt', 'yuv420p10le', ...H264]],
    ['4:2:2 interlaced', 'inter.mpg', ['-f', 'lavfi', '-i', 'testsrc2=size=720x576:rate=25:duration=1', '-c:v', 'mpeg2video', '-flags', '+ilme+ildct', '-top', '1']],
    ['variable frame rate', 'vfr.mkv', ['-f', 'lavfi', '-i', "testsrc2=size=320x180:rate=60:duration=2,select='not(mod(n,7))+not(mod(n,11))'", '-fps_mode', 'vfr', ...H264]],
    ['a stream that does not begin at 0', 'late.mkv', ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30:duration=1', '-output_ts_offset', '5', ...H264]],
  ])('%s', async (_, name, args) => {
    const source = await open(make(name, args));
    expect(source.audio).toBeUndefined();
    const { frames } = await takeFrames(source, 75);
    expect(frames.every((frame) => frame.length === (320 * 180 * 3) / 2)).toBe(true);
    // Moving, not one frame for ever: at least every third is new.
    const fresh = frames.filter((frame, index) => index > 0 && Buffer.compare(frame, frames[index - 1]!) !== 0);
    expect(fresh.length).toBeGreaterThan(20);
    expect(source.state.state).toBe('running');
  });

  test('portrait stands between bars', async () => {
    const { frames } = await takeFrames(await open(make('portrait.mp4', ['-f', 'lavfi', '-i', 'color=white:size=180x320:rate=30:duration=1', ...H264])), 5);
    // 180 × 9/16 = 101 columns in the middle.
    const row = Array.from({ length: 320 }, (_, x) => lumaAt(frames[4]!, x, 90));
    expect(row.slice(0, 105).every((value) => value === 16)).toBe(true);
    expect(row.slice(215).every((value) => value === 16)).toBe(true);
    expect(row.slice(115, 205).every((value) => value > 225)).toBe(true);
  });

  test('pixels that are not square are stretched: 4:3 in 720×576 has bars, 16:9 in 720×576 has none', async () => {
    const film = (dar: string): string => make(`dar${dar.replace('/', '-')}.mp4`, ['-f', 'lavfi', '-i', `color=white:size=720x576:rate=25:duration=1,setdar=${dar}`, ...H264]);
    const [wide, narrow] = [await takeFrames(await open(film('16/9')), 3), await takeFrames(await open(film('4/3')), 3)];
    expect(lumaAt(wide.frames[2]!, 2, 90)).toBeGreaterThan(225);
    expect(lumaAt(narrow.frames[2]!, 30, 90)).toBe(16);
    expect(lumaAt(narrow.frames[2]!, 50, 90)).toBeGreaterThan(225);
  });

  test('a turned film is turned back', async () => {
    const flat = make('flat.mp4', ['-f', 'lavfi', '-i', 'color=white:size=320x180:rate=30:duration=1', ...H264]);
    const turned = make('turned.mp4', ['-i', flat, '-c', 'copy', '-metadata:s:v:0', 'rotate=90']);
    const { frames } = await takeFrames(await open(turned), 3);
    expect(lumaAt(frames[2]!, 20, 90)).toBe(16);
    expect(lumaAt(frames[2]!, 160, 90)).toBeGreaterThan(225);
  });

  test('a picture file, whose colours come out as BT.709 in limited range', async () => {
    const { frames } = await takeFrames(await open(make('red 100%d.png', ['-f', 'lavfi', '-i', 'color=red:size=1280x720,format=rgb24', '-frames:v', '1', '-update', '1'])), 40);
    const frame = frames[39]!;
    const chroma = 320 * 180 + 45 * 160 + 80;
    // ITU-R BT.709: pure red is Y 63, Cb 102, Cr 240.
    for (const [value, wanted] of [[lumaAt(frame, 160, 90), 63], [frame[chroma]!, 102], [frame[chroma + 160 * 90]!, 240]] as const) {
      expect(Math.abs(value - wanted)).toBeLessThanOrEqual(2);
    }
  });

  test('full range becomes limited range', async () => {
    const path = make('full.mp4', ['-f', 'lavfi', '-i', 'color=white:size=320x180:rate=30:duration=1,scale=out_range=full', '-pix_fmt', 'yuvj420p', ...H264]);
    const { frames } = await takeFrames(await open(path), 3);
    const luma = lumaAt(frames[2]!, 160, 90);
    expect(luma).toBeGreaterThanOrEqual(233);
    expect(luma).toBeLessThanOrEqual(235);
  });

  test.each([
    { name: 'a camera', pixels: 'yuv420p', bits: 8, matrix: 'bt470bg', range: 'pc' },
    { name: 'a production of ten bits', pixels: 'yuv422p10le', bits: 10, matrix: 'smpte170m', range: 'tv' },
    { name: 'a screen with all of its chroma', pixels: 'yuv444p', bits: 8, matrix: 'bt709', range: 'pc' },
  ] as const)('the colours of $name ($pixels, $matrix, $range) stay what they are', async ({ pixels, bits, matrix, range }) => {
    const [y, cb, cr] = yuvOf(matrix, range).map((value) => Math.round(value * 2 ** (bits - 8)));
    const path = make(`colour ${pixels}.mp4`, [
      '-f', 'lavfi', '-i', `nullsrc=size=640x360:rate=30:duration=1,format=${pixels},geq=lum=${y}:cb=${cb}:cr=${cr}`, ...H264, '-colorspace', matrix, '-color_range', range,
    ]);
    const { frames } = await takeFrames(await open(path), 3);
    const chroma = 320 * 180 + 45 * 160 + 80;
    const found = [lumaAt(frames[2]!, 160, 90), frames[2]![chroma]!, frames[2]![chroma + 160 * 90]!];
    for (const [index, value] of yuvOf('bt709', 'tv').entries()) expect(Math.abs(found[index]! - value)).toBeLessThanOrEqual(2);
  });

  test('mono at 44.1 kHz becomes stereo at 48 kHz, equal on both sides', async () => {
    const path = make('mono.mp4', ['-f', 'lavfi', '-i', 'color=black:size=320x180:rate=30:duration=2', '-f', 'lavfi', '-i', 'sine=frequency=441:sample_rate=44100:duration=2', '-ac', '1', ...H264]);
    const { samples } = await takeFrames(await open(path), 45);
    let crossings = 0;
    for (let index = 1; index < samples.length / 2; index += 1) if (samples[index * 2]! >= 0 && samples[index * 2 - 2]! < 0) crossings += 1;
    expect(Math.abs(crossings / 1.5 - 441)).toBeLessThan(10);
    for (let index = 0; index < samples.length; index += 2) expect(samples[index]).toBe(samples[index + 1]);
  });
});

describe.skipIf(!existsSync(clip))('the shared clip (skipped where ../shared/media is not there)', () => {
  test('25 to 30 frames a second on the grid: five new frames, one repeated', async () => {
    const source = await open(clip);
    const { frames } = await takeFrames(source, 90, 1600, 60_000);
    const repeats = frames.flatMap((frame, index) => (index > 0 && Buffer.compare(frame, frames[index - 1]!) === 0 ? [index] : []));
    expect(repeats.length).toBeGreaterThanOrEqual(14);
    repeats.slice(1).forEach((frame, index) => expect((frame - repeats[index]!) % 6).toBe(0));
    expect(source.audio).toBeDefined();
  });
});

describe('what is not there or no film is a sentence', () => {
  const refused = async (path: string, code: string, words: string, options: SourceOptions = {}): Promise<void> => {
    await expect(open(path, options)).rejects.toMatchObject({ code, message: expect.stringContaining(words) as unknown });
  };
  test('missing', () => refused('/nowhere/a.mp4', 'SOURCE_NO_SUCH_FILE', 'does not exist'));
  test('a directory', () => refused(tmpdir(), 'SOURCE_NOT_MEDIA', 'directory'));
  test('a device', () => refused('/dev/null', 'SOURCE_NOT_MEDIA', 'no ordinary file'));
  test('empty', async () => {
    await writeFile(join(directory, 'empty.mp4'), '');
    await refused(join(directory, 'empty.mp4'), 'SOURCE_NOT_MEDIA', 'empty');
  });
  test('text', async () => {
    await writeFile(join(directory, 'text.mp4'), 'no film\n'.repeat(1000));
    await refused(join(directory, 'text.mp4'), 'SOURCE_NOT_MEDIA', 'no video or sound');
  });
  test('sound alone, unless sound is all that is wanted', async () => {
    const path = make('sound.m4a', ['-f', 'lavfi', '-i', 'sine=duration=1', '-c:a', 'aac']);
    await refused(path, 'SOURCE_NO_VIDEO', 'no video');
    const source = await open(path, { wants: 'audio' });
    expect((await takeFrames(source, 60)).samples.some((value) => value !== 0)).toBe(true);
  });
  test('a song with a cover has no video', async () => {
    const cover = make('cover.png', ['-f', 'lavfi', '-i', 'color=red:size=64x64', '-frames:v', '1', '-update', '1']);
    const path = make('song.mp3', ['-f', 'lavfi', '-i', 'sine=duration=1', '-i', cover, '-map', '0', '-map', '1', '-c:v', 'copy', '-disposition:v', 'attached_pic']);
    await refused(path, 'SOURCE_NO_VIDEO', 'no video');
  });
  test('silent film as sound', async () => {
    await refused(make('silent.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:duration=1', ...H264]), 'SOURCE_NO_AUDIO', 'no sound', { wants: 'audio' });
  });
  test.skipIf(process.getuid?.() === 0)('unreadable (skipped for root, who may read everything)', async () => {
    const path = make('locked.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:duration=1', ...H264]);
    await chmod(path, 0);
    await refused(path, 'SOURCE_PERMISSION', 'may not be read');
  });
  test('cut off in the middle', async () => {
    const whole = make('whole.mp4', [...beginMarked({ size: '64x64', rate: 30, videoSeconds: 2, audioSeconds: 2 }), ...H264]);
    const { readFile } = await import('node:fs/promises');
    const path = join(directory, 'cut.mp4');
    await writeFile(path, (await readFile(whole)).subarray(0, 2000));
    await refused(path, 'SOURCE_NOT_MEDIA', 'no video or sound');
  });
  test('names that look like options or protocols are paths', async () => {
    const film = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=30:duration=1', ...H264];
    await mkdir(join(directory, 'concat:a'), { recursive: true });
    for (const name of ["-vf it's,[odd];.mp4", 'concat:a/b%03d.mp4', 'ü ü.mp4']) {
      expect((await takeFrames(await open(make(name, film)), 3)).frames).toHaveLength(3);
    }
  });
});

/** Y'CbCr with eight bits of R'G'B' 32, 80, 192 (ITU-R BT.601-7 §2.5, BT.709-6 §§3 and 4; full range as in ITU-T H.273). */
function yuvOf(matrix: 'bt470bg' | 'smpte170m' | 'bt709', range: 'pc' | 'tv'): number[] {
  const [kr, kb] = matrix === 'bt709' ? [0.2126, 0.0722] : [0.299, 0.114];
  const luma = kr * 32 + (1 - kr - kb) * 80 + kb * 192;
  const [offset, lumaSpan, chromaSpan] = range === 'tv' ? [16, 219, 224] : [0, 255, 255];
  return [offset + (lumaSpan / 255) * luma, 128 + ((chromaSpan / 255) * (192 - luma)) / (2 - 2 * kb), 128 + ((chromaSpan / 255) * (32 - luma)) / (2 - 2 * kr)];
}
