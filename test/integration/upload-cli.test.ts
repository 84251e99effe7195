// The command line: a finished archive of a show goes from one home to another one's embedded service, becomes public, and plays there without a gap.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UploadStatus } from '../../src/contract/upload.ts';
import { verifyArchive } from '../../src/main/cloud/archiveVerifier.ts';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { makeMedia } from '../support/mediaFiles.ts';

let dir = '';
beforeAll(async () => { dir = await mkdtemp(path.join(tmpdir(), 'fieldcast-upload-cli-')); });
afterAll(async () => rm(dir, { recursive: true, force: true }));

async function upload(home: string, ...args: string[]): Promise<{ code: number | null; stderr: string; last: UploadStatus }> {
  const run = startCli(['upload', ...args, '--json'], { home, timeoutMs: 60_000 });
  const { code, stderr, stdout } = await run.finished;
  return { code, stderr, last: JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as UploadStatus };
}

test('the archive of a show, published elsewhere', async () => {
  const [studio, library] = [path.join(dir, 'studio'), path.join(dir, 'library')];
  const show = startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--for', '4s', '--record', dir, '--json'], { home: studio, timeoutMs: 60_000 });
  const { report, stderr } = await show.finished;
  expect(report, stderr).toMatchObject({ verified: true });
  const assets = path.join(studio, 'service', 'assets');
  const [container] = await readdir(assets);
  const { code, last, stderr: said } = await upload(library, path.join(assets, container!), '--publish');
  expect(code, said).toBe(0);
  expect(last).toMatchObject({ state: 'done', result: { playback: { dash: expect.stringContaining('.ism/manifest(format=mpd-time-cmaf)') } } });
  const service = await startForegroundService(library);
  try {
    // The port is kept by the home, so the address that was printed holds.
    const { tracks } = await verifyArchive(last.result!.playback!.dash!, { signal: AbortSignal.timeout(30_000), ca: undefined });
    const sent = report!.renditions[0]!;
    const video = tracks.find(({ kind }) => kind === 'video')!;
    expect(video).toMatchObject({ frames: sent.frames, gaps: [], overlaps: [] });
    expect(tracks.some(({ kind }) => kind === 'audio')).toBe(true);
  } finally {
    await service.stop();
  }

  // The recording in the place of the archive: what viewers have as an address shows it from now on.
  const { stdout } = await startCli(['recordings', '--json'], { home: studio, timeoutMs: 30_000 }).finished;
  const { recordings: [recording] } = JSON.parse(stdout) as { recordings: { id: string; files: { path: string }[] }[] };
  expect((await upload(studio, '--complete', recording!.id)).stderr).toContain('[NOTHING_MISSING]');
  const completed = await upload(studio, '--complete', recording!.id, '--encode', 'copy', '--even-if-whole');
  expect(completed.code, completed.stderr).toBe(0);
  expect(new URL(completed.last.result!.playback!.dash!).pathname).toBe(new URL(report!.playback.dash!).pathname);
  const own = await startForegroundService(studio);
  try {
    const { tracks } = await verifyArchive(completed.last.result!.playback!.dash!, { signal: AbortSignal.timeout(30_000), ca: undefined });
    const videos = tracks.filter(({ kind }) => kind === 'video');
    expect(videos).toMatchObject([{ frames: report!.renditions[0]!.frames, gaps: [], overlaps: [] }]);
  } finally {
    await own.stop();
  }
});

test('a film is encoded in the service and published in one command; cancelling leaves nothing of it', async () => {
  const home = path.join(dir, 'cinema');
  const film = makeMedia((await locateFfmpeg()).path, [
    '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30000/1001:duration=4', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=4', '-c:v', 'libx264', '-c:a', 'aac', '-shortest',
  ], path.join(dir, 'Film one.mov'));
  const { code, last, stderr } = await upload(home, film, '--encode', 'adaptive', '--publish');
  expect(code, stderr).toBe(0);
  expect(last).toMatchObject({ state: 'done', sentence: 'Uploaded, verified, encoded and public.', result: { playback: { dash: expect.stringContaining('/Film-one.ism/') } } });
  const service = await startForegroundService(home);
  try {
    const { tracks } = await verifyArchive(last.result!.playback!.dash!, { signal: AbortSignal.timeout(30_000), ca: undefined });
    expect(tracks.map(({ track, frames }) => [track, frames])).toEqual(expect.arrayContaining([['video_380000', 120]]));
    expect(tracks.every(({ gaps, overlaps }) => gaps.length === 0 && overlaps.length === 0)).toBe(true);
    const library = async (...args: string[]): Promise<{ code: number | null; said: Record<string, unknown>; stderr: string }> => {
      const { code: exit, stdout, stderr: err } = await startCli(['library', ...args, '--json'], { home, timeoutMs: 30_000 }).finished;
      return { code: exit, stderr: err, said: JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as Record<string, unknown> };
    };
    const stream = `${last.assetName}-stream`;
    expect((await library()).said).toMatchObject({ type: 'library', more: false, assets: expect.arrayContaining([{ name: stream, locators: [stream], createdAtUtc: expect.any(String) }, expect.objectContaining({ name: last.assetName, locators: [] })]) });
    expect((await library('--search', 'STREAM')).said).toMatchObject({ assets: [{ name: stream }] });
    const refused = await library('--delete', stream);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('[ASSET_PUBLIC]');
    expect((await library('--unpublish', stream)).said).toEqual({ type: 'unpublished', asset: stream, addresses: 1 });
    expect((await fetch(last.result!.playback!.dash!)).status).toBe(404);
    expect((await library('--publish', stream)).said).toMatchObject({ playback: { dash: last.result!.playback!.dash } });
    expect((await fetch(last.result!.playback!.dash!)).status).toBe(200);
    expect(await library('--delete', stream, '--even-if-public')).toMatchObject({ code: 0 });
    expect((await library('--delete', stream)).stderr).toContain('[NO_SUCH_ASSET]');
  } finally {
    await service.stop();
  }
  const noise = path.join(dir, 'noise.mp4');
  await writeFile(noise, randomBytes(5000));
  const refused = await upload(home, noise, '--encode', 'adaptive', '--publish');
  expect(refused).toMatchObject({ code: 1, last: { state: 'failed', failure: { code: 'ENCODING_FAILED' } } });
  expect(refused.last.failure!.message).toContain('FFmpeg finds no picture and no sound');
  expect(await upload(home, '--cancel', refused.last.id)).toMatchObject({ code: 0 });
  const assets = path.join(home, 'service', 'assets');
  const kept = (await readdir(assets, { recursive: true })).filter((name) => name.endsWith('.mp4') && !name.endsWith('.init.mp4'));
  expect(kept).toEqual([]);
});

test('what cannot be streamed is kept, and said to be so; a plain RTMP server takes no files', async () => {
  const home = path.join(dir, 'other');
  const file = path.join(dir, 'noise.bin');
  await writeFile(file, randomBytes(1000));
  expect(await upload(home, file, '--publish')).toMatchObject({ code: 1, last: { state: 'failed', failure: { code: 'NOT_STREAMABLE' } } });
  // The same command without --publish: all of it is there already.
  expect(await upload(home, file)).toMatchObject({ code: 0, last: { state: 'done' } });
  const { code, stderr } = await upload(home, file, '--destination', 'rtmp://127.0.0.1/live/key');
  expect(code).toBe(1);
  expect(stderr).toContain('[NOT_FOR_FILES]');
});
