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
import { processesWith, type ProcessSample } from '../support/processTree.ts';
import { spoilingFfmpeg } from '../support/spoilingFfmpeg.ts';
import { until } from '../support/until.ts';

let home: string;
beforeAll(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-encoder-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

const startShow = (env: Readonly<Record<string, string>>, ...more: string[]): CliRun => startCli(
  ['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--json', ...more], { home, timeoutMs: 120_000, env },
);
const control = async (...args: string[]): ReturnType<CliRun['finished']['then']> => startCli(['control', ...args], { home, timeoutMs: 30_000 }).finished;
const workers = (name: string): number[] => processesWith(home).filter((one) => one.name === name).map((one) => one.pid);
const worker = (name: string): number => workers(name)[0] ?? expect.fail(`no ${name}`);
const engineProcess = (): ProcessSample => processesWith(home).find((one) => one.name === 'engine.ts') ?? expect.fail('no engine');
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
    const run = startShow({}, '--for', '12s');
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

  it('and the sound go on through garbage, kill -9, a pause and a hang of their workers, with every frame, and leave nothing behind', async () => {
    const ffmpeg = await spoilingFfmpeg(home);
    await ffmpeg.spoilNext('video');
    await ffmpeg.spoilNext('audio');
    const run = startShow({ FIELDCAST_FFMPEG: ffmpeg.binary });
    const faults = (): string[] => run.events.flatMap((event) => (event.type === 'warning' ? [event.failure.message] : []));
    const told = (who: string, what: string): boolean => faults().some((message) => message.startsWith(`The ${who} encoder ${what}`));
    const isOther = (name: string, pid: number): boolean => workers(name).some((one) => one !== pid);
    await until(() => told('video', 'sent what cannot be used') && told('audio', 'sent what cannot be used'), 'the end of both spoiled encoders', 40_000);
    await until(() => workers('ffmpeg audio encoder').length === 1 && workers('ffmpeg video encoder').length === 1, 'two other encoders');

    const before = engineProcess();

    // Slow: it is paused for a second, which is no hang.
    const paused = worker('ffmpeg audio encoder');
    process.kill(paused, 'SIGSTOP');
    const seen = stats(run).length;
    await until(() => stats(run).length > seen, 'a second');
    process.kill(paused, 'SIGCONT');
    process.kill(paused, 'SIGKILL');
    const killed = worker('ffmpeg video encoder');
    process.kill(killed, 'SIGKILL');
    await run.event('warning', (event) => event.failure.code === 'FFMPEG_KILLED');
    await until(() => isOther('ffmpeg audio encoder', paused) && isOther('ffmpeg video encoder', killed), 'two other encoders');

    const stoppedAtMs = performance.now();
    process.kill(worker('ffmpeg video encoder'), 'SIGSTOP');
    process.kill(worker('ffmpeg audio encoder'), 'SIGSTOP');
    const noticed = async (who: string): Promise<string> => {
      await until(() => told(who, 'gave nothing for'), `the notice of the hang of the ${who} encoder`);
      return `${((performance.now() - stoppedAtMs) / 1000).toFixed(1)} s`;
    };
    const [videoNoticed, audioNoticed] = await Promise.all([noticed('video'), noticed('audio')]);
    await until(() => (stats(run).at(-1)?.encoderLagFrames ?? Infinity) < 30, 'recovery');
    const recovered = `${((performance.now() - stoppedAtMs) / 1000).toFixed(1)} s`;
    await until(() => engineProcess().descriptors <= before.descriptors, 'every descriptor of the workers that are gone to be closed');
    const mb = (bytes: number): string => (bytes / 1e6).toFixed(0);
    console.log(`measured: engine before these faults and after them: ${before.descriptors} and ${engineProcess().descriptors} descriptors, ${mb(before.rssBytes)} and ${mb(engineProcess().rssBytes)} MB resident`);
    run.child.kill('SIGINT');
    const { report = expect.fail('no report') } = await run.finished;
    console.log(`measured: garbage, kill -9 and kill -STOP of both encoders in one show: missing ${JSON.stringify(report.encoder?.missing)}, silence ${report.audio.silenceMs} ms, hang of the video encoder noticed after ${videoNoticed}, of the audio encoder after ${audioNoticed}, in time again ${recovered} after it, pictures replaced ${report.encoder?.replacedFrames}, at most ${report.encoder?.maxLagMs} ms behind, ${report.verification.join(' ')}`);
    expect(report).toMatchObject({ outcome: 'ended', verified: true, keyframesAligned: true, encoder: { failures: 3, missing: [] } });
    expect(stats(run).some((one) => (one.encoder?.lagMs ?? 0) > 1_000)).toBe(true);
    await until(() => processesWith(home).length === 0, 'the end of every process');
  }, 120_000);
});
