// A film is encoded on this computer, sent as MP4 files with their manifest, and plays from the embedded service; a killed encoding leaves nothing that counts.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UploadStatus } from '../../src/contract/upload.ts';
import { verifyArchive } from '../../src/main/cloud/archiveVerifier.ts';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { chromiumMissing, playHls } from '../support/chromium.ts';
import { countDecodedFrames } from '../support/decodedUrl.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { makeMedia } from '../support/mediaFiles.ts';

let home = '';
let film = '';
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'fieldcast-local-'));
  film = makeMedia((await locateFfmpeg()).path, [
    '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30000/1001:duration=6', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=6', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-shortest',
  ], path.join(home, 'My film.mov'));
});
afterAll(async () => rm(home, { recursive: true, force: true }));

test('killed while it encodes, begun again, published, played', async () => {
  const killed = startCli(['upload', film, '--encode', 'local', '--publish', '--json'], { home, timeoutMs: 60_000 });
  await killed.event('upload' as never, (status: UploadStatus) => status.state === 'encoding');
  killed.child.kill('SIGKILL');
  await killed.finished;
  const { code, stdout, stderr } = await startCli(['upload', film, '--encode', 'local', '--publish', '--json'], { home, timeoutMs: 90_000 }).finished;
  expect(code, stderr).toBe(0);
  const statuses = stdout.trim().split('\n').map((line) => JSON.parse(line) as UploadStatus);
  expect(statuses.map(({ state }) => state)).toEqual(expect.arrayContaining(['encoding', 'uploading', 'publishing', 'done']));
  const last = statuses.at(-1)!;
  expect(last).toMatchObject({ state: 'done', sentence: 'Uploaded, verified, encoded and public.', fileCount: 4 });
  expect(last.result!.files.map(({ blobName }) => blobName)).toEqual(['426x240_300.mp4', '640x360_600.mp4', 'audio_128.mp4', 'My-film.ism']);
  expect((await readdir(path.join(home, 'uploads'))).filter((name) => name.endsWith('.set'))).toEqual([]);

  const service = await startForegroundService(home);
  try {
    const { hls, dash } = last.result!.playback as { hls: string; dash: string };
    expect(dash).toContain('/My-film.ism/manifest');
    const { tracks } = await verifyArchive(dash, { signal: AbortSignal.timeout(30_000), ca: undefined });
    expect(tracks.filter(({ kind }) => kind === 'video').map(({ track, frames, gaps, overlaps }) => [track, frames, gaps.length + overlaps.length])).toEqual([['video_600000', 180, 0], ['video_300000', 180, 0]]);
    expect(tracks.filter(({ kind }) => kind === 'audio')).toMatchObject([{ track: 'audio_128000', gaps: [], overlaps: [] }]);
    expect((await countDecodedFrames(hls, '0:v:0')).frames).toBe(180);
    // The set lies in the asset as the service of a cloud expects it.
    const assets = path.join(home, 'service', 'assets');
    const [manifest] = (await readdir(assets, { recursive: true })).filter((name) => name.endsWith('.ism'));
    expect(await readFile(path.join(assets, manifest!), 'utf8')).toContain('<video src="640x360_600.mp4" systemBitrate="600000" />');
    if (chromiumMissing() !== undefined) return;
    const played = await playHls(hls, { watchMs: 1500, switchRenditions: false });
    expect(played.watched.distinctPictures).toBeGreaterThan(3);
    expect(played.watched.loudestRms).toBeGreaterThan(0.03);
    expect(played.errors).toEqual([]);
  } finally {
    await service.stop();
  }
}, 150_000);
