// What the monitor costs: a small picture of 1080p, the look for alarms, the meters for an hour of sound; and how soon a picture reaches a client.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { USUAL_PICTURES_PER_SECOND } from '../../src/contract/monitorStream.ts';
import { startEngineProcess } from '../../src/main/cli/engineProcess.ts';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { LevelMeter } from '../../src/main/monitor/levels.ts';
import { LoudnessMeter } from '../../src/main/monitor/loudness.ts';
import { LumaSample } from '../../src/main/monitor/lumaSample.ts';
import { SmallPicture } from '../../src/main/monitor/smallPicture.ts';
import { readBurnIn } from '../support/burnInReader.ts';
import { openMonitor } from '../support/monitorClient.ts';
import { stereoSine } from '../support/sines.ts';
import { startRtmpServer } from '../support/rtmpServer.ts';
import { until } from '../support/until.ts';
import type { BenchRow } from './benchRow.ts';

const SIZE = { width: 1920, height: 1080 };
/** What a client gets that does not ask for more. */
const FPS = USUAL_PICTURES_PER_SECOND;
const SHOW_SECONDS = 20;

/** CPU seconds of this process for each call, after the compiler has had its turn. */
function cpuSecondsOf(work: () => void, times: number): number {
  for (let turn = 0; turn < Math.min(times, 100); turn += 1) work();
  const before = process.cpuUsage();
  for (let turn = 0; turn < times; turn += 1) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / times;
}

function pictureRows(): BenchRow[] {
  const frame = new Uint8Array(SIZE.width * SIZE.height * 1.5).map((_, index) => (index * 7919) % 256);
  // As a capture worker gives it.
  const pieces = [frame];
  const small = new SmallPicture(SIZE);
  const pixels = new Uint8Array(small.size.width * small.size.height * 1.5);
  const luma = new LumaSample(SIZE);
  const drawing = cpuSecondsOf(() => small.draw(pieces, pixels), 300);
  const copying = cpuSecondsOf(() => { frame.slice(0, (frame.length * 2) / 3); }, 300);
  const looking = cpuSecondsOf(() => { luma.look(pieces); }, 300);
  return [
    { name: 'small picture of 1080p, CPU for each', value: drawing * 1000, unit: 'ms', atMost: 4, note: 'Held by the event loop; made only for a client with credit.' },
    { name: 'the copy that a thread would need instead', value: copying * 1000, unit: 'ms', note: 'Two rows of three, without the message to the thread and back.' },
    { name: `pictures for a client at ${FPS} fps ÷ one core`, value: drawing * FPS, unit: '×' },
    { name: 'look for alarms, 4 a second ÷ one core', value: looking * 4, unit: '×', atMost: 0.01 },
  ];
}

function soundRows(): BenchRow[] {
  // Three sines make most samples worth the interpolation; silence and speech cost less.
  const [a, b, c] = [stereoSine(440, -12, 1), stereoSine(997, -14, 1), stereoSine(5003, -20, 1)];
  const second = a.map((value, index) => value + (b[index] ?? 0) + (c[index] ?? 0));
  const [levels, loudness] = [new LevelMeter(), new LoudnessMeter()];
  const level = cpuSecondsOf(() => { for (let at = 0; at < second.length; at += 3200) levels.push(second.subarray(at, at + 3200)); }, 120);
  const loud = cpuSecondsOf(() => { for (let at = 0; at < second.length; at += 3200) loudness.push(second.subarray(at, at + 3200)); }, 120);
  return [
    { name: 'peak, RMS and true peak ÷ real time', value: level, unit: '×', atMost: 0.03, note: `${(level * 3600).toFixed(0)} s of CPU for an hour of sound.` },
    { name: 'loudness M, S, I and LRA ÷ real time', value: loud, unit: '×', atMost: 0.02, note: `${(loud * 3600).toFixed(0)} s of CPU for an hour of sound.` },
  ];
}

const quantile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** A show at 1080p; half of it unwatched, half with a client that takes every picture and reading. */
async function showRows(): Promise<BenchRow[]> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-bench-monitor-'));
  const server = await startRtmpServer();
  const engine = await startEngineProcess({ entry: fileURLToPath(new URL('../../src/main/engine.ts', import.meta.url)), home });
  try {
    const base = ladderByName('480p');
    const [top] = base.renditions;
    if (top === undefined) throw new Error('The ladder 480p is empty.');
    const ladder = { ...base, renditions: [{ ...top, name: '1080p', ...SIZE }] };
    await engine.api.show.start.mutate({
      video: { kind: 'test' }, audio: { kind: 'source' }, destination: { kind: 'rtmp', url: `rtmp://127.0.0.1:${server.port}/live/{rendition}` },
      ladder, rehearse: false, keepEvent: false,
    });
    let isLive = false;
    const subscription = engine.api.show.watch.subscribe(undefined, { onData: (event) => { isLive ||= event.type === 'state' && event.state === 'live'; } });
    await until(() => isLive, 'the show', 60_000);
    const unwatched = await cpuShare(engine.pid);
    const client = await openMonitor(engine.ready);
    client.keepGranting({ pictures: 2, meters: 8 });
    const watched = await cpuShare(engine.pid);
    client.close();
    subscription.unsubscribe();
    const delays: number[] = [];
    let untrue = 0;
    for (const { message, atUtcMs } of client.arrivals) {
      if (message.type !== 'picture') continue;
      delays.push(atUtcMs - message.utcMs);
      if (readBurnIn(message.pixels, message.width, message.height) !== message.frame) untrue += 1;
    }
    delays.sort((x, y) => x - y);
    return [
      { name: 'program picture at its client after its tick, median', value: quantile(delays, 0.5), unit: 'ms', atMost: 100, note: `${delays.length} pictures of a 1080p show; the frame burnt in was another than the stamp says in ${untrue}.` },
      { name: 'program picture at its client after its tick, 99 of 100', value: quantile(delays, 0.99), unit: 'ms' },
      { name: 'pictures whose burnt-in frame is another', value: untrue, unit: 'pictures', atMost: 0 },
      { name: 'engine, nobody looks ÷ one core', value: unwatched, unit: '×' },
      { name: 'engine, one client looks ÷ one core', value: watched, unit: '×' },
      { name: 'what a client costs the engine ÷ one core', value: watched - unwatched, unit: '×', note: 'Scaling, sending 5 MB/s over loopback, and meters.' },
    ];
  } finally {
    await engine.api.show.abort.mutate().catch(() => undefined);
    await engine.shutdown();
    await server.close();
    await rm(home, { recursive: true, force: true });
  }
}

/** CPU seconds of a process for each second, over half the show, from /proc. */
async function cpuShare(pid: number | undefined): Promise<number> {
  const ticks = async (): Promise<number> => {
    const fields = (await readFile(`/proc/${pid ?? 0}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  const [before, from] = [await ticks(), performance.now()];
  await new Promise((resolve) => { setTimeout(resolve, (SHOW_SECONDS / 2) * 1000); });
  // The kernel counts in hundredths of a second (USER_HZ).
  return ((await ticks()) - before) / 100 / ((performance.now() - from) / 1000);
}

export async function run(): Promise<BenchRow[]> {
  const show = process.platform === 'linux' ? await showRows() : [];
  return [...pictureRows(), ...soundRows(), ...show];
}
