// Makes small media files with FFmpeg for tests that read files.
import { spawnSync } from 'node:child_process';

/** Runs FFmpeg with the arguments and the path of the output as the last one; throws with its words. Returns the path. */
export function makeMedia(ffmpeg: string, args: readonly string[], path: string): string {
  const run = spawnSync(ffmpeg, ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args, path], { encoding: 'utf8', timeout: 60_000 });
  if (run.status !== 0) throw new Error(`Could not make ${path}: ${run.stderr}`);
  return path;
}

/** Inputs of a film that is white and loud in its first 0.2 s and dark and silent after. */
export function beginMarked(options: { size: string; rate: number; videoSeconds: number; audioSeconds?: number }): string[] {
  const { size, rate, videoSeconds, audioSeconds } = options;
  const picture = ['-f', 'lavfi', '-i', `color=black:size=${size}:rate=${rate}:duration=${videoSeconds},drawbox=color=white:t=fill:enable='lt(t,0.2)'`];
  const sound = `aevalsrc=exprs='0.6*lt(t,0.2)*sin(2*PI*1000*t)':sample_rate=48000:duration=${audioSeconds ?? 0}`;
  return audioSeconds === undefined ? picture : [...picture, '-f', 'lavfi', '-i', sound];
}
