// Whole shows over Smooth Streaming to the embedded service: every frame once in the archive, also through a cut of the network.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cueRequestSchema } from '../../src/contract/cue.ts';
import { burntInNumbers, decodedSound } from '../support/archivedFrames.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { startProxiedShow } from '../support/proxiedShow.ts';
import { until } from '../support/until.ts';

const SECONDS = 8;
let home: string;
beforeAll(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-smooth-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

describe('a show over Smooth Streaming', () => {
  it('ends verified, and every burnt-in number stands in every rendition of the archive once, in order, with the sound beside it', async () => {
    const run = startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--ingest', 'smooth', '--for', `${SECONDS}s`, '--json'], { home, timeoutMs: 90_000 });
    const { code, report = expect.fail('no report') } = await run.finished;
    expect(report).toMatchObject({ outcome: 'ended', verified: true, keyframesAligned: true, warnings: [] });
    expect(code).toBe(0);
    expect(report.connections.map(({ endpoint }) => endpoint)).toEqual(report.renditions.map(() => expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+\/\*\*\*\/ingest\.isml\/streams\(\*\*\*\)$/)));
    expect(report.connections.every((one) => one.reconnects === 0 && one.droppedMs === 0 && one.acknowledgedBytes === one.sentBytes)).toBe(true);
    expect(JSON.stringify(report)).not.toMatch(/[0-9a-f]{32}/);
    const service = await startForegroundService(home);
    try {
      const hls = report.playback.hls ?? '';
      for (const { declaredKbps, width, height } of report.renditions) {
        const numbers = await burntInNumbers(hls.replace(/\/manifest\(.*$/, `/QualityLevels(${declaredKbps * 1000})/Manifest(video,format=m3u8-cmaf)`), width, height);
        const first = numbers[0] ?? Number.NaN;
        expect(numbers).toEqual(Array.from({ length: SECONDS * 30 }, (_, index) => first + index));
      }
      expect((await decodedSound(hls)).length / 2 / 48_000).toBeCloseTo(SECONDS, 0);
    } finally {
      expect(await service.stop()).toBe(0);
    }
  }, 100_000);

  it('loses no frame through a cut of 3 s', async () => {
    const show = await startProxiedShow({ burstWelcome: true, ingest: 'smooth' });
    const programSeconds = (): number => show.latestStats()?.programSeconds ?? 0;
    const after = async (seconds: number): Promise<void> => {
      const from = programSeconds();
      await until(() => programSeconds() >= from + seconds, `${seconds} s of program`, seconds * 1000 + 10_000);
    };
    try {
      await after(1);
      // Said, and not lost in silence.
      await expect(show.stage.cue(cueRequestSchema.parse({ kind: 'out', durationSeconds: 30 }))).rejects.toMatchObject({ code: 'CUES_NEED_RTMP' });
      for (const proxy of show.proxies) proxy.cut(true);
      await after(3);
      for (const proxy of show.proxies) proxy.cut(false);
      const from = programSeconds();
      await until(() => {
        const stats = show.latestStats();
        return stats !== undefined && stats.programSeconds > from && stats.connections.every(({ state, queuedMs }) => state === 'publishing' && queuedMs < 1500);
      }, 'every connection to be well again');
      await after(1);
      const report = await show.end();
      expect(report.verification).toEqual([expect.stringContaining('180p: all'), expect.stringContaining('108p: all'), expect.stringContaining('audio: all')]);
      expect(report).toMatchObject({ verified: true });
      expect(report.connections.every((connection) => connection.droppedMs === 0 && connection.reconnects >= 1)).toBe(true);
      expect(report.warnings.some(({ code }) => code === 'PUBLISH_CONNECTION_LOST')).toBe(true);
    } finally {
      await show.close();
    }
  }, 100_000);
});
