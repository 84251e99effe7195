// CPU of decode → program clock → encoder with its packets read, ÷ CPU of one plain FFmpeg that does the same decode and ladder
// into files. Pair by pair, CPU seconds only: what else runs on the machine changes both alike.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AudioFeed, RawFrame, VideoFeed } from '../../src/main/capture/feed.ts';
import { DEFAULT_ENCODER } from '../../src/contract/encoder.ts';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { encoderArgs } from '../../src/main/encode/encoderTable.ts';
import { ladderGraph } from '../../src/main/encode/videoArgs.ts';
import { VideoEncoder } from '../../src/main/encode/videoEncoder.ts';
import { openDirectPipe, readInto } from '../../src/main/ffmpeg/directPipe.ts';
import { filterThreadArgs } from '../../src/main/ffmpeg/filterThreads.ts';
import { outputFd, startWorker } from '../../src/main/ffmpeg/worker.ts';
import { FrameAssembler, FramePool } from '../../src/main/media/framePool.ts';
import { createTimeline, firstGopFrameAt, type FrameIndex } from '../../src/main/media/timeline.ts';
import type { ClockSource } from '../../src/main/program/clockSource.ts';
import { Program } from '../../src/main/program/program.ts';
import type { BenchRow } from './benchRow.ts';

const CLIP = fileURLToPath(new URL('../../../shared/media/clip-1080p25.mp4', import.meta.url));
const BINARY = process.env['FIELDCAST_FFMPEG'] ?? 'ffmpeg';
const PAIRS = 3;
const SECONDS = 15;
/** The goal for the whole show; publishers and sound take the rest. */
const AT_MOST = 1.15;
const CLOCK_TICKS_PER_SECOND = 100;
/** Frames that wait between decoder and program. */
const QUEUE_FRAMES = 6;
/** Frames inside the encoder above which the bench's clock stands still: nothing is ever replaced, so both sides encode the same. */
const MAX_LAG_FRAMES = 16;

const ladder = ladderByName('1080p');
const { width, height } = ladder.renditions[0] ?? { width: 0, height: 0 };
const FRAMES = (SECONDS * ladder.frameRate.num) / ladder.frameRate.den;
const toGrid = [`fps=${ladder.frameRate.num}/${ladder.frameRate.den}`, `scale=${width}:${height}:out_range=tv`, 'format=yuv420p'].join(',');
const decodeArgs = ['-stream_loop', '-1', '-i', CLIP];

/** `npm run bench pipeline`. */
export async function run(): Promise<BenchRow[]> {
  const dir = await mkdtemp(join(tmpdir(), 'fieldcast-bench-'));
  try {
    const pairs: { plain: number; through: number; own: number }[] = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const plain = await cpuOf(async () => plainFfmpeg(dir));
      const through = await cpuOf(async () => pipeline());
      pairs.push({ plain: plain.total, through: through.total, own: through.own });
    }
    const ratios = pairs.map((one) => one.through / one.plain);
    const perSecond = (values: readonly number[]): number => median(values) / SECONDS;
    return [
      {
        name: 'CPU of decode, clock, encoder ÷ one plain FFmpeg, 1080p', value: median(ratios), unit: '×', atMost: AT_MOST,
        note: `Pair by pair ${ratios.map((one) => one.toFixed(3)).join(', ')}; 4 renditions, superfast, ${FRAMES} frames.`,
      },
      { name: 'plain FFmpeg, CPU seconds a media second', value: perSecond(pairs.map((one) => one.plain)), unit: 's/s' },
      { name: 'of that path, Node itself, CPU seconds a media second', value: perSecond(pairs.map((one) => one.own)), unit: 's/s' },
    ];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The same decode, grid, graph and encoders in one process. */
async function plainFfmpeg(dir: string): Promise<void> {
  const framesPerGop = createTimeline(0, ladder.frameRate, ladder.gopSeconds).framesPerGop;
  const args = [
    '-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...decodeArgs,
    '-filter_complex', `[0:v]${toGrid}[g];${ladderGraph(ladder.renditions, 'g')}`,
    ...ladder.renditions.flatMap((rendition, index) => [
      '-map', `[v${index}]`, ...encoderArgs(rendition, framesPerGop, DEFAULT_ENCODER), '-frames:v', String(FRAMES), '-f', 'flv', join(dir, `${rendition.name}.flv`),
    ]),
  ];
  const child = spawn(BINARY, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`The plain FFmpeg ended with ${String(code)}.`);
}

/** A decoder worker, the program and the encoder as a show runs them; ends when every packet has come out. */
async function pipeline(): Promise<void> {
  const frames: RawFrame[] = [];
  let hasRoom = (): boolean => false;
  const clock = new PushedClock(1_700_000_000_000, () => frames.length > 0 && hasRoom());
  let pipe: Readable | undefined;
  const assembler = new FrameAssembler(new FramePool((width * height * 3) / 2), ({ bytes, lease }) => {
    frames.push({ pieces: [bytes], lease, arrivedAtMs: 0, sourceFrame: 0 });
    if (frames.length >= QUEUE_FRAMES) pipe?.pause();
    clock.look();
  });
  const direct = await openDirectPipe(assembler);
  const decoder = startWorker({
    name: 'bench decoder', binary: BINARY, stdin: 'control', outputs: 1, upTimeoutMs: 30_000, direct,
    args: [
      ...filterThreadArgs({ width, height, fps: ladder.frameRate.num / ladder.frameRate.den }), ...decodeArgs, '-filter_complex', `[0:v]${toGrid}[v]`,
      '-map', '[v]', '-f', 'rawvideo', '-avioflags', 'direct', `pipe:${outputFd(0)}`,
    ],
  });
  [pipe] = decoder.pipes;
  if (pipe === undefined) throw new Error('The decoder could not be started.');
  if (direct === undefined) readInto(pipe, assembler);
  pipe.resume();
  const feed: VideoFeed = {
    pacing: 'pull', width, height, droppedFrames: 0, timing: undefined, queued: frames,
    take: () => {
      const frame = frames.shift();
      if (frames.length < QUEUE_FRAMES) pipe?.resume();
      return frame;
    },
  };
  await decoder.up;

  const timeline = createTimeline(1_700_000_000, ladder.frameRate, ladder.gopSeconds);
  const startFrame = firstGopFrameAt(timeline, 1_700_000_000_000);
  let packets = 0;
  const encoder = new VideoEncoder({
    binary: BINARY, ladder, timeline, startFrame,
    onConfig: () => {},
    onPacket: () => {
      packets += 1;
      clock.look();
    },
    onFailure: ({ error }) => { throw error; },
  });
  hasRoom = () => encoder.stats.lagFrames < MAX_LAG_FRAMES;
  const silence: AudioFeed | undefined = undefined;
  const program = new Program({
    timeline, startFrame, width, height, clock, feeds: { video: feed, audio: silence },
    onFrame: (frame: FrameIndex, pieces, lease) => encoder.push(frame, pieces, lease), onAudio: () => {},
  });
  program.endBefore(startFrame + FRAMES);
  program.start();
  await program.ended;
  await encoder.finish(60_000);
  await decoder.stop({ discardOutput: true });
  const { replacedFrames } = encoder.stats;
  if (packets !== FRAMES * ladder.renditions.length || replacedFrames > 0 || program.stats.repeatedFrames > 0) {
    throw new Error(`The pipeline gave ${packets} packets, replaced ${replacedFrames} and repeated ${program.stats.repeatedFrames} frames.`);
  }
}

/** Time that passes as soon as source and encoder are ready for it; they say so by {@link PushedClock.look}. */
class PushedClock implements ClockSource {
  #nowMs = 0;
  readonly #startUtcMs: number;
  readonly #isReady: () => boolean;
  #waiting: { readonly atMs: number; readonly callback: () => void } | undefined;
  #isLooking = false;

  constructor(startUtcMs: number, isReady: () => boolean) {
    this.#startUtcMs = startUtcMs;
    this.#isReady = isReady;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  utcMs(): number {
    return this.#startUtcMs + this.#nowMs;
  }

  after(ms: number, callback: () => void): () => void {
    this.#waiting = { atMs: this.#nowMs + ms, callback };
    this.look();
    return () => { this.#waiting = undefined; };
  }

  look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    setImmediate(() => {
      this.#isLooking = false;
      const waiting = this.#waiting;
      if (waiting === undefined || !this.#isReady()) return;
      this.#waiting = undefined;
      this.#nowMs = waiting.atMs;
      waiting.callback();
    });
  }
}

/** CPU seconds of `work`: of this process, and with all processes that it started and that have ended. */
async function cpuOf(work: () => Promise<void>): Promise<{ readonly own: number; readonly total: number }> {
  const before = { own: process.cpuUsage(), children: childrenSeconds() };
  await work();
  const own = process.cpuUsage(before.own);
  const ownSeconds = (own.user + own.system) / 1e6;
  return { own: ownSeconds, total: ownSeconds + childrenSeconds() - before.children };
}

/** `cutime` and `cstime` (proc_pid_stat(5)): children that have been waited for. */
function childrenSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) / CLOCK_TICKS_PER_SECOND;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
