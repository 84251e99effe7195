// The whole show against one plain FFmpeg: CPU of engine and workers (the service is not counted) pushing a file to the embedded service,
// watched by a client and recorded, ÷ CPU of one process that makes the same ladder and sound of the same file, into files.
// That process is what the goal is held against: it has Fieldcast's own graph, with each scaler behind the one above it, FFmpeg's own
// threads, and the pace of a show (as fast as it can, the same work takes some 5 % less). The other two say what is gained by the graph
// (FFmpeg's defaults: dearer) and by the threads (Fieldcast's: cheaper).
// And what each part costs: in one show each part is added in turn and taken away again, so that what else the machine does falls on all alike.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decoderThreadArgs } from '../../src/main/capture/decoderThreads.ts';
import { pictureFilter } from '../../src/main/capture/pictureFilter.ts';
import { startEngineProcess } from '../../src/main/cli/engineProcess.ts';
import { DEFAULT_ENCODER } from '../../src/contract/encoder.ts';
import type { Rendition } from '../../src/contract/ladder.ts';
import type { ShowEvent, ShowReport } from '../../src/contract/report.ts';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { encoderArgs } from '../../src/main/encode/encoderTable.ts';
import { ladderGraph } from '../../src/main/encode/videoArgs.ts';
import { filterThreadArgs } from '../../src/main/ffmpeg/filterThreads.ts';
import { probeMedia } from '../../src/main/ffmpeg/probeMedia.ts';
import { openMonitor, type MonitorClient } from '../support/monitorClient.ts';
import { processesWith } from '../support/processTree.ts';
import { until } from '../support/until.ts';
import type { BenchRow } from './benchRow.ts';

const CLIP = fileURLToPath(new URL('../../../shared/media/clip-1080p25.mp4', import.meta.url));
/** Times that the parts are added and taken away again. */
const ROUNDS = Number(process.env['FIELDCAST_BENCH_ROUNDS'] ?? 1);
/** Of each plain FFmpeg, before and after the show; like the looks whole rounds of the film, which lasts 5 s. */
const PLAIN_SECONDS = 10;
/** A show lasts for hours: what its code costs until it is compiled is not of interest. */
const WARM_UP_SECONDS = 15;
/** After a part was added or taken away, and of each measurement. */
const SETTLE_SECONDS = 2;
const LOOK_SECONDS = 5;
const AT_MOST = 1.15;
/** Not part of the encoder: the service would be a cloud. */
const NOT_COUNTED = 'service.ts';

const ladder = ladderByName('1080p');
const framesPerGop = (ladder.frameRate.num / ladder.frameRate.den) * ladder.gopSeconds;

/** What a show does beside encoding and sending, in the order in which it is added. */
const STEPS = ['bare', 'meters', 'pictures', 'recording'] as const;
type Step = (typeof STEPS)[number];
/** CPU seconds of each kind of process for each second of the show. */
type Cost = Readonly<Record<string, number>>;
/**
 * One process that does everything. `usual`: what somebody writes who knows FFmpeg's documentation, every rendition scaled from the
 * large picture. `graph`: the same with Fieldcast's filters. `tuned`: with its threads too.
 */
const PLAINS = ['graph', 'usual', 'tuned'] as const;
type Plain = (typeof PLAINS)[number];
type PlainCosts = Readonly<Record<Plain, number>>;
type ShowCosts = { readonly at: Readonly<Record<Step, readonly Cost[]>>; readonly report: ShowReport | undefined; readonly stepDowns: number };

/** `npm run bench show`. */
export async function run(): Promise<BenchRow[]> {
  const loadBefore = loadavg();
  const before = await plainCosts();
  const { at, report, stepDowns } = await showCosts();
  const after = await plainCosts();
  const plainOf = (one: Plain): number => mean([before[one], after[one]]);
  const plain = plainOf('graph');
  const whole = at.recording.map((cost) => sum(Object.values(cost)) / plain);
  const ratioOf = (step: Step): number => mean(at[step].map((cost) => sum(Object.values(cost)))) / plain;
  const names = [...new Set(at.recording.flatMap((cost) => Object.keys(cost)))].sort();
  return [
    {
      name: 'whole show ÷ one plain FFmpeg, CPU, 1080p file', value: mean(whole), unit: '×', ...(stepDowns === 0 ? { atMost: AT_MOST } : {}),
      note: `Looks of ${LOOK_SECONDS} s: ${whole.map((one) => one.toFixed(3)).join(', ')}; 4 renditions, superfast, RTMPS, recorded, one client with pictures and meters. `
        + `Plain before and after: ${before.graph.toFixed(3)}, ${after.graph.toFixed(3)} s/s. Repeated frames: ${report?.renditions[0]?.repeatedFrames ?? '?'}. `
        + `Load of the machine before: ${loadBefore.map((one) => one.toFixed(1)).join(', ')}.`
        + (stepDowns > 0 ? ` NOT COMPARABLE: the machine was too busy, and the encoder took a faster preset ${stepDowns} times.` : ''),
    },
    { name: 'the same ÷ a plain FFmpeg with its own defaults', value: (mean(whole) * plain) / plainOf('usual'), unit: '×' },
    { name: 'the same ÷ a plain FFmpeg with the threads of Fieldcast too', value: (mean(whole) * plain) / plainOf('tuned'), unit: '×' },
    { name: 'the whole without client and recording', value: ratioOf('bare'), unit: '×' },
    ...STEPS.slice(1).map((step, index) => ({ name: `  of the whole: ${step}`, value: ratioOf(step) - ratioOf(STEPS[index] ?? 'bare'), unit: '×' })),
    ...PLAINS.map((one) => ({ name: `plain FFmpeg, ${one}, CPU seconds a media second`, value: plainOf(one), unit: 's/s' })),
    ...names.map((name) => ({ name: `of the whole show, ${name}`, value: mean(at.recording.map((cost) => cost[name] ?? 0)), unit: 's/s' })),
    { name: '  the engine without client and recording', value: mean(at.bare.map((cost) => cost['engine.ts'] ?? 0)), unit: 's/s' },
    { name: 'start to first public segment of every rendition', value: (report?.timings.toPublicMs ?? Number.NaN) / 1000, unit: 's' },
  ];
}

/** One show, looked at with each part and without it. */
async function showCosts(): Promise<ShowCosts> {
  const home = await mkdtemp(path.join(tmpdir(), 'fieldcast-bench-show-'));
  const engine = await startEngineProcess({ entry: fileURLToPath(new URL('../../src/main/engine.ts', import.meta.url)), home });
  const events: ShowEvent[] = [];
  const subscription = engine.api.show.watch.subscribe(undefined, { onData: (event) => { events.push(event); } });
  const clients: MonitorClient[] = [];
  const watch = async (grant: Parameters<MonitorClient['keepGranting']>[0]): Promise<void> => {
    const client = await openMonitor(engine.ready);
    client.keepGranting(grant);
    clients.push(client);
  };
  try {
    await engine.api.show.start.mutate({
      video: { kind: 'file', path: CLIP }, audio: { kind: 'source' }, destination: { kind: 'embedded' }, ladder, rehearse: false, keepEvent: false,
    });
    await until(() => events.some((event) => event.type === 'state' && event.state === 'live'), 'the show', 60_000);
    await seconds(WARM_UP_SECONDS);
    const at: Record<Step, Cost[]> = { bare: [], meters: [], pictures: [], recording: [] };
    const look = async (step: Step): Promise<void> => { at[step].push(await costOf(home)); };
    for (let round = 0; round < ROUNDS; round += 1) {
      await look('bare');
      await watch({ meters: 8 });
      await look('meters');
      await watch({ pictures: 2 });
      await look('pictures');
      await engine.api.show.recordInto.mutate({ dir: home });
      await look('recording');
      await look('recording');
      await engine.api.show.record.mutate({ on: false });
      // The file is made a plain one.
      await seconds(SETTLE_SECONDS);
      await look('pictures');
      clients.pop()?.close();
      await look('meters');
      clients.pop()?.close();
      await look('bare');
    }
    await engine.api.show.end.mutate();
    await until(() => events.some((event) => event.type === 'report'), 'the report', 60_000);
    return {
      at,
      report: events.find((event) => event.type === 'report'),
      stepDowns: events.filter((event) => event.type === 'warning' && event.failure.code === 'ENCODER_STEPPED_DOWN').length,
    };
  } finally {
    for (const client of clients) client.close();
    subscription.unsubscribe();
    await engine.shutdown();
    await rm(home, { recursive: true, force: true });
  }
}

/** Of every process of the show, over the next seconds, by the wall clock, which is the program's. */
async function costOf(home: string): Promise<Cost> {
  await seconds(SETTLE_SECONDS);
  const counted = () => processesWith(home).filter((one) => one.name !== NOT_COUNTED);
  const [before, fromMs] = [counted(), performance.now()];
  await seconds(LOOK_SECONDS);
  const [after, spanSeconds] = [counted(), (performance.now() - fromMs) / 1000];
  const cost: Record<string, number> = {};
  for (const { pid, name, cpuSeconds } of after) {
    const used = cpuSeconds - (before.find((one) => one.pid === pid)?.cpuSeconds ?? 0);
    cost[name] = (cost[name] ?? 0) + used / spanSeconds;
  }
  return cost;
}

async function plainCosts(): Promise<PlainCosts> {
  return { graph: await plainCost('graph'), usual: await plainCost('usual'), tuned: await plainCost('tuned') };
}

/** CPU seconds a media second of `ffmpeg` doing decode, grid, ladder and one AAC encode, at the pace of a show; FLV files thrown away. */
async function plainCost(plain: Plain): Promise<number> {
  const { renditions, frameRate } = ladder;
  const { width, height } = renditions[0] ?? { width: 0, height: 0 };
  const binary = process.env['FIELDCAST_FFMPEG'] ?? 'ffmpeg';
  const probe = await probeMedia(binary, [], CLIP, 10_000);
  const video = probe.kind === 'found' ? probe.info.video : undefined;
  if (video === undefined) throw new Error('The film has no picture.');
  // The film is of full range and BT.601, so each of them turns its colours into those of live video.
  const usual = `[0:v]scale=${width}:${height}:out_color_matrix=bt709:out_range=tv,format=yuv420p,fps=${frameRate.num}/${frameRate.den},split=${renditions.length}`
    + [...renditions.map((_, index) => `[s${index}]`), ...renditions.map((one, index) => `;[s${index}]scale=${one.width}:${one.height}[v${index}]`)].join('');
  const own = `[0:v]${pictureFilter({ width, height, frameRate }, video)}[g];${ladderGraph(renditions, 'g')}`;
  const encoder = (rendition: Rendition): string[] => {
    const all = encoderArgs(rendition, framesPerGop, DEFAULT_ENCODER);
    const threads = all.indexOf('-threads');
    return plain === 'tuned' ? all : all.toSpliced(threads, 2);
  };
  const args = [
    '-hide_banner', '-nostdin', '-benchmark', '-loglevel', 'info', '-y', ...(plain === 'tuned' ? decoderThreadArgs(video) : []), '-re', '-stream_loop', '-1', '-i', CLIP, '-t', String(PLAIN_SECONDS),
    ...(plain === 'tuned' ? filterThreadArgs({ width, height, fps: frameRate.num / frameRate.den }) : []),
    '-filter_complex', plain === 'usual' ? usual : own,
    ...renditions.flatMap((rendition, index) => ['-map', `[v${index}]`, ...encoder(rendition), '-t', String(PLAIN_SECONDS), '-f', 'flv', '/dev/null']),
    '-map', '0:a', '-c:a', 'aac', '-b:a', `${ladder.audioKbps}k`, '-t', String(PLAIN_SECONDS), '-f', 'flv', '/dev/null',
  ];
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 180_000 });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (more: string) => { text = (text + more).slice(-20_000); });
  const code = await new Promise((resolve) => { child.once('close', resolve); });
  const used = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(text);
  if (code !== 0 || used === null) throw new Error(`The plain FFmpeg ended with ${String(code)}: ${text.slice(-500)}`);
  return (Number(used[1]) + Number(used[2])) / PLAIN_SECONDS;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

async function seconds(count: number): Promise<void> {
  await new Promise((resolve) => { setTimeout(resolve, count * 1000); });
}
