// Decodes encoded packets with FFmpeg and returns what a viewer would see or hear; strict about errors.
import { spawn } from 'node:child_process';
import { parseAvcDecoderConfig } from '../../src/main/media/avcDecoderConfig.ts';
import { nalUnitsOf } from '../../src/main/media/h264.ts';
import type { AudioPacket, VideoPacket, VideoTrackConfig } from '../../src/main/media/packets.ts';

const START_CODE = Uint8Array.of(0, 0, 0, 1);
const DEADLINE_MS = 60_000;

/** Luma planes in presentation order. Rejects when FFmpeg reports any error. */
export async function decodeLuma(config: VideoTrackConfig, packets: readonly VideoPacket[]): Promise<Uint8Array[]> {
  const { sps, pps } = parseAvcDecoderConfig(config.avcDecoderConfig);
  const parts = [...sps, ...pps, ...packets.flatMap((packet) => [...nalUnitsOf(packet.data)])].flatMap((nal) => [START_CODE, nal]);
  const raw = await runFfmpeg(['-f', 'h264', '-i', 'pipe:0', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'], Buffer.concat(parts));
  const planeBytes = config.width * config.height;
  return Array.from({ length: raw.length / planeBytes }, (_, index) => raw.subarray(index * planeBytes, (index + 1) * planeBytes));
}

/** Interleaved stereo samples of 48 kHz: 1024 a channel for each packet. */
export async function decodeAac(packets: readonly AudioPacket[]): Promise<Float32Array> {
  const adts = Buffer.concat(packets.flatMap(({ data }) => [adtsHeader(data.length), data]));
  const raw = await runFfmpeg(['-f', 'aac', '-i', 'pipe:0', '-f', 'f32le', 'pipe:1'], adts);
  return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
}

/** ISO/IEC 13818-7 §6.2: AAC-LC, 48 kHz, stereo, no CRC. */
function adtsHeader(bytes: number): Uint8Array {
  const length = bytes + 7;
  return Uint8Array.of(0xff, 0xf1, (1 << 6) | (3 << 2), (2 << 6) | (length >> 11), (length >> 3) & 0xff, ((length & 7) << 5) | 0x1f, 0xfc);
}

/** Runs FFmpeg with `-xerror` on `input` and returns its stdout. Rejects with stderr on any complaint. */
async function runFfmpeg(args: readonly string[], input: Uint8Array): Promise<Buffer> {
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-xerror', '-err_detect', 'explode', ...args], { timeout: DEADLINE_MS });
  const out: Buffer[] = [];
  let complaints = '';
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.setEncoding('utf8').on('data', (text: string) => { complaints += text; });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0 || complaints !== '') throw new Error(`FFmpeg ended with ${code}: ${complaints}`);
  return Buffer.concat(out);
}
