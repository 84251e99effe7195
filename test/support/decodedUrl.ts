// Decodes a stream of a URL with FFmpeg to the end, strictly, and counts its frames.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @param stream an FFmpeg stream specifier, `0:v:0`. Rejects when FFmpeg reports any error or warning about the media. */
export async function countDecodedFrames(url: string, stream: string): Promise<{ readonly frames: number; readonly startSeconds: number }> {
  const child = spawn('ffmpeg', [
    '-hide_banner', '-nostdin', '-loglevel', 'warning', '-xerror', '-err_detect', 'explode', '-copyts', '-i', url,
    '-map', stream, '-fps_mode', 'passthrough', '-f', 'framecrc', '-',
  ], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  let out = '';
  let complaints = '';
  child.stdout.on('data', (text: Buffer) => { out += text.toString(); });
  child.stderr.on('data', (text: Buffer) => { complaints += text.toString(); });
  const [code] = await once(child, 'close') as [number | null];
  if (code !== 0 || complaints !== '') throw new Error(`FFmpeg ended with ${code} on ${url}: ${complaints}`);
  const lines = out.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const [num = 1, den = 1] = (/^#tb 0: (\d+)\/(\d+)/m.exec(out) ?? []).slice(1).map(Number);
  const startTicks = Number(lines[0]?.split(',')[2]);
  return { frames: lines.length, startSeconds: (startTicks * num) / den };
}
