// CPU of our publisher for 10 Mbit/s against `ffmpeg -re -c copy` with the same bytes to the same sink.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { payloadOf, audioHeader, timed, videoHeader } from '../../src/main/publish/rtmpPackets.ts';
import { RtmpPublisher } from '../../src/main/publish/rtmpPublisher.ts';
import { writeFlvFileHeader, writeFlvTag } from '../../src/main/rtmp/flvTag.ts';
import { CLIP_FRAME_RATE, encodeClip, wireMs, type EncodedClip } from '../support/encodedClip.ts';
import type { BenchRow } from './benchRow.ts';

const SECONDS = 8;
const KBPS = 10_000;
const ROUNDS = 3;

/** Three rounds, each both ways one after the other, so that what else the machine does strikes both. */
export async function run(): Promise<BenchRow[]> {
  const clip = await encodeClip({ seconds: SECONDS, startFrame: 0, kbps: KBPS, noise: true });
  const folder = await mkdtemp(join(tmpdir(), 'fieldcast-bench-'));
  const sink = spawn(process.execPath, [fileURLToPath(new URL('../support/rtmpSinkEntry.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [line] = await once(sink.stdout, 'data', { signal: AbortSignal.timeout(10_000) }) as [Buffer];
    const url = `rtmp://127.0.0.1:${Number(line)}/live/bench`;
    const file = join(folder, 'clip.flv');
    await writeFile(file, flvOf(clip));
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await publishOnce(clip, url));
      theirs.push(await ffmpegOnce(file, url));
    }
    const megabits = clip.packets.reduce((sum, packet) => sum + packet.data.length, 0) * 8 / 1e6 / SECONDS;
    return [
      { name: `publisher CPU for ${megabits.toFixed(1)} Mbit/s ÷ ffmpeg -re -c copy`, value: median(ours) / median(theirs), unit: '×', note: `median of ${ROUNDS}; ours, pacing timer included, ${ours.map(percent).join(', ')}; FFmpeg ${theirs.map(percent).join(', ')} of one core` },
    ];
  } finally {
    sink.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** CPU seconds for each second of media: this process, packets in memory, paced by a timer as the encoder's pipe would. */
async function publishOnce(clip: EncodedClip, url: string): Promise<number> {
  const publisher = new RtmpPublisher({
    url, video: clip.videoConfig, audio: clip.audioConfig, encoderName: 'Fieldcast bench', policy: { burstWelcome: true, maxQueuedMs: 10_000 },
  });
  publisher.start();
  await publisher.published;
  const packets = clip.packets.toReversed();
  const before = process.cpuUsage();
  const started = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      for (let next = packets.at(-1); next !== undefined && wireMs(next) <= performance.now() - started; next = packets.at(-1)) {
        publisher.send(next);
        packets.pop();
      }
      if (packets.length > 0) return;
      clearInterval(timer);
      resolve();
    }, 10);
  });
  await publisher.stop();
  const { user, system } = process.cpuUsage(before);
  const { sentVideoFrames, droppedFrames } = publisher.stats();
  if (sentVideoFrames !== clip.video.length || droppedFrames > 0) throw new Error(`The publisher sent ${sentVideoFrames} of ${clip.video.length} frames.`);
  return (user + system) / 1e6 / SECONDS;
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
      return writeFlvTag({ type: packet.kind, timestampMs: entry.timestampMs, payload: payloadOf(entry, CLIP_FRAME_RATE) });
    }),
  ]);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
