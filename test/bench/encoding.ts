// What could make encoding cheaper, each against the ladder as it is: one FFmpeg with the same pictures and another scaler, pixel format or
// number of threads. CPU only; what changes the picture says so.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DEFAULT_ENCODER } from '../../src/contract/encoder.ts';
import { encoderArgs } from '../../src/main/encode/encoderTable.ts';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { ladderGraph } from '../../src/main/encode/videoArgs.ts';
import { filterThreadArgs } from '../../src/main/ffmpeg/filterThreads.ts';
import type { BenchRow } from './benchRow.ts';

const CLIP = fileURLToPath(new URL('../../../shared/media/clip-1080p25.mp4', import.meta.url));
const BINARY = process.env['FIELDCAST_FFMPEG'] ?? 'ffmpeg';
const ROUNDS = Number(process.env['FIELDCAST_BENCH_PAIRS'] ?? 3);
const SECONDS = 6;

const ladder = ladderByName('1080p');
const graph = ladderGraph(ladder.renditions, 'g');

type Variant = { readonly name: string; readonly note?: string; readonly graph?: (text: string) => string; readonly slices?: boolean; readonly codec?: (args: string[]) => string[] };
const x264 = (args: string[], change: (params: string) => string): string[] => args.map((arg, index) => (args[index - 1] === '-x264-params' ? change(arg) : arg));
const VARIANTS: readonly Variant[] = [
  { name: 'as it is' },
  { name: 'filters with as many threads as FFmpeg likes (as it was)', slices: true },
  { name: 'adaptive B-frames (as it was)', codec: (args) => x264(args, (params) => params.replace('b-adapt=0', 'b-adapt=1')) },
  { name: 'HRD in the SPS (as it was)', codec: (args) => x264(args, (params) => params.replace('filler=1', 'nal-hrd=cbr')) },
  { name: 'scaler bilinear', note: 'Softer.', graph: (text) => text.replaceAll(/scale=(\d+:\d+)/g, 'scale=$1:flags=bilinear') },
  { name: 'scaler fast_bilinear', note: 'Softer, with some aliasing.', graph: (text) => text.replaceAll(/scale=(\d+:\d+)/g, 'scale=$1:flags=fast_bilinear') },
  { name: 'scaler area', note: 'An average of the pixels.', graph: (text) => text.replaceAll(/scale=(\d+:\d+)/g, 'scale=$1:flags=area') },
  { name: 'nv12 all the way', graph: (text) => `[0:v]fps=30,format=nv12[g];${text}`.replaceAll(/setsar=1/g, 'setsar=1,format=nv12') },
  { name: 'one encoder thread for each rendition', codec: (args) => args.map((arg, index) => (args[index - 1] === '-threads' ? '1' : arg)) },
];

/** `npm run bench encoding`. */
export async function run(): Promise<BenchRow[]> {
  const costs = new Map<Variant, number[]>(VARIANTS.map((variant) => [variant, []]));
  for (let round = 0; round < ROUNDS; round += 1) for (const variant of VARIANTS) costs.get(variant)?.push(await cpuSeconds(variant));
  const base = median(costs.get(VARIANTS[0] ?? { name: '' }) ?? []);
  return VARIANTS.map((variant, index) => (index === 0
    ? { name: 'the 1080p ladder, superfast, CPU seconds a media second', value: base / SECONDS, unit: 's/s' }
    : { name: `${variant.name} ÷ as it is`, value: median(costs.get(variant) ?? []) / base, unit: '×', ...(variant.note === undefined ? {} : { note: variant.note }) }));
}

async function cpuSeconds({ graph: changeGraph = (text) => text, slices = false, codec = (args) => args }: Variant): Promise<number> {
  const changed = changeGraph(graph);
  const { width, height } = ladder.renditions[0] ?? { width: 0, height: 0 };
  const args = [
    '-hide_banner', '-nostdin', '-benchmark', '-loglevel', 'info', '-y', '-i', CLIP,
    ...(slices ? [] : filterThreadArgs({ width, height, fps: ladder.frameRate.num / ladder.frameRate.den })),
    '-filter_complex', changed.startsWith('[0:v]') ? changed : `[0:v]fps=30,format=yuv420p[g];${changed}`,
    ...ladder.renditions.flatMap((rendition, index) => ['-map', `[v${index}]`, ...codec(encoderArgs(rendition, 60, DEFAULT_ENCODER)), '-t', String(SECONDS), '-f', 'flv', '/dev/null']),
  ];
  const child = spawn(BINARY, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (more: string) => { text = (text + more).slice(-20_000); });
  const code = await new Promise((resolve) => { child.once('close', resolve); });
  const used = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(text);
  if (code !== 0 || used === null) throw new Error(`FFmpeg ended with ${String(code)}: ${text.slice(-500)}`);
  return Number(used[1]) + Number(used[2]);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
