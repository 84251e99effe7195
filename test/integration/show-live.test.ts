// The main job, whole: the command line goes live, and the archive holds every frame once. Viewers in Chromium: playback-show.test.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShowReport } from '../../src/contract/report.ts';
import { burntInNumbers, decodedSound } from '../support/archivedFrames.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { processesWith } from '../support/processTree.ts';
import { until } from '../support/until.ts';

const SECONDS = 20;
let home: string;
beforeAll(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-show-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

/** Media playlist of one rendition of a multivariant playlist of the origin. */
function renditionUrl(hls: string, declaredKbps: number): string {
  return hls.replace(/\/manifest\(.*$/, `/QualityLevels(${declaredKbps * 1000})/Manifest(video,format=m3u8-cmaf)`);
}

describe('a show from the test source to the embedded service', () => {
  let report: ShowReport;
  let code: number | null;

  beforeAll(async () => {
    const run = startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--for', `${SECONDS}s`, '--json'], { home, timeoutMs: 120_000 });
    ({ code, report = expect.fail('no report') } = await run.finished);
  }, 130_000);

  it('ends verified, with every frame in every rendition and keyframes aligned', () => {
    expect(code).toBe(0);
    expect(report).toMatchObject({ outcome: 'ended', verified: true, keyframesAligned: true, warnings: [] });
    for (const rendition of report.renditions) {
      expect(rendition).toMatchObject({ frames: SECONDS * 30, keyframes: SECONDS / 2, droppedFrames: 0 });
      expect(rendition.actualKbps / rendition.declaredKbps).toBeGreaterThan(0.7);
      expect(rendition.actualKbps / rendition.declaredKbps).toBeLessThan(1.3);
    }
    for (const track of report.received.filter((one) => one.kind === 'video')) {
      expect(track).toMatchObject({ frames: SECONDS * 30, gaps: [], overlaps: [] });
    }
    expect(report.connections.every((one) => one.reconnects === 0 && one.droppedMs === 0 && one.sentBytes > 0)).toBe(true);
    expect(JSON.stringify(report)).not.toMatch(/[0-9a-f]{32}/);
    expect(report.timings.toIngestMs).toBeLessThan(report.timings.toPublicMs ?? 0);
  });

  it('leaves no process behind', async () => {
    await until(() => processesWith(home).length === 0, 'the end of every process of the show');
  });

  it('stays playable as on-demand video: every burnt-in number once, in order, in every rendition, and the sound beside it', async () => {
    const service = await startForegroundService(home);
    try {
      const hls = report.playback.hls ?? '';
      for (const rendition of report.renditions) {
        const numbers = await burntInNumbers(renditionUrl(hls, rendition.declaredKbps), rendition.width, rendition.height);
        const first = numbers[0] ?? Number.NaN;
        expect(numbers).toEqual(Array.from({ length: SECONDS * 30 }, (_, index) => first + index));
      }
      const sound = await decodedSound(hls);
      expect(sound.length / 2 / 48_000).toBeCloseTo(SECONDS, 0);
      expect(sound.some((sample) => Math.abs(sample) > 0.01)).toBe(true);
    } finally {
      expect(await service.stop()).toBe(0);
    }
  });
});
