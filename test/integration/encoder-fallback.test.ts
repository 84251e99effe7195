// A hardware encoder fails in a whole show and libx264, with other parameter sets, goes on: on connections that stay open, in the recording,
// in the archive and in players. The hardware encoder is a stand-in: libx264 of another preset behind the name and the options of NVENC.
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { burntInNumbers } from '../support/archivedFrames.ts';
import { chromiumMissing, playDash, playHls } from '../support/chromium.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { playlistParts } from '../support/playlistParts.ts';
import { processesWith } from '../support/processTree.ts';
import { writeStandIn } from '../support/standInEncoder.ts';
import { until } from '../support/until.ts';

let home: string;
beforeAll(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-fallback-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

const missing = chromiumMissing();

describe('a hardware encoder that fails on air', () => {
  it('gives way to libx264: every frame once, decodable with the parameter sets that it came with', async () => {
    const binary = await writeStandIn(path.join(home, 'ffmpeg-stand-in'), 'good');
    const recordings = path.join(home, 'recordings');
    await mkdir(recordings);
    const run = startCli(
      ['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--encoder', 'h264_nvenc:p4', '--record', recordings, '--for', '12s', '--json'],
      { home, timeoutMs: 120_000, env: { FIELDCAST_FFMPEG: binary } },
    );
    const live = await run.event('state', (event) => event.state === 'live');
    expect(live).toBeDefined();
    await until(() => run.events.filter((event) => event.type === 'stats').length >= 4, 'some seconds of the first encoder', 20_000);
    const worker = processesWith(home).find((one) => one.name === 'ffmpeg video encoder');
    process.kill(worker?.pid ?? expect.fail('no encoder'), 'SIGKILL');
    await run.event('warning', (event) => event.failure.code === 'ENCODER_REPLACED');
    const { code, report = expect.fail('no report') } = await run.finished;
    expect(report.verification.join(' ')).not.toMatch(/gap|twice/);
    expect({ code, verified: report.verified, aligned: report.keyframesAligned }).toEqual({ code: 0, verified: true, aligned: true });
    expect(report.encoder).toMatchObject({ failures: 1, missing: [] });
    expect(report.connections.map((one) => one.reconnects)).toEqual(report.connections.map(() => 0));

    const service = await startForegroundService(home);
    try {
      for (const rendition of report.renditions) {
        const url = (report.playback.hls ?? '').replace(/\/manifest\(.*$/, `/QualityLevels(${rendition.declaredKbps * 1000})/Manifest(video,format=m3u8-cmaf)`);
        const parts = await playlistParts(url, home, rendition.name);
        expect(parts).toHaveLength(2);
        const numbers = (await Promise.all(parts.map(async ({ file }) => burntInNumbers(file, rendition.width, rendition.height)))).flat();
        const first = numbers[0] ?? Number.NaN;
        expect(numbers).toEqual(Array.from({ length: rendition.frames }, (_, index) => first + index));
      }
      if (missing !== undefined) console.log(`not played: ${missing}`);
      else {
        // From before the change to behind it, undisturbed.
        const [hls, dash] = await Promise.all([playHls(report.playback.hls ?? '', { watchMs: 8_000, switchRenditions: false }), playDash(report.playback.dash ?? '', { watchMs: 8_000, switchRenditions: false })]);
        for (const { player, watched, errors } of [hls, dash]) {
          console.log(`measured: ${player} across the change: ${watched.playedMs} ms played of 8000, ${errors.length} errors`);
          expect(errors).toEqual([]);
          expect(watched.playedMs).toBeGreaterThan(6_500);
          expect(watched.loudestRms).toBeGreaterThan(0.02);
        }
      }
    } finally {
      expect(await service.stop()).toBe(0);
    }

    const files = (await readdir(recordings)).filter((name) => name.endsWith('.mp4'));
    expect(files).toHaveLength(2);
    const [top] = report.renditions;
    const recordedParts = await Promise.all(files.map(async (name) => burntInNumbers(path.join(recordings, name), top?.width ?? 0, top?.height ?? 0)));
    const recorded = recordedParts.toSorted(([one = 0], [other = 0]) => one - other).flat();
    expect(recorded).toEqual(Array.from({ length: top?.frames ?? 0 }, (_, index) => (recorded[0] ?? Number.NaN) + index));
    console.log(`measured: change of the encoder with other parameter sets: missing ${JSON.stringify(report.encoder?.missing)}, ${report.verification.join(' ')}`);
  }, 180_000);
});
