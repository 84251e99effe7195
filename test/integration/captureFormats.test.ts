// What files of other worlds become: HDR, interlaced, surround and mono sound, each measured on what comes out.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createSource } from '../../src/main/capture/createSource.ts';
import type { Source } from '../../src/main/capture/feed.ts';
import type { ProgramFormat } from '../../src/main/capture/pictureFilter.ts';
import { locateFfmpeg, type FfmpegInstall } from '../../src/main/ffmpeg/locate.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { takeFrames } from '../support/takeFromSource.ts';

const format: ProgramFormat = { width: 320, height: 180, frameRate: { num: 30, den: 1 } };
let ffmpeg: FfmpegInstall;
let directory = '';
const opened: Source[] = [];
beforeAll(async () => {
  ffmpeg = await locateFfmpeg();
  directory = await mkdtemp(join(tmpdir(), 'fieldcast-formats-'));
});
afterEach(async () => { for (const one of opened.splice(0)) await one.stop(); });
afterAll(async () => rm(directory, { recursive: true, force: true }));

async function open(path: string, install = ffmpeg): Promise<Source> {
  const source = await createSource({ kind: 'file', path }, format, install);
  opened.push(source);
  await source.ready;
  return source;
}

describe('HDR', () => {
  /** A grey of a 10-bit code value in BT.2020, as a camera or a phone writes it. */
  const film = (transfer: string, code: number): string => makeMedia(ffmpeg.path, [
    '-f', 'lavfi', '-i', `color=black:size=320x180:rate=30:duration=0.5,format=yuv420p10le,geq=lum=${code}:cb=512:cr=512,setparams=color_primaries=bt2020:color_trc=${transfer}:colorspace=bt2020nc`,
    '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '4', '-pix_fmt', 'yuv420p10le', '-color_primaries', 'bt2020', '-color_trc', transfer, '-colorspace', 'bt2020nc',
  ], join(directory, `${transfer}-${code}.mp4`));
  const lumaOf = async (path: string): Promise<number> => (await takeFrames(await open(path), 3)).frames[2]![90 * 320 + 160]!;

  test.each([
    // Graphics white, BT.2408: 58 % of PQ (203 cd/m²), 75 % of HLG. Taken for SDR, it would be 143 and 180.
    ['smpte2084', 573], ['arib-std-b67', 721],
  ])('%s: white is white, half of it darker, and highlights are not cut', async (transfer, white) => {
    const [graphicsWhite, dim, highlight] = [await lumaOf(film(transfer, white)), await lumaOf(film(transfer, white - 180)), await lumaOf(film(transfer, white + 100))];
    expect(graphicsWhite).toBeGreaterThan(185);
    expect(graphicsWhite).toBeLessThan(232);
    expect(dim).toBeLessThan(graphicsWhite - 40);
    expect(highlight).toBeGreaterThan(graphicsWhite);
    expect(highlight).toBeLessThanOrEqual(236);
  });

  test('is a sentence where FFmpeg has no filter for it', async () => {
    const poor = { ...ffmpeg, capabilities: { ...ffmpeg.capabilities, filters: new Set([...ffmpeg.capabilities.filters].filter((one) => one !== 'zscale')) } };
    await expect(open(film('smpte2084', 573), poor)).rejects.toMatchObject({ code: 'SOURCE_HDR', message: expect.stringContaining('without zscale') as unknown });
  });
});

test('interlaced: lines of two moments do not stand in one picture', async () => {
  // A black and white edge that moves 24 pixels between two fields.
  const path = makeMedia(ffmpeg.path, [
    '-f', 'lavfi', '-i', "color=black:size=720x576:rate=50:duration=1,geq=lum='if(lt(X,mod(N*24,720)),235,16)':cb=128:cr=128,tinterlace=interleave_top,setfield=tff",
    '-c:v', 'mpeg2video', '-flags', '+ilme+ildct', '-top', '1', '-q:v', '2',
  ], join(directory, 'fields.mpg'));
  const tall: ProgramFormat = { width: 720, height: 576, frameRate: { num: 25, den: 1 } };
  const source = await createSource({ kind: 'file', path }, tall, ffmpeg, { wants: 'video' });
  opened.push(source);
  const { frames } = await takeFrames(source, 12);
  const combed = (frame: Uint8Array): number => {
    let lines = 0;
    for (let x = 0; x < 720; x += 4) {
      const at = (y: number): number => frame[y * 720 + x]!;
      if (Math.abs(at(288) - at(289)) > 120 && Math.abs(at(288) - at(290)) < 40) lines += 1;
    }
    return lines;
  };
  expect(Math.max(...frames.slice(2, 10).map(combed))).toBeLessThanOrEqual(1);
});

describe('sound of any layout is stereo at 48 kHz, in time and at a level that can be heard', () => {
  test.each([
    ['mono', 48_000, 'mono', '0.25*sin(2*PI*500*t)', 0.25, 0.25],
    ['44.1 kHz', 44_100, 'stereo', '0.25*sin(2*PI*500*t)|0.25*sin(2*PI*500*t)', 0.25, 0.25],
    // A voice in the middle speaker alone is heard on both sides: 0.707 of it, normalised against 1 + 0.707 + 0.707.
    ['5.1, voice in the middle', 48_000, '5.1', '0|0|0.5*sin(2*PI*500*t)|0|0|0', 0.1, 0.4],
    ['5.1, left only', 48_000, '5.1', '0.5*sin(2*PI*500*t)|0|0|0|0|0', 0.15, 0.5],
  ])('%s', async (name, rate, layout, exprs, least, most) => {
    const path = makeMedia(ffmpeg.path, [
      '-f', 'lavfi', '-i', 'color=black:size=320x180:rate=30:duration=2',
      '-f', 'lavfi', '-i', `aevalsrc=exprs='${exprs}':sample_rate=${rate}:channel_layout=${layout}:duration=2`, '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'pcm_s16le',
    ], join(directory, `${name.replaceAll(/[ ,]/g, '-')}.mov`));
    const { samples } = await takeFrames(await open(path), 45);
    const left = samples.filter((_, index) => index % 2 === 0).subarray(4_800);
    const right = samples.filter((_, index) => index % 2 === 1).subarray(4_800);
    const peak = left.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0);
    expect(peak).toBeGreaterThanOrEqual(least * 0.97);
    expect(peak).toBeLessThanOrEqual(most * 1.03);
    const crossings = left.reduce((count, value, index) => count + (index > 0 && value >= 0 && left[index - 1]! < 0 ? 1 : 0), 0);
    expect(Math.abs((crossings * 48_000) / left.length - 500)).toBeLessThan(2);
    if (!name.includes('left')) expect(right).toEqual(left);
    else expect(right.every((value) => Math.abs(value) < 0.001)).toBe(true);
  });
});
