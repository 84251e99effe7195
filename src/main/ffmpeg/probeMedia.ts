// Looks into an input with `ffmpeg -i`, and measures how long one of its streams is. Bounded in time; decodes nothing.
import { parseMediaInfo, type MediaInfo } from './mediaInfo.ts';
import { runBriefly } from './runBriefly.ts';
import { classifyExit, type WorkerExit } from './workerExit.ts';

export type MediaProbe =
  | { readonly kind: 'found'; readonly info: MediaInfo }
  | { readonly kind: 'failed'; readonly exit: WorkerExit }
  | { readonly kind: 'timed-out' };

/**
 * What an input holds. Never rejects.
 * @param inputArgs options that stand before `-i`, such as `-f` of a device.
 */
export async function probeMedia(binary: string, inputArgs: readonly string[], input: string, timeoutMs: number): Promise<MediaProbe> {
  const run = await runBriefly(binary, ['-hide_banner', '-nostdin', ...inputArgs, '-i', input], { timeoutMs });
  if (run.outcome === 'timed-out') return { kind: 'timed-out' };
  const info = parseMediaInfo(run.stderr);
  // Without an output FFmpeg always ends with an error; what counts is whether it described the input.
  if (info !== undefined) return { kind: 'found', info };
  const exit = classifyExit({
    code: run.code, signal: null, askedStep: undefined, hadNoOutput: false,
    spawnError: run.outcome === 'not-started' ? run.error : undefined,
    stderrTail: run.stderr.split(/\r?\n/).filter((line) => line !== ''),
  });
  return { kind: 'failed', exit };
}

/**
 * End of the last packet of one stream in seconds, found by reading the file to its end without decoding;
 * undefined when that was not done in time.
 * @param stream a stream specifier such as `0:a:0`.
 */
export async function measureStreamEnd(binary: string, input: string, stream: string, timeoutMs: number): Promise<number | undefined> {
  const run = await runBriefly(
    binary,
    ['-hide_banner', '-nostdin', '-loglevel', 'error', '-nostats', '-progress', 'pipe:1', '-i', input, '-map', stream, '-c', 'copy', '-f', 'null', '-'],
    { timeoutMs },
  );
  const end = run.stdout.split('progress=end')[0]?.match(/out_time_us=\d+/g)?.at(-1);
  if (run.outcome !== 'ended' || run.code !== 0 || end === undefined || !run.stdout.includes('progress=end')) return undefined;
  return Number(end.slice('out_time_us='.length)) / 1_000_000;
}
