// The interface in real Chromium with software rendering: frames a second under a storm of updates, how late the program picture is
// drawn, and what the renderer costs in time and memory while a show is on air. Needs `npm run build`. FIELDCAST_BENCH_MINUTES lengthens
// the last part: above one minute with a small ladder, so that the memory of half an hour can be seen on a machine that does other things.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, CDPSession, Page } from '@playwright/test';
import type { ShowEvent } from '../../src/contract/report.ts';
import { readMonitorMessage } from '../../src/contract/monitorStream.ts';
import { openMonitorSocket } from '../../src/main/api/client.ts';
import { startApiServer } from '../../src/main/api/server.ts';
import { MonitorHub } from '../../src/main/monitor/monitorHub.ts';
import type { Stage } from '../../src/main/show/stage.ts';
import { startBuiltEngine } from '../support/builtEngine.ts';
import { readBurnIn } from '../support/burnInReader.ts';
import { launchChromium } from '../support/chromium.ts';
import { followMemory, type PageMemory } from '../support/pageMemory.ts';
import { openPlainPage } from '../support/plainPage.ts';
import { slope, type Point } from '../support/slope.ts';
import type { BenchRow } from './benchRow.ts';

const UPDATES_PER_SECOND = 500;
const STORM_SECONDS = 10;
const MINUTES = Number(process.env['FIELDCAST_BENCH_MINUTES'] ?? '0.5');
const isLong = MINUTES > 1;
/** Memory is read at these, and at the end. */
const READ_AT_MINUTES = [1, 2, 5, 10, 15, 20, 25, 30];
/** What a long run may grow by after its first minute, in which the sliding figures and the log fill. */
const MOST_GROWTH = 1.5;
const SMALL_LADDER = { name: 'small', frameRate: { num: 30, den: 1 }, gopSeconds: 2, audioKbps: 128, renditions: [{ name: '360p', width: 640, height: 360, declaredKbps: 600 }] };
const SIZE = { width: 1920, height: 1080 };
/** What a page finds in its store: the tour was taken, and which ladder. */
const KEPT_SCRIPT = `localStorage.setItem('fieldcast.welcomed', '1'); localStorage.setItem('fieldcast.plan', ${JSON.stringify(JSON.stringify(isLong ? { ladder: SMALL_LADDER.name, ownLadders: [SMALL_LADDER] } : { ladder: '480p' }))});`;
/** Of the renderer's CPU; a long run measures it over its memory's length no better. */
const CPU_SECONDS = 30;
/** For `npm run bench`: the storm, the start and the end of a show take some minutes besides. */
export const limitMs = (MINUTES + 10) * 60_000;
const LIVE_MS = 60_000;
/** Pictures of each kind whose burnt-in number is read off the canvas; each look costs the page some of its time. */
const LOOKS = 100;

export async function run(): Promise<BenchRow[]> {
  const home = await mkdtemp(join(tmpdir(), 'fieldcast-bench-ui-'));
  const browser = await launchChromium();
  try {
    const open = async (address: string): Promise<Page> => {
      const context = await browser.newContext({ viewport: SIZE, locale: 'en-GB' });
      await context.addInitScript(KEPT_SCRIPT);
      const page = await context.newPage();
      await page.goto(address);
      return page;
    };
    return [await underAStorm(home, open), ...await onAir(home, browser, open)];
  } finally {
    await browser.close();
    await rm(home, { recursive: true, force: true });
  }
}

type Open = (address: string) => Promise<Page>;

/** The real API server, whose stage tells far more than a show ever does. */
async function underAStorm(home: string, open: Open): Promise<BenchRow> {
  const server = await startApiServer(stormyStage(), { port: 0, allowedOrigins: [], home, servesPage: true, pageRoot: fileURLToPath(new URL('../../out/renderer', import.meta.url)) });
  try {
    const page = await open(server.ready.page ?? '');
    await page.getByRole('status').getByText('ON AIR').waitFor();
    const frames = await page.evaluate(async (ms) => await new Promise<number>((resolve) => {
      let count = 0;
      const since = performance.now();
      const step = (now: number): void => {
        count += 1;
        if (now - since >= ms) resolve(count / ((now - since) / 1000));
        else requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    }), STORM_SECONDS * 1000);
    await page.context().close();
    // The bound of a row is the most that is allowed, so the time of a frame stands here.
    return { name: `time of a frame under ${UPDATES_PER_SECOND} updates a second`, value: 1000 / frames, unit: 'ms', atMost: 20, note: `${frames.toFixed(1)} frames a second over ${STORM_SECONDS} s` };
  } finally {
    await server.close();
  }
}

function stormyStage(): Stage {
  const stats = (at: number): ShowEvent => ({
    type: 'stats', state: 'live', onAirSeconds: at, programSeconds: at, encoderLagFrames: 3,
    health: { light: 'good', word: 'Good', shape: 'circle', sentence: 'Everything arrives.', losses: [] },
    renditions: ['1080p', '720p', '540p', '360p'].map((name, index) => ({
      name, width: 1920 >> index, height: 1080 >> index, fps: 30, declaredKbps: 4500 >> index, actualKbps: (4400 >> index) + (at % 7), frames: Math.round(at * 30), keyframes: 1, repeatedFrames: 0, droppedFrames: 0,
    })),
    connections: ['1080p', '720p', '540p', '360p'].map((rendition) => ({
      rendition, endpoint: 'rtmps://127.0.0.1:2935/live', state: 'publishing', sentBytes: Math.round(at * 500_000), acknowledgedBytes: Math.round(at * 490_000), sentFrames: Math.round(at * 30), reconnects: 0, disconnectedMs: 0, queuedMs: 30 + (at % 20), droppedMs: 0,
    })),
  });
  const stage: Partial<Stage> = {
    info: () => Promise.resolve({ version: '0', pid: process.pid, home: '', showRunning: true, unfinished: [] }),
    ladders: () => [], devices: () => Promise.resolve([]), doctor: () => Promise.resolve([]),
    monitor: new MonitorHub(),
    watch: async function* watch(signal): AsyncGenerator<ShowEvent> {
      yield { type: 'state', state: 'live', sentence: 'On air.', atUtc: new Date().toISOString() };
      const since = performance.now();
      for (let told = 0; ; told += 1) {
        if (signal?.aborted === true) return;
        yield stats(told / UPDATES_PER_SECOND);
        const ahead = (told * 1000) / UPDATES_PER_SECOND - (performance.now() - since);
        if (ahead > 4) await pause(ahead);
      }
    },
  };
  return stage as Stage;
}

/** A whole show from the test picture to the embedded service, with everything visible. */
async function onAir(home: string, browser: Browser, open: Open): Promise<BenchRow[]> {
  process.env['FIELDCAST_SERVICE_LINGER_MS'] = '500';
  const engine = await startBuiltEngine(home);
  try {
    const page = await open(engine.ready.page ?? '');
    await page.getByRole('button', { name: 'Start rehearsal' }).click();
    await page.getByRole('status').getByText('REHEARSAL').waitFor({ timeout: LIVE_MS });
    await page.getByRole('button', { name: /^Go live/ }).click();
    await page.getByRole('status').getByText('ON AIR').waitFor({ timeout: LIVE_MS });
    await page.getByLabel('The program as it is sent').waitFor({ timeout: LIVE_MS });
    const latencies = await lookAtProgram(page, engine.ready);
    const metrics = await page.context().newCDPSession(page);
    await metrics.send('Performance.enable', { timeDomain: 'threadTicks' });
    const now = async () => Object.fromEntries((await metrics.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
    const processes = await browser.newBrowserCDPSession();
    const [before, cpuBefore] = [await now(), await cpuSeconds(processes)];
    const since = performance.now();
    await pause(CPU_SECONDS * 1000);
    const [after, cpuAfter] = [await now(), await cpuSeconds(processes)];
    const seconds = (performance.now() - since) / 1000;
    const share = ((after['TaskDuration'] ?? 0) - (before['TaskDuration'] ?? 0)) / seconds;
    const spent = (type: 'renderer' | 'GPU'): number => ((cpuAfter[type] ?? 0) - (cpuBefore[type] ?? 0)) / seconds;
    /** By the nearest rank. */
    const at = (ages: readonly number[], part: number): number => ages.toSorted((a, b) => a - b)[Math.ceil(ages.length * part) - 1] ?? Number.POSITIVE_INFINITY;
    await page.goto('about:blank');
    const memory = await memoryOfPage(engine.ready.page ?? '');
    // The show ran to the end of it, or there was nothing to measure.
    await page.goto(engine.ready.page ?? '');
    await page.getByRole('status').getByText('ON AIR').waitFor({ timeout: LIVE_MS });
    await page.context().close();
    return [
      { name: 'program picture, burnt-in time to its appearance, median', value: at(latencies.appearing, 0.5), unit: 'ms', atMost: 100, note: `${latencies.appearing.length} looks, engine and browser on one machine; seen at the next picture of the screen` },
      { name: 'program picture, burnt-in time to its appearance, 99th percentile', value: at(latencies.appearing, 0.99), unit: 'ms', atMost: 100 },
      { name: 'program picture, its age at any moment, median', value: at(latencies.standing, 0.5), unit: 'ms', note: 'each of 15 a second stands for 67 ms' },
      { name: 'program picture, its age at any moment, 99th percentile', value: at(latencies.standing, 0.99), unit: 'ms' },
      { name: 'renderer process, everything visible', value: spent('renderer') * 100, unit: '% of a core', atMost: 25, note: `layout, scripts, painting, decoding of the preview and the workers that draw; main thread ${(share * 100).toFixed(1)} %` },
      { name: 'beside it: Chromium’s process that puts the layers together', value: spent('GPU') * 100, unit: '% of a core', note: 'without a GPU that is done by the processor; not in the row above' },
      ...memoryRows(memory),
    ];
  } finally {
    await engine.stop();
  }
}

type Ages = { /** When a picture is new on the canvas, ms. */ readonly appearing: readonly number[]; /** At moments that have nothing to do with the pictures, ms: the time for which each stands there is in it. */ readonly standing: readonly number[] };

/** How old the program picture on the canvas is, by the number that is burnt into it. */
async function lookAtProgram(page: Page, engine: { readonly address: string; readonly token: string }): Promise<Ages> {
  const utcOfFrame = await timelineOf(engine);
  const ages = { appearing: [] as number[], standing: [] as number[] };
  for (let look = 0; look < 2 * LOOKS; look += 1) {
    const kind = look % 2 === 0 ? 'appearing' : 'standing';
    const seen = await page.evaluate(async (waits) => {
      const canvas = document.querySelector<HTMLCanvasElement>('[aria-label="The program as it is sent"] canvas');
      if (canvas === null) return undefined;
      const read = (width: number, height: number): Uint8ClampedArray => {
        const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
        copy?.drawImage(canvas, 0, 0, width, height);
        return copy?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
      };
      // The test picture moves everywhere, so a small copy tells one picture from the next.
      const before = waits ? read(32, 18).join() : '';
      const giveUpAtMs = Date.now() + 1000;
      let atMs = 0;
      do {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        atMs = Date.now();
      } while (atMs < giveUpAtMs && read(32, 18).join() === before);
      const pixels = read(640, 360);
      let luma = '';
      for (let at = 0; at < pixels.length; at += 4) luma += String.fromCharCode(pixels[at + 1] ?? 0);
      return { atMs, luma };
    }, kind === 'appearing');
    const frame = seen === undefined ? undefined : readBurnIn(Buffer.from(seen.luma, 'latin1'), 640, 360);
    if (seen !== undefined && frame !== undefined) ages[kind].push(seen.atMs - utcOfFrame(frame));
    // Out of step with the frames.
    await pause(37);
  }
  for (const kind of ['appearing', 'standing'] as const) {
    if (ages[kind].length < LOOKS / 2) throw new Error(`Only ${ages[kind].length} of ${LOOKS} looks could read the burnt-in number.`);
  }
  return ages;
}

/** The UTC of each program frame, from two messages of the monitor stream. */
async function timelineOf(engine: { readonly address: string; readonly token: string }): Promise<(frame: number) => number> {
  const socket = openMonitorSocket(engine);
  const seen = await new Promise<{ frame: number; utcMs: number }[]>((resolve, reject) => {
    const stamps: { frame: number; utcMs: number }[] = [];
    socket.addEventListener('open', () => socket.send(JSON.stringify({ pictures: 2 })));
    socket.addEventListener('error', () => reject(new Error('The monitor stream cannot be opened.')));
    socket.addEventListener('message', ({ data }) => {
      const message = readMonitorMessage(new Uint8Array(data as ArrayBuffer));
      if (message !== undefined && stamps.push(message) === 2) resolve(stamps);
    });
  });
  socket.close();
  const [first, second] = seen;
  if (first === undefined || second === undefined) throw new Error('The monitor stream sends nothing.');
  const frameMs = (second.utcMs - first.utcMs) / (second.frame - first.frame);
  return (frame) => first.utcMs + (frame - first.frame) * frameMs;
}

/** Of a page that finds the show on air and shows everything of it. */
async function memoryOfPage(address: string): Promise<readonly Reading[]> {
  const plain = await openPlainPage(address, SIZE, KEPT_SCRIPT);
  try {
    return await readMemory(await followMemory(plain));
  } finally {
    await plain.close();
  }
}

type Reading = PageMemory & { readonly minute: number };

/** At the beginning, at each of the minutes that it reaches, and at the end. Each is printed when it is read: a long run is watched. */
async function readMemory(page: { read(): Promise<PageMemory> }): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  const since = performance.now();
  for (const minute of [0, ...READ_AT_MINUTES.filter((one) => one < MINUTES), MINUTES]) {
    await pause(Math.max(0, minute * 60_000 - (performance.now() - since)));
    const reading = { minute, ...await page.read() };
    readings.push(reading);
    if (isLong) console.log(`  minute ${minute}: heap ${megabytes(reading.heapBytes)}, process ${reading.rssBytes === undefined ? 'unknown' : megabytes(reading.rssBytes)}, ${reading.domNodes} nodes`);
  }
  return readings;
}

function memoryRows(readings: readonly Reading[]): BenchRow[] {
  // In its first minute the page fills what it keeps.
  const steady = readings.filter(({ minute }) => minute >= 1);
  const counted = steady.length >= 2 ? steady : readings;
  const [first, last] = [counted[0], counted.at(-1)];
  if (first === undefined || last === undefined) return [];
  const along = (value: (one: Reading) => number | undefined): Point[] => counted.map((one) => ({ x: one.minute, y: (value(one) ?? 0) / 1e3 }));
  const from = `${first.minute} to ${last.minute} min`;
  return [
    { name: 'heap of the page at the end ÷ at the beginning', value: last.heapBytes / first.heapBytes, unit: '×', ...(isLong ? { atMost: MOST_GROWTH } : {}), note: `after a collection, ${from}: ${megabytes(first.heapBytes)} → ${megabytes(last.heapBytes)}; nodes ${first.domNodes} → ${last.domNodes}` },
    { name: 'heap of the page, trend', value: slope(along((one) => one.heapBytes)), unit: 'kB/min' },
    ...(first.rssBytes === undefined || last.rssBytes === undefined ? [] : [
      { name: 'renderer process, resident, at the end ÷ at the beginning', value: last.rssBytes / first.rssBytes, unit: '×', ...(isLong ? { atMost: MOST_GROWTH } : {}), note: `${from}: ${megabytes(first.rssBytes)} → ${megabytes(last.rssBytes)}` },
      { name: 'renderer process, resident, trend', value: slope(along((one) => one.rssBytes)), unit: 'kB/min' },
    ]),
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

async function cpuSeconds(browser: CDPSession): Promise<Readonly<Record<string, number>>> {
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
  const total: Record<string, number> = {};
  for (const { type, cpuTime } of processInfo) total[type] = (total[type] ?? 0) + cpuTime;
  return total;
}
