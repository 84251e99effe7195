// Two instances of the product on one live event of one embedded service, each an engine of its own home, killed with all their workers at
// random moments and started again; a player in Chromium watches. It judges nothing.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ladder } from '../../src/contract/ladder.ts';
import type { ShowPlan } from '../../src/contract/plan.ts';
import type { ShowEvent, ShowReport } from '../../src/contract/report.ts';
import { startEngineProcess, type EngineProcess } from '../../src/main/cli/engineProcess.ts';
import { burntInNumbers } from './archivedFrames.ts';
import { launchChromium } from './chromium.ts';
import { servePlayerPage } from './playerServer.ts';
import { processesWith } from './processTree.ts';
import { startForegroundService } from './foregroundService.ts';
import { until } from './until.ts';

const ENGINE = fileURLToPath(new URL('../../src/main/engine.ts', import.meta.url));
const EVENT = 'pair';
const LIVE_MS = 60_000;
/** Shorter than this nobody sees it: frames of a browser without a GPU on a busy machine. */
const STANDSTILL_MS = 500;

export type PairedShowOptions = {
  readonly ladder: Ladder;
  readonly seconds: number;
  /** Shortest and longest time from the moment at which both are on air to the next kill, ms. */
  readonly killAfterMs: readonly [number, number];
  /** Both at once, each time. */
  readonly killsBoth?: boolean;
  readonly mode?: 'one-each' | 'both';
  /** False where there is no Chromium. */
  readonly withPlayer: boolean;
  readonly log?: (sentence: string) => void;
  /** Once both are on air and know of each other. */
  readonly whilePaired?: (engines: readonly EngineProcess[]) => Promise<void>;
};

export type PairedShowResult = {
  readonly kills: readonly { readonly instance: string; readonly atSeconds: number }[];
  readonly renditions: readonly { readonly name: string; readonly frames: number; readonly missing: number; readonly doubled: number; readonly unreadable: number }[];
  /** Gaps and overlaps of all tracks, as the last instance read them back. */
  readonly holes: number;
  readonly player: { readonly watchedMs: number; readonly playedMs: number; readonly standstills: readonly number[]; readonly errors: readonly string[] } | undefined;
  readonly reports: readonly ShowReport[];
  readonly events: readonly ShowEvent[];
  /** Live events that still exist after both have ended. */
  readonly left: readonly string[];
  /** Shows that either home still has on record as not ended. */
  readonly unfinished: number;
};

type Instance = { readonly name: string; readonly home: string; engine: EngineProcess; events: ShowEvent[] };

export async function runPairedShow(options: PairedShowOptions): Promise<PairedShowResult> {
  const { ladder, log = () => undefined } = options;
  const root = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-pair-'));
  const service = path.join(root, 'service');
  const all: ShowEvent[] = [];
  // The service outlives whoever has started it, as in the product, and goes soon after the last has ended.
  process.env['FIELDCAST_SERVICE_LINGER_MS'] = '1500';
  const startEngine = async (name: string, joins: boolean): Promise<Instance> => {
    const home = path.join(root, name);
    const engine = await startEngineProcess({ entry: ENGINE, home });
    const instance: Instance = { name, home, engine, events: [] };
    engine.api.show.watch.subscribe(undefined, {
      onData: (event) => {
        instance.events.push(event);
        all.push(event);
        if (event.type === 'pair' || event.type === 'warning') log(`${name}: ${event.type === 'pair' ? event.sentence : event.failure.message}`);
      },
      onError: () => undefined,
    });
    const plan: ShowPlan = {
      video: { kind: 'test' }, audio: { kind: 'source' }, destination: { kind: 'embedded', home: service }, ladder, rehearse: false, keepEvent: false,
      eventName: EVENT, ...(joins ? { join: 'adopt' as const } : {}), ...(options.mode === undefined ? {} : { pair: options.mode }),
    };
    await engine.api.show.start.mutate(plan);
    return instance;
  };
  const untilLive = async (instance: Instance): Promise<void> => {
    const state = (): string | undefined => instance.events.findLast((event) => event.type === 'state')?.state;
    await until(() => state() === 'live' || state() === 'failed', `${instance.name} to be live`, LIVE_MS);
    if (state() === 'failed') throw new Error(`${instance.name} failed: ${JSON.stringify(instance.events.slice(-4))}`);
  };
  const bothPublish = (): boolean => instances.every(({ events }) => {
    const stats = events.findLast((event) => event.type === 'stats');
    return stats?.pair?.partner?.isPresent === true && stats.connections.length > 0 && stats.connections.every(({ state }) => state === 'publishing');
  });
  const kill = async (instance: Instance): Promise<void> => {
    for (const one of processesWith(instance.home)) if (one.name !== 'service.ts') process.kill(one.pid, 'SIGKILL');
    await instance.engine.exited;
    await instance.engine.close();
  };
  const instances: Instance[] = [];
  const kills: { instance: string; atSeconds: number }[] = [];
  let watching: Awaited<ReturnType<typeof watch>> | undefined;
  let player: PairedShowResult['player'];
  try {
    instances.push(await startEngine('a', false));
    await untilLive(instances[0]!);
    instances.push(await startEngine('b', true));
    await untilLive(instances[1]!);
    await until(bothPublish, 'both to be on air and to know of each other', LIVE_MS);
    const hls = playbackOf(instances[1]!);
    if (options.withPlayer) watching = await watch(hls);
    await options.whilePaired?.(instances.map(({ engine }) => engine));
    const startedAtMs = performance.now();
    const endsAtMs = startedAtMs + options.seconds * 1000;
    for (;;) {
      const [least, most] = options.killAfterMs;
      const waitMs = least + Math.random() * (most - least);
      if (performance.now() + waitMs > endsAtMs) break;
      await pause(waitMs);
      const victims = options.killsBoth === true ? [0, 1] : [Math.random() < 0.5 ? 0 : 1];
      const atSeconds = (performance.now() - startedAtMs) / 1000;
      kills.push({ instance: victims.map((index) => instances[index]!.name).join(' and '), atSeconds });
      log(`kill -9 of ${kills.at(-1)!.instance} after ${atSeconds.toFixed(1)} s`);
      await Promise.all(victims.map(async (index) => kill(instances[index]!)));
      await Promise.all(victims.map(async (index) => {
        instances[index] = await startEngine(instances[index]!.name, true);
        await untilLive(instances[index]);
      }));
      await until(bothPublish, 'both to be on air again', LIVE_MS);
    }
    await pause(Math.max(0, endsAtMs - performance.now()));
    player = await watching?.stop();
    const reports: ShowReport[] = [];
    for (const instance of instances) {
      await instance.engine.api.show.end.mutate();
      await until(() => instance.events.some(({ type }) => type === 'report'), `the report of ${instance.name}`, LIVE_MS);
      reports.push(instance.events.find((event) => event.type === 'report')!);
    }
    const left = await instances[1]!.engine.api.engine.events.query({ kind: 'embedded', home: service });
    let unfinished = 0;
    for (const { engine } of instances) {
      unfinished += (await engine.api.engine.info.query()).unfinished.length;
      await engine.shutdown();
    }
    // The service waits for the leases of engines that were killed to run out.
    await until(() => processesWith(root).length === 0, 'the end of every process', LIVE_MS).catch((error: unknown) => {
      throw new Error(`Still there: ${processesWith(root).map(({ name, pid }) => `${name} ${pid}`).join(', ')}`, { cause: error });
    });
    const archive = await startForegroundService(service);
    try {
      const renditions = [];
      for (const { name, declaredKbps, width, height } of ladder.renditions) {
        const url = hls.replace(/manifest\([^)]*\)$/, `QualityLevels(${declaredKbps * 1000})/Manifest(video,format=m3u8-cmaf)`);
        renditions.push({ name, ...countsOf(await burntInNumbers(url, width, height)) });
      }
      const received = reports.at(-1)!.received;
      const holes = received.reduce((sum, { gaps, overlaps }) => sum + gaps.length + overlaps.length, 0);
      return { kills, renditions, holes, player, reports, events: all, left: left.map(({ name }) => name), unfinished };
    } finally {
      await archive.stop();
    }
  } finally {
    await watching?.stop();
    for (const one of processesWith(root)) process.kill(one.pid, 'SIGKILL');
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function playbackOf({ events }: Instance): string {
  const hls = events.findLast((event) => event.type === 'playback')?.playback.hls;
  if (hls === undefined) throw new Error('The show has no public stream.');
  return hls;
}

function countsOf(numbers: readonly (number | undefined)[]): { frames: number; missing: number; doubled: number; unreadable: number } {
  const readable = numbers.filter((one) => one !== undefined);
  const first = Math.min(...readable);
  const last = Math.max(...readable);
  const distinct = new Set(readable).size;
  return { frames: numbers.length, missing: last - first + 1 - distinct, doubled: readable.length - distinct, unreadable: numbers.length - readable.length };
}

/** Plays the stream until `stop`, and measures in the page how long the picture stood still. */
async function watch(hls: string): Promise<{ stop(): Promise<NonNullable<PairedShowResult['player']>> }> {
  const server = await servePlayerPage();
  const browser = await launchChromium();
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => 'playerPage' in globalThis, undefined, { timeout: 20_000 });
  await page.evaluate(async (url) => await playerPage.start('hls.js', url), hls);
  await page.waitForFunction(() => playerPage.state().readyState >= 3 && playerPage.state().currentTimeS > 0, undefined, { timeout: 40_000 });
  await page.evaluate((standstillMs) => {
    const video = document.querySelector('video')!;
    const seen = { startedAtMs: performance.now(), startedS: video.currentTime, lastS: video.currentTime, movedAtMs: performance.now(), standstills: [] as number[] };
    Object.assign(globalThis, { pairWatch: seen });
    setInterval(() => {
      const now = performance.now();
      if (video.currentTime === seen.lastS) return;
      if (now - seen.movedAtMs > standstillMs) seen.standstills.push(Math.round(now - seen.movedAtMs));
      seen.lastS = video.currentTime;
      seen.movedAtMs = now;
    }, 50);
  }, STANDSTILL_MS);
  let stopped: Promise<NonNullable<PairedShowResult['player']>> | undefined;
  const stop = async (): Promise<NonNullable<PairedShowResult['player']>> => {
    const result = await page.evaluate(() => {
      const { pairWatch } = globalThis as unknown as { pairWatch: { startedAtMs: number; startedS: number; movedAtMs: number; standstills: number[] } };
      const { errors, fatal } = playerPage.state();
      const now = performance.now();
      return {
        watchedMs: now - pairWatch.startedAtMs, playedMs: (document.querySelector('video')!.currentTime - pairWatch.startedS) * 1000,
        standstills: now - pairWatch.movedAtMs > 1000 ? [...pairWatch.standstills, now - pairWatch.movedAtMs] : pairWatch.standstills, errors: [...errors, ...fatal],
      };
    });
    await browser.close();
    await server.close();
    return result;
  };
  return { stop: async () => (stopped ??= stop()) };
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => { setTimeout(resolve, ms); });
}
