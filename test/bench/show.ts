// The whole show against one plain FFmpeg: CPU of engine and workers (service and command line not counted) pushing a file to the embedded
// service, watched by a client and recorded, ÷ CPU of one process that does the same decode, picture filter, ladder and sound into files.
// And what each part costs, by turning it off; and the time to the first public segment.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pictureFilter } from '../../src/main/capture/pictureFilter.ts';
import { DEFAULT_ENCODER } from '../../src/contract/encoder.ts';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { encoderArgs } from '../../src/main/encode/encoderTable.ts';
import { ladderGraph } from '../../src/main/encode/videoArgs.ts';
import { probeMedia } from '../../src/main/ffmpeg/probeMedia.ts';
import { readDescriptor } from '../../src/main/show/engineDescriptor.ts';
import { openMonitor, type MonitorClient } from '../support/monitorClient.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { processesWith } from '../support/processTree.ts';
import type { BenchRow } from './benchRow.ts';

const CLIP = fileURLToPath(new URL('../../../shared/media/clip-1080p25.mp4', import.meta.url));
const PAIRS = Number(process.env['FIELDCAST_BENCH_PAIRS'] ?? 3);
/** Media that is measured, from `WARM_UP_SECONDS` on. */
const MEASURED_SECONDS = 20;
const WARM_UP_SECONDS = 6;
const AT_MOST = 1.15;
/** Not part of the encoder: the service would be a cloud, the command line a window. */
const NOT_COUNTED = ['service.ts', 'cli.ts'];

const loadBefore = loadavg();
const ladder = ladderByName('1080p');
const framesPerGop = (ladder.frameRate.num / ladder.frameRate.den) * ladder.gopSeconds;

/** What a show does beside encoding and sending. */
type Extras = { readonly pictures: boolean; readonly meters: boolean; readonly recording: boolean };
const ALL: Extras = { pictures: true, meters: true, recording: true };
const NONE: Extras = { pictures: false, meters: false, recording: false };

/** `npm run bench show`. */
export async function run(): Promise<BenchRow[]> {
  const pairs: { plain: number; show: ShowCost }[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) pairs.push({ plain: await plainCost(), show: await showCost(ALL) });
  const ratios = pairs.map(({ plain, show }) => show.cpuPerSecond / plain);
  const shows = pairs.map(({ show }) => show);
  const plain = median(pairs.map((one) => one.plain));
  const bare = await showCost(NONE);
  const extras = ['pictures', 'meters', 'recording'] as const;
  const without: BenchRow[] = [];
  for (const extra of extras) {
    const cost = await showCost({ ...ALL, [extra]: false });
    without.push({ name: `  ${extra}: the show with all ÷ plain, less the same without`, value: median(ratios) - cost.cpuPerSecond / plain, unit: '×' });
  }
  const workers = [...new Set(shows.flatMap((show) => Object.keys(show.byProcess)))].sort();
  return [
    {
      name: 'whole show ÷ one plain FFmpeg, CPU, 1080p file', value: median(ratios), unit: '×', atMost: AT_MOST,
      note: `Pair by pair ${ratios.map((one) => one.toFixed(3)).join(', ')}; 4 renditions, superfast, RTMPS, recorded, one client with pictures and meters. `
        + `Repeated frames: ${shows.map((one) => one.repeatedFrames).join(', ')}. Load of the machine before: ${loadBefore.map((one) => one.toFixed(1)).join(', ')}.`,
    },
    { name: 'the same without client and recording', value: bare.cpuPerSecond / plain, unit: '×' },
    ...without,
    { name: 'plain FFmpeg, CPU seconds a media second', value: plain, unit: 's/s' },
    ...workers.map((name) => ({ name: `of the show, ${name}`, value: median(shows.map((show) => show.byProcess[name] ?? 0)), unit: 's/s' })),
    { name: 'start to first public segment of every rendition', value: median(shows.map((one) => one.toPublicMs)) / 1000, unit: 's' },
  ];
}

type ShowCost = { readonly cpuPerSecond: number; readonly byProcess: Readonly<Record<string, number>>; readonly toPublicMs: number; readonly repeatedFrames: number };

/** CPU of a running show between two looks, over the media time between them. */
async function showCost(extras: Extras): Promise<ShowCost> {
  const home = await mkdtemp(path.join(tmpdir(), 'fieldcast-bench-show-'));
  const run = startCli(
    ['live', '--source', `file:${CLIP}`, '--destination', 'embedded', '--ladder', '1080p', '--for', `${WARM_UP_SECONDS + MEASURED_SECONDS + 4}s`, '--json',
      ...(extras.recording ? ['--record', home] : [])],
    { home, timeoutMs: 180_000 },
  );
  let client: MonitorClient | undefined;
  try {
    await run.event('stats');
    client = await watched(home, extras);
    const look = async (atSeconds: number) => {
      const { programSeconds } = await run.event('stats', (event) => event.programSeconds >= atSeconds);
      return { programSeconds, processes: processesWith(home).filter((one) => !NOT_COUNTED.includes(one.name)) };
    };
    const before = await look(WARM_UP_SECONDS);
    const after = await look(WARM_UP_SECONDS + MEASURED_SECONDS);
    const { report } = await run.finished;
    const mediaSeconds = after.programSeconds - before.programSeconds;
    const spent = after.processes.map((one) => ({
      name: one.name, seconds: one.cpuSeconds - (before.processes.find((earlier) => earlier.pid === one.pid)?.cpuSeconds ?? 0),
    }));
    return {
      cpuPerSecond: sum(spent.map((one) => one.seconds)) / mediaSeconds,
      byProcess: Object.fromEntries([...new Set(spent.map((one) => one.name))].map((name) => (
        [name, sum(spent.filter((one) => one.name === name).map((one) => one.seconds)) / mediaSeconds]
      ))),
      toPublicMs: report?.timings.toPublicMs ?? Number.NaN,
      repeatedFrames: report?.renditions[0]?.repeatedFrames ?? Number.NaN,
    };
  } finally {
    client?.close();
    await run.finished;
    await rm(home, { recursive: true, force: true });
  }
}

/** A client that looks at the show as the desktop's window does; undefined where it is to look at nothing. */
async function watched(home: string, { pictures, meters }: Extras): Promise<MonitorClient | undefined> {
  const found = await readDescriptor(home);
  if (found === undefined || (!pictures && !meters)) return undefined;
  const client = await openMonitor(found);
  client.keepGranting({ ...(pictures ? { pictures: 2 } : {}), ...(meters ? { meters: 4 } : {}) });
  return client;
}

/** CPU seconds a media second of `ffmpeg` doing decode, grid, ladder and one AAC encode; FLV files thrown away. */
async function plainCost(): Promise<number> {
  const { width, height } = ladder.renditions[0] ?? { width: 0, height: 0 };
  const binary = process.env['FIELDCAST_FFMPEG'] ?? 'ffmpeg';
  const probe = await probeMedia(binary, [], CLIP, 10_000);
  const video = probe.kind === 'found' ? probe.info.video : undefined;
  if (video === undefined) throw new Error('The film has no picture.');
  const args = [
    '-hide_banner', '-nostdin', '-benchmark', '-loglevel', 'info', '-y', '-stream_loop', '-1', '-i', CLIP, '-t', String(MEASURED_SECONDS),
    '-filter_complex', `[0:v]${pictureFilter({ width, height, frameRate: ladder.frameRate }, video)}[g];${ladderGraph(ladder.renditions, 'g')}`,
    ...ladder.renditions.flatMap((rendition, index) => ['-map', `[v${index}]`, ...encoderArgs(rendition, framesPerGop, DEFAULT_ENCODER), '-t', String(MEASURED_SECONDS), '-f', 'flv', '/dev/null']),
    '-map', '0:a', '-c:a', 'aac', '-b:a', `${ladder.audioKbps}k`, '-t', String(MEASURED_SECONDS), '-f', 'flv', '/dev/null',
  ];
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 180_000 });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (more: string) => { text = (text + more).slice(-20_000); });
  const code = await new Promise((resolve) => { child.once('close', resolve); });
  const used = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(text);
  if (code !== 0 || used === null) throw new Error(`The plain FFmpeg ended with ${String(code)}: ${text.slice(-500)}`);
  return (Number(used[1]) + Number(used[2])) / MEASURED_SECONDS;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
