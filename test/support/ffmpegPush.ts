// A real FFmpeg that pushes a small test picture with tone to an ingest, one connection for each rendition, and says how it ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export type PushedRendition = { readonly url: string; readonly kbps: number; readonly size: string };

/**
 * Encodes `seconds` of test picture and tone once for each rendition, in real time, and ends.
 * FFmpeg declares its -b:v and -b:a divided by 1024, so the rates are given so that round numbers are declared.
 */
export async function pushWithFfmpeg(
  renditions: readonly PushedRendition[],
  options: { readonly seconds: number; readonly rate?: string; readonly bFrames?: number; readonly caPath?: string; readonly extra?: readonly string[] },
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const { seconds, rate = '30', bFrames = 2 } = options;
  const outputs = renditions.flatMap(({ url, kbps, size }) => [
    '-map', '0:v', '-map', '1:a', '-s', size, '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'fastdecode', '-pix_fmt', 'yuv420p',
    '-bf', String(bFrames), '-force_key_frames', 'expr:gte(t,n_forced*2)', '-sc_threshold', '0', '-g', '600',
    '-b:v', String(kbps * 1024), '-maxrate', String(kbps * 1024), '-bufsize', String(kbps * 1024),
    '-c:a', 'aac', '-b:a', String(128 * 1024), '-ar', '48000', '-ac', '2', ...options.extra ?? [],
    '-f', 'flv', ...(options.caPath ? ['-tls_verify', '1', '-ca_file', options.caPath] : []), url,
  ]);
  const child = spawn('ffmpeg', [
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-re', '-f', 'lavfi', '-t', String(seconds), '-i', `testsrc=size=320x180:rate=${rate}`,
    '-f', 'lavfi', '-t', String(seconds), '-i', 'sine=frequency=440:sample_rate=48000',
    ...outputs,
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => { stderr += text.toString(); });
  const deadline = setTimeout(() => { child.kill('SIGKILL'); }, (seconds + 30) * 1000);
  const [code] = await once(child, 'close') as [number | null];
  clearTimeout(deadline);
  return { code, stderr };
}
