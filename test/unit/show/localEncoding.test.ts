// What a set that is made on this computer consists of, and that it is not begun where there is no room.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { locateFfmpeg } from '../../../src/main/ffmpeg/locate.ts';
import { createLocalEncoder, planSet } from '../../../src/main/show/localEncoding.ts';
import { makeMedia } from '../../support/mediaFiles.ts';

const facts = (width: number, height: number, num = 30, den = 1) => ({ picture: { width, height, frameRate: { num, den } }, hasAudio: true });

test('the planner’s ladder, never larger than the source, also in portrait and beyond what is sent live', () => {
  expect(planSet(facts(1280, 720)).rungs).toEqual([{ width: 1280, height: 720, kbps: 2500 }, { width: 854, height: 480, kbps: 1200 }, { width: 640, height: 360, kbps: 600 }]);
  expect(planSet(facts(3840, 2160)).rungs[0]).toEqual({ width: 3840, height: 2160, kbps: 18_000 });
  expect(planSet(facts(720, 1280)).rungs[0]).toMatchObject({ width: 720, height: 1280 });
  expect(planSet(facts(320, 180)).rungs).toEqual([{ width: 320, height: 180, kbps: 200 }]);
  expect(planSet(facts(1280, 720, 120)).frameRate).toEqual({ num: 60, den: 1 });
  expect(planSet(facts(1280, 720, 30_000, 1001)).frameRate).toEqual({ num: 30_000, den: 1001 });
});

test('sound alone is a set too; nothing at all is none', () => {
  expect(planSet({ picture: undefined, hasAudio: true })).toMatchObject({ rungs: [], frameRate: undefined, audioKbps: 128 });
  expect(() => planSet({ picture: undefined, hasAudio: false })).toThrow(expect.objectContaining({ code: 'NOTHING_TO_ENCODE' }));
});

test('where the disk has no room, it is said before anything is written', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'fieldcast-room-'));
  try {
    const findFfmpeg = async (): Promise<string> => (await locateFfmpeg()).path;
    const source = makeMedia(await findFfmpeg(), ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=10:duration=1', '-c:v', 'libx264', '-preset', 'ultrafast'], path.join(dir, 'film.mp4'));
    const encode = createLocalEncoder({ findFfmpeg, freeBytes: async () => 1024 ** 3 + 1000 });
    await expect(encode({ source, folder: dir, streamName: 'film', signal: new AbortController().signal, onShare: () => undefined })).rejects.toMatchObject({ code: 'NO_ROOM_TO_ENCODE', message: expect.stringContaining('needs up to') });
    expect(await readdir(dir)).toEqual(['film.mp4']);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
