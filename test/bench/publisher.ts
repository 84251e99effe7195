// What our publisher costs for 10 Mbit/s, against `ffmpeg -re -c copy` with the same bytes to the same sink, and how long a packet takes from
// the encoder's hand to a peer on this machine.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { MediaPacket } from '../../src/main/media/packets.ts';
import { audioHeader, headOf, timed, videoHeader } from '../../src/main/publish/rtmpPackets.ts';
import { RtmpPublisher } from '../../src/main/publish/rtmpPublisher.ts';
import { writeFlvFileHeader, writeFlvTag } from '../../src/main/rtmp/flvTag.ts';
import { CLIP_FRAME_RATE, encodeClip, wireMs, type EncodedClip } from '../support/encodedClip.ts';
import type { BenchRow } from './benchRow.ts';

const SECONDS = 12;
const KBPS = 10_000;
const ROUNDS = 3;
/** Of what FFmpeg costs, startup included. */
const MOST_CPU = 1.5;

type Arrival = readonly [kind: string, timestampMs: number, atMs: number];

/**
 * Rounds of all three ways one after the other, so that what else the machine does strikes all: this Node with the pacing timer alone, with
 * the publisher, and FFmpeg. Ours is the difference of the first two: the pacing belongs to the measurement.
 */
export async function run(): Promise<BenchRow[]> {
  const clip = await encodeClip({ seconds: SECONDS, startFrame: 0, kbps: KBPS, noise: true });
  const folder = await mkdtemp(join(tmpdir(), 'fieldcast-bench-'));
  const sink = spawn(process.execPath, [fileURLToPath(new URL('../support/rtmpSinkEntry.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: sink.stdout })[Symbol.asyncIterator]();
    const url = `rtmp://127.0.0.1:${Number((await lines.next()).value)}/live/bench`;
    const file = join(folder, 'clip.flv');
    await writeFile(file, flvOf(clip));
    const ours: number[] = [];
    const theirs: number[] = [];
    const delays: number[] = [];
    // The first round also compiles the code; it counts nowhere.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const idle = await paced(clip, () => undefined);
      const sentAtMs = new Map<string, number>();
      const busy = await publishOnce(clip, url, sentAtMs);
      const arrived = arrivalsIn((await lines.next()).value);
      const ffmpeg = await ffmpegOnce(file, url);
      await lines.next();
      if (round === 0) continue;
      ours.push(busy - idle);
      theirs.push(ffmpeg);
      delays.push(...arrived.flatMap(([kind, timestampMs, atMs]) => {
        const from = sentAtMs.get(`${kind} ${timestampMs}`);
        return from === undefined ? [] : [atMs - from];
      }));
    }
    const megabits = clip.packets.reduce((sum, packet) => sum + packet.data.length, 0) * 8 / 1e6 / SECONDS;
    const sorted = delays.toSorted((a, b) => a - b);
    const note = `${delays.length} packets, from the publisher's \`send\` to a peer's hands; audio and video wait for each other so that time on the wire never runs backwards`;
    return [
      {
        name: `publisher CPU for ${megabits.toFixed(1)} Mbit/s ÷ ffmpeg -re -c copy`, value: median(ours) / median(theirs), unit: '×', atMost: MOST_CPU,
        note: `median of ${ROUNDS}; ours beyond an idle Node with the same timer ${ours.map(percent).join(', ')}; FFmpeg ${theirs.map(percent).join(', ')} of one core`,
      },
      { name: 'added latency, median', value: median(sorted), unit: 'ms', note },
      { name: 'added latency, 99th percentile', value: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN, unit: 'ms' },
    ];
  } finally {
    sink.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** CPU seconds for each second of media: packets from memory, handed over in time as the encoder's pipe would. */
async function paced(clip: EncodedClip, send: (packet: MediaPacket) => void): Promise<number> {
  const packets = clip.packets.toReversed();
  const before = process.cpuUsage();
  const started = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      for (let next = packets.at(-1); next !== undefined && wireMs(next) <= performance.now() - started; next = packets.at(-1)) {
        send(next);
        packets.pop();
      }
      if (packets.length > 0) return;
      clearInterval(timer);
      resolve();
    }, 10);
  });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / SECONDS;
}

/** @param sentAtMs is filled with when each packet was handed over, by track and wire time */
async function publishOnce(clip: EncodedClip, url: string, sentAtMs: Map<string, number>): Promise<number> {
  const publisher = new RtmpPublisher({
    url, video: clip.videoConfig, audio: clip.audioConfig, encoderName: 'Fieldcast bench', policy: { burstWelcome: true, maxQueuedMs: 10_000 },
  });
  publisher.start();
  await publisher.published;
  const cpu = await paced(clip, (packet) => {
    sentAtMs.set(`${packet.kind} ${timed(packet, CLIP_FRAME_RATE).timestampMs}`, Number(process.hrtime.bigint()) / 1e6);
    publisher.send(packet);
  });
  await publisher.stop();
  const { sentVideoFrames, droppedFrames } = publisher.stats();
  if (sentVideoFrames !== clip.video.length || droppedFrames > 0) throw new Error(`The publisher sent ${sentVideoFrames} of ${clip.video.length} frames.`);
  return cpu;
}

function arrivalsIn(line: unknown): readonly Arrival[] {
  const arrivals: unknown = JSON.parse(String(line));
  if (!Array.isArray(arrivals) || arrivals.length === 0) throw new Error('The sink has received nothing.');
  return arrivals as Arrival[];
}

/** CPU seconds for each second of media, as FFmpeg's own -benchmark counts them. */
async function ffmpegOnce(file: string, url: string): Promise<number> {
  const child = spawn('ffmpeg', ['-hide_banner', '-nostdin', '-benchmark', '-loglevel', 'info', '-re', '-i', file, '-c', 'copy', '-f', 'flv', url], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text; });
  await once(child, 'close');
  const [, user, system] = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(said) ?? [];
  if (user === undefined || system === undefined) throw new Error(`FFmpeg did not finish: ${said.slice(-400)}`);
  return (Number(user) + Number(system)) / SECONDS;
}

function flvOf(clip: EncodedClip): Buffer {
  return Buffer.concat([
    writeFlvFileHeader(true, true),
    writeFlvTag({ type: 'video', timestampMs: 0, payload: videoHeader(clip.videoConfig) }),
    writeFlvTag({ type: 'audio', timestampMs: 0, payload: audioHeader(clip.audioConfig) }),
    ...clip.packets.map((packet) => {
      const entry = timed(packet, CLIP_FRAME_RATE);
      return writeFlvTag({ type: packet.kind, timestampMs: entry.timestampMs, payload: Buffer.concat([headOf(entry, CLIP_FRAME_RATE), packet.data]) });
    }),
  ]);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
