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
import { selfSignedCertificate } from '../support/rtmpPeers.ts';
import type { BenchRow } from './benchRow.ts';

const SECONDS = 8;
const KBPS = 10_000;
const ROUNDS = 6;
/** Of what FFmpeg costs, startup included. */
const MOST_CPU = 1.5;

type Arrival = readonly [kind: string, timestampMs: number, atMs: number];
type Peer = { readonly url: string; readonly ca: string | undefined; readonly lines: AsyncIterator<string> };

/** FIELDCAST_PUBLISHER chooses `plain` or `tls`; without it both are measured, some six minutes. */
export async function run(): Promise<BenchRow[]> {
  const chosen = process.env['FIELDCAST_PUBLISHER'];
  const clip = await encodeClip({ seconds: SECONDS, startFrame: 0, kbps: KBPS, noise: true });
  const rows: BenchRow[] = [];
  for (const way of ['plain', 'tls'] as const) if (chosen === undefined || chosen === way) rows.push(...await compare(clip, way));
  return rows;
}

/**
 * Rounds of all three ways one after the other, their order turned each time, so that what else the machine does strikes all: this Node with the
 * pacing timer alone, with the publisher, and FFmpeg. Ours is the difference of the first two: the pacing belongs to the measurement.
 */
async function compare(clip: EncodedClip, way: 'plain' | 'tls'): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fieldcast-bench-'));
  const certificate = way === 'tls' ? await selfSignedCertificate() : undefined;
  const files = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  if (certificate !== undefined) await Promise.all([writeFile(files[0] ?? '', certificate.private), writeFile(files[1] ?? '', certificate.cert)]);
  const entry = fileURLToPath(new URL('../support/rtmpSinkEntry.ts', import.meta.url));
  const sink = spawn(process.execPath, [entry, ...(certificate === undefined ? [] : files)], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: sink.stdout })[Symbol.asyncIterator]();
    const url = `${way === 'tls' ? 'rtmps' : 'rtmp'}://127.0.0.1:${Number((await lines.next()).value)}/live/bench`;
    const peer: Peer = { url, ca: certificate?.cert, lines };
    const file = join(folder, 'clip.flv');
    await writeFile(file, flvOf(clip));
    const ours: number[] = [];
    const theirs: number[] = [];
    const delays: number[] = [];
    // The first round also compiles the code; it counts nowhere.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const costs = { idle: 0, busy: 0, ffmpeg: 0 };
      const ways = [
        async () => { costs.idle = await paced(clip, () => undefined); },
        async () => { costs.busy = await publishOnce(clip, peer, round === 0 ? [] : delays); },
        async () => { costs.ffmpeg = await ffmpegOnce(file, peer); },
      ];
      for (let turn = 0; turn < ways.length; turn += 1) await ways[(turn + round) % ways.length]?.();
      if (round === 0) continue;
      ours.push(costs.busy - costs.idle);
      theirs.push(costs.ffmpeg);
    }
    const megabits = clip.packets.reduce((sum, packet) => sum + packet.data.length, 0) * 8 / 1e6 / SECONDS;
    const sorted = delays.toSorted((a, b) => a - b);
    const ratios = ours.map((one, index) => one / (theirs[index] ?? Number.NaN)).toSorted((a, b) => a - b);
    const note = `${delays.length} packets, from the publisher's \`send\` to a peer's hands; audio and video wait for each other so that time on the wire never runs backwards`;
    return [
      {
        name: `${way}: publisher CPU for ${megabits.toFixed(1)} Mbit/s ÷ ffmpeg -re -c copy`, value: median(ours) / median(theirs), unit: '×', atMost: MOST_CPU,
        note: `medians of ${ROUNDS}; round by round ${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)}, median ${median(ratios).toFixed(2)}; `
          + `ours beyond an idle Node with the same timer ${ours.map(percent).join(', ')}; FFmpeg ${theirs.map(percent).join(', ')} of one core`,
      },
      { name: `${way}: added latency, encoder to socket's other end, median`, value: median(sorted), unit: 'ms', note },
      { name: `${way}: added latency, 99th percentile`, value: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN, unit: 'ms' },
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

/** @param delays takes what each packet needed to the peer's hands, ms */
async function publishOnce(clip: EncodedClip, { url, ca, lines }: Peer, delays: number[]): Promise<number> {
  const sentAtMs = new Map<string, number>();
  const publisher = new RtmpPublisher({
    url, ca, video: clip.videoConfig, audio: clip.audioConfig, encoderName: 'Fieldcast bench', policy: { burstWelcome: true, maxQueuedMs: 10_000 },
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
  for (const [kind, timestampMs, atMs] of arrivalsIn((await lines.next()).value)) {
    const from = sentAtMs.get(`${kind} ${timestampMs}`);
    if (from !== undefined) delays.push(atMs - from);
  }
  return cpu;
}

function arrivalsIn(line: unknown): readonly Arrival[] {
  const arrivals: unknown = JSON.parse(String(line));
  if (!Array.isArray(arrivals) || arrivals.length === 0) throw new Error('The sink has received nothing.');
  return arrivals as Arrival[];
}

/** CPU seconds for each second of media, as FFmpeg's own -benchmark counts them. */
async function ffmpegOnce(file: string, { url, lines }: Peer): Promise<number> {
  const child = spawn('ffmpeg', ['-hide_banner', '-nostdin', '-benchmark', '-loglevel', 'info', '-re', '-i', file, '-c', 'copy', '-f', 'flv', url], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text; });
  await once(child, 'close');
  const [, user, system] = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(said) ?? [];
  if (user === undefined || system === undefined) throw new Error(`FFmpeg did not finish: ${said.slice(-400)}`);
  await lines.next();
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
