// What happens to the time of a real show: lip-sync through a restart and a switch, and a machine that slept.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCli } from '../support/fieldcastCli.ts';
import { flashesAndClicks } from '../support/flashesAndClicks.ts';
import { processesWith } from '../support/processTree.ts';
import { suspendedShow } from '../support/suspendedShow.ts';
import { until } from '../support/until.ts';

let home = '';
beforeAll(async () => { home = await mkdtemp(path.join(tmpdir(), 'fieldcast-clock-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

it('flash and click stay together in the recording through a restart and a switch', async () => {
  const record = path.join(home, 'recordings');
  await mkdir(record);
  const show = startCli(['live', '--source', 'test', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--record', record, '--json'], { home, timeoutMs: 90_000 });
  await show.event('state', (event) => event.state === 'live');
  const [worker] = processesWith(home).filter((one) => one.name === 'ffmpeg capture');
  process.kill(worker!.pid, 'SIGKILL');
  await show.event('source', (event) => event.state === 'held' || event.state === 'restarting');
  await show.event('source', (event) => event.state === 'live');
  const secondsNow = (): number => show.events.filter((event) => event.type === 'stats').at(-1)?.programSeconds ?? 0;
  const beforeSwitch = secondsNow();
  expect((await startCli(['control', 'switch', '2'], { home, timeoutMs: 30_000 }).finished).code).toBe(0);
  await until(() => secondsNow() > beforeSwitch + 4, 'four seconds of the other source');
  show.child.kill('SIGINT');
  const { report } = await show.finished;
  expect(report).toMatchObject({ outcome: 'ended', verified: true });
  const { width, height } = report!.renditions[0]!;
  const { flashes, clicks } = await flashesAndClicks(report!.recording!.path, width, height, 30);
  const errors = clicks.flatMap((click) => {
    const nearest = flashes.toSorted((a, b) => Math.abs(a - click) - Math.abs(b - click))[0];
    return nearest === undefined || Math.abs(nearest - click) > 0.4 ? [] : [{ atSeconds: click, ms: (click - nearest) * 1000 }];
  });
  process.stdout.write(`measured: click against flash ${errors.map(({ atSeconds, ms }) => `${ms.toFixed(1)} ms at ${atSeconds.toFixed(1)} s`).join(', ')}\n`);
  expect(errors.length).toBeGreaterThanOrEqual(4);
  expect(errors.some(({ atSeconds }) => atSeconds > beforeSwitch + 1)).toBe(true);
  for (const { ms } of errors) expect(Math.abs(ms)).toBeLessThan(20);
}, 120_000);

/** s; what an encoder may be behind before it gives up is three times as much (30 s: `npm run bench suspend`). */
const SLEEP_SECONDS = 4;

it(`a whole machine that sleeps for ${SLEEP_SECONDS} s goes on with the show: nothing is missing`, async () => {
  const own = path.join(home, 'sleep');
  await mkdir(own);
  const { report, recoveredMs, processes } = await suspendedShow(own, SLEEP_SECONDS);
  expect(processes).toBeGreaterThanOrEqual(4);
  process.stdout.write(`measured: slept ${SLEEP_SECONDS} s, in time again after ${(recoveredMs / 1000).toFixed(1)} s, ${JSON.stringify({ clock: report.clock, sources: report.sources, rendition: report.renditions[0], silenceMs: report.audio.silenceMs, reconnects: report.connections.map(({ reconnects }) => reconnects), undelivered: report.undelivered })}\n`);
  expect(report).toMatchObject({ outcome: 'ended', verified: true, undelivered: [] });
  for (const rendition of report.renditions) expect(rendition.frames).toBe(report.renditions[0]!.frames);
}, 130_000);
