// Encoder workers in whole shows, with real processes: another bitrate, an IDR inside a GOP, and every way for a worker to fail. What counts
// is what viewers get: the archive, read back by its burnt-in numbers.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShowReport, ShowStats } from '../../src/contract/report.ts';
import { burntInNumbers } from '../support/archivedFrames.ts';
import { startCli, type CliRun } from '../support/fieldcastCli.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { processesWith } from '../support/processTree.ts';
import { spoilingFfmpeg } from '../support/spoilingFfmpeg.ts';
import { until } from '../support/until.ts';

let home: string;
beforeAll(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-encoder-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

const startShow = (...more: string[]): CliRun => startCli(
  ['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--json', ...more], { home, timeoutMs: 120_000 },
);
const control = async (...args: string[]): ReturnType<CliRun['finished']['then']> => startCli(['control', ...args], { home, timeoutMs: 30_000 }).finished;
const workers = (name: string): number[] => processesWith(home).filter((one) => one.name === name).map((one) => one.pid);
const worker = (name: string): number => workers(name)[0] ?? expect.fail(`no ${name}`);
const stats = (run: CliRun): ShowStats[] => run.events.filter((event) => event.type === 'stats');

/** Every frame of the show is in every rendition once, as a viewer decodes it. */
async function expectEveryFrame(report: ShowReport): Promise<void> {
  const service = await startForegroundService(home);
  try {
    for (const rendition of report.renditions) {
      const url = (report.playback.hls ?? '').replace(/\/manifest\(.*$/, `/QualityLevels(${rendition.declaredKbps * 1000})/Manifest(video,format=m3u8-cmaf)`);
      const numbers = await burntInNumbers(url, rendition.width, rendition.height);
      const first = numbers[0] ?? Number.NaN;
      expect(numbers).toEqual(Array.from({ length: rendition.frames }, (_, index) => first + index));
    }
  } finally {
    expect(await service.stop()).toBe(0);
  }
}

describe('the video encoder of a show', () => {
  it('changes its bitrate and begins anew on demand: verified, every frame once in every rendition', async () => {
    const run = startShow('--for', '12s');
    await run.event('state', (event) => event.state === 'live');
    expect(await control('bitrate', '480p', '500')).toMatchObject({ code: 1, stderr: expect.stringContaining('[BITRATE_OUTSIDE_WINDOW]') as unknown });
    expect(await control('bitrate', '480p', 'much')).toMatchObject({ code: 1, stderr: expect.stringContaining('[CONTROL_UNKNOWN]') as unknown });
    expect(await control('bitrate', '480p', '800')).toMatchObject({ code: 0 });
    expect(await control('idr')).toMatchObject({ code: 0 });
    const { code, report = expect.fail('no report') } = await run.finished;
    expect(report.verification.join(' ')).not.toMatch(/gap|twice/);
    expect({ code, verified: report.verified, aligned: report.keyframesAligned, warnings: report.warnings }).toEqual({ code: 0, verified: true, aligned: true, warnings: [] });
    expect(report.encoder).toMatchObject({ failures: 0, missing: [], targetKbps: { '480p': 800 } });
    expect(report.encoder?.handovers).toBe(run.events.filter((event) => event.type === 'encoder').length);
    await expectEveryFrame(report);
  }, 90_000);

  it('loses nothing when its worker is killed or hangs, and says what it did', async () => {
    const run = startShow('--for', '14s');
    await run.event('state', (event) => event.state === 'live');
    const killed = worker('ffmpeg video encoder');
    process.kill(killed, 'SIGKILL');
    await run.event('warning', (event) => event.failure.code === 'FFMPEG_KILLED');
    await until(() => workers('ffmpeg video encoder').some((pid) => pid !== killed), 'another worker');
    const stoppedAtMs = performance.now();
    const stopped = worker('ffmpeg video encoder');
    process.kill(stopped, 'SIGSTOP');
    await run.event('warning', (event) => event.failure.code === 'ENCODER_STALLED');
    const noticedMs = performance.now() - stoppedAtMs;
    const { report = expect.fail('no report') } = await run.finished;
    console.log(`measured: kill -9 and kill -STOP of the video encoder in one show: missing ${JSON.stringify(report.encoder?.missing)}, hang noticed after ${(noticedMs / 1000).toFixed(1)} s, pictures replaced ${report.encoder?.replacedFrames}, at most ${report.encoder?.maxLagMs} ms behind, ${report.verification.join(' ')}`);
    expect(report).toMatchObject({ outcome: 'ended', verified: true, keyframesAligned: true, encoder: { failures: 2, missing: [] } });
    expect(stats(run).some((one) => (one.encoder?.lagMs ?? 0) > 1_000)).toBe(true);
  }, 90_000);

  it('and the sound go on through garbage, kill -9, a pause and a hang of their workers, with every frame', async () => {
    const ffmpeg = await spoilingFfmpeg(home);
    await ffmpeg.spoilNext('video');
    await ffmpeg.spoilNext('audio');
    const run = startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--json', '--for', '16s'], {
      home, timeoutMs: 120_000, env: { FIELDCAST_FFMPEG: ffmpeg.binary },
    });
    const faults = (): string[] => run.events.flatMap((event) => (event.type === 'warning' ? [event.failure.message] : []));
    const spoiled = (who: string): boolean => faults().some((message) => message.startsWith(`The ${who} encoder sent what cannot be used`));
    await until(() => spoiled('video') && spoiled('audio'), 'the end of both spoiled encoders', 40_000);
    await until(() => workers('ffmpeg audio encoder').length === 1, 'another audio encoder');
    // Slow: it is paused for a second, which is no hang.
    const paused = worker('ffmpeg audio encoder');
    process.kill(paused, 'SIGSTOP');
    const seen = stats(run).length;
    await until(() => stats(run).length > seen, 'a second');
    process.kill(paused, 'SIGCONT');
    process.kill(paused, 'SIGKILL');
    await until(() => workers('ffmpeg audio encoder').some((pid) => pid !== paused), 'another audio encoder');
    process.kill(worker('ffmpeg audio encoder'), 'SIGSTOP');
    const stoppedAtMs = performance.now();
    await run.event('warning', (event) => event.failure.code === 'ENCODER_STALLED');
    const noticedMs = performance.now() - stoppedAtMs;
    const { report = expect.fail('no report') } = await run.finished;
    console.log(`measured: garbage from both encoders, kill -9 and kill -STOP of the audio encoder in one show: missing ${JSON.stringify(report.encoder?.missing)}, hang of the audio encoder noticed after ${(noticedMs / 1000).toFixed(1)} s, ${report.verification.join(' ')}`);
    expect(report).toMatchObject({ outcome: 'ended', verified: true, keyframesAligned: true });
    expect(report.encoder?.missing).toEqual([]);
  }, 120_000);
});
