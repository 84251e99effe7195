// Every frame rate into every other: the pictures carry their number, so the cadence is counted on what comes out.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FrameRate } from '../../src/contract/ladder.ts';
import { createSource } from '../../src/main/capture/createSource.ts';
import { locateFfmpeg, type FfmpegInstall } from '../../src/main/ffmpeg/locate.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { takeFrames } from '../support/takeFromSource.ts';

const SIZE = { width: 64, height: 36 };
const RATES: readonly FrameRate[] = [
  { num: 24_000, den: 1001 }, { num: 24, den: 1 }, { num: 25, den: 1 }, { num: 30_000, den: 1001 }, { num: 30, den: 1 },
  { num: 50, den: 1 }, { num: 60_000, den: 1001 }, { num: 60, den: 1 },
];
const PROGRAMS = RATES.filter(({ num }) => num !== 24 && num !== 24_000);
const text = ({ num, den }: FrameRate): string => (num / den).toFixed(3).replace(/\.?0+$/, '');
let ffmpeg: FfmpegInstall;
let directory = '';
const films = new Map<string, string>();
beforeAll(async () => {
  ffmpeg = await locateFfmpeg();
  directory = await mkdtemp(join(tmpdir(), 'fieldcast-pulldown-'));
});
afterAll(async () => rm(directory, { recursive: true, force: true }));

/** So far apart that a scaler that is off by one says the same number. */
const GREY_STEP = 4;
const GREYS = 50;

/** Three seconds whose picture n is grey of the value 16 + 4 × (n modulo 50). */
function numbered(name: string, rate: FrameRate, more = ''): string {
  const film = films.get(name) ?? makeNumbered(name, rate, more);
  films.set(name, film);
  return film;
}

function makeNumbered(name: string, rate: FrameRate, more: string): string {
  return makeMedia(ffmpeg.path, [
    '-f', 'lavfi', '-i', `color=black:size=${SIZE.width}x${SIZE.height}:rate=${rate.num}/${rate.den}:duration=3,format=yuv420p,geq=lum=16+${GREY_STEP}*mod(N\\,${GREYS}):cb=128:cr=128${more}`,
    ...(more === '' ? [] : ['-fps_mode', 'vfr']), '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0',
  ], join(directory, name));
}

async function shown(path: string, frameRate: FrameRate, count: number): Promise<number[]> {
  const source = await createSource({ kind: 'file', path }, { ...SIZE, frameRate }, ffmpeg, {});
  try {
    await source.ready;
    const { frames } = await takeFrames(source, count);
    let rounds = 0;
    let before = 0;
    return frames.map((frame) => {
      const grey = Math.round((frame[18 * SIZE.width + 32]! - 16) / GREY_STEP);
      if (grey < before) rounds += 1;
      before = grey;
      return rounds * GREYS + grey;
    });
  } finally {
    await source.stop();
  }
}

describe.each(RATES)('a film of $num/$den', (rate) => {
  test.each(PROGRAMS)('in a program of $num/$den: the even cadence, nothing else', async (program) => {
    const path = numbered(`${text(rate)}.mp4`, rate);
    const count = Math.floor((2 * program.num) / program.den);
    const numbers = await shown(path, program, count);
    const ratio = (rate.num * program.den) / (rate.den * program.num);
    // The picture that is nearest to the tick, or the last one before it.
    const mostOff = Math.max(1, ratio / 2) + 1e-9;
    numbers.forEach((number, index) => expect(Math.abs(number - index * ratio), `picture ${index} of ${numbers.join()}`).toBeLessThanOrEqual(mostOff));
    const steps = numbers.slice(1).map((number, index) => number - (numbers[index] ?? 0));
    for (const step of steps) expect([Math.floor(ratio), Math.ceil(ratio)]).toContain(step);
  }, 20_000);
});

test('variable frame rate: at every tick the picture of its time', async () => {
  const isKept = (number: number): boolean => number % 7 === 0 || number % 11 === 0;
  const path = numbered('vfr.mp4', { num: 60, den: 1 }, ",select='not(mod(n,7))+not(mod(n,11))'");
  const numbers = await shown(path, { num: 30, den: 1 }, 80);
  const lastBefore = (number: number): number => {
    let found = number;
    while (!isKept(found)) found -= 1;
    return found;
  };
  // A picture between two ticks may stand at either of them.
  numbers.forEach((number, tick) => expect([lastBefore(tick * 2), lastBefore(tick * 2 + 1)], `tick ${tick}`).toContain(number));
});
