// What a viewer of a stream or a recording sees: every frame of one rendition decoded by FFmpeg, strictly, with its burnt-in number.
import { spawn } from 'node:child_process';
import { readBurnIn } from './burnInReader.ts';

const DEADLINE_MS = 120_000;

/** Numbers of all frames in presentation order; undefined where none can be read. Rejects on any error of FFmpeg. */
export async function burntInNumbers(input: string, width: number, height: number): Promise<(number | undefined)[]> {
  const numbers: (number | undefined)[] = [];
  const frameBytes = width * height;
  let pending: Buffer = Buffer.alloc(0);
  await ffmpeg(['-i', input, '-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'], (bytes) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    while (pending.length >= frameBytes) {
      numbers.push(readBurnIn(pending.subarray(0, frameBytes), width, height));
      pending = pending.subarray(frameBytes);
    }
  });
  return numbers;
}

/** Interleaved stereo samples of 48 kHz. */
export async function decodedSound(input: string): Promise<Float32Array> {
  const parts: Buffer[] = [];
  await ffmpeg(['-i', input, '-map', '0:a:0', '-ac', '2', '-ar', '48000', '-f', 'f32le', 'pipe:1'], (bytes) => parts.push(bytes));
  const all = Buffer.concat(parts);
  return new Float32Array(all.buffer.slice(all.byteOffset, all.byteOffset + all.byteLength));
}

async function ffmpeg(args: readonly string[], onBytes: (bytes: Buffer) => void): Promise<void> {
  const child = spawn('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-xerror', '-err_detect', 'explode', ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: DEADLINE_MS });
  let complaints = '';
  child.stdout.on('data', onBytes);
  child.stderr.setEncoding('utf8').on('data', (text: string) => { complaints += text; });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0 || complaints !== '') throw new Error(`FFmpeg ended with ${code} on ${args.join(' ')}: ${complaints.slice(0, 2000)}`);
}
