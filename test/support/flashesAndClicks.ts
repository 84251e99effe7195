// When the test picture flashes and when it clicks in a file, in seconds of the file's own time, as a player would show it.
import { spawn } from 'node:child_process';
import { readFlash } from './burnInReader.ts';

const DEADLINE_MS = 60_000;
/** The click is 0.6 loud, the tone beside it 0.08. */
const CLICK_LEVEL = 0.25;
/** A click lasts 0.1 s; two lie a second apart. */
const QUIET_SECONDS = 0.3;

export async function flashesAndClicks(input: string, width: number, height: number, fps: number): Promise<{ flashes: number[]; clicks: number[] }> {
  const frameBytes = width * height;
  const flashes: number[] = [];
  let pending = Buffer.alloc(0);
  let frame = 0;
  let wasLit = true;
  await decode(['-i', input, '-map', '0:v:0', '-vf', `fps=${fps}:start_time=0`, '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'], (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    for (; pending.length >= frameBytes; pending = pending.subarray(frameBytes), frame += 1) {
      const isLit = readFlash(pending.subarray(0, frameBytes), width, height);
      if (isLit && !wasLit) flashes.push(frame / fps);
      wasLit = isLit;
    }
  });
  const parts: Buffer[] = [];
  await decode(['-i', input, '-map', '0:a:0', '-af', 'aresample=48000:async=1:first_pts=0', '-ac', '1', '-f', 'f32le', 'pipe:1'], (bytes) => parts.push(bytes));
  const bytes = Buffer.concat(parts);
  const clicks: number[] = [];
  let loudAt = -Infinity;
  for (let index = 0; index * 4 + 4 <= bytes.length; index += 1) {
    if (Math.abs(bytes.readFloatLE(index * 4)) < CLICK_LEVEL) continue;
    if (index / 48_000 - loudAt > QUIET_SECONDS) clicks.push(index / 48_000);
    loudAt = index / 48_000;
  }
  return { flashes, clicks };
}

async function decode(args: readonly string[], onBytes: (bytes: Buffer) => void): Promise<void> {
  const child = spawn('ffmpeg', ['-v', 'error', '-nostdin', ...args], { stdio: ['ignore', 'pipe', 'ignore'], timeout: DEADLINE_MS });
  child.stdout.on('data', onBytes);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`FFmpeg ended with ${code} on ${args.join(' ')}.`);
}
