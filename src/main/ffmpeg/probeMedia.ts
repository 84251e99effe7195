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

/** Times in seconds of one stream. */
export type StreamExtent = { readonly firstPts: number; readonly lastPts: number };

/**
 * Where a stream begins and where its last packet stands, found by reading the file to its end without decoding;
 * undefined when that was not done in time.
 * @param stream a stream specifier such as `0:a:0`.
 */
export async function measureStream(binary: string, input: string, stream: string, timeoutMs: number): Promise<StreamExtent | undefined> {
  const run = await runBriefly(
    binary, ['-hide_banner', '-nostdin', '-loglevel', 'error', '-i', input, '-map', stream, '-c', 'copy', '-f', 'framecrc', '-'], { timeoutMs },
  );
  return run.outcome === 'ended' && run.code === 0 ? parseFrameCrc(run.stdout) : undefined;
}

/** Lines of FFmpeg's framecrc muxer: `#tb 0: 1/12800`, then `stream, dts, pts, duration, size, checksum` for each packet. */
export function parseFrameCrc(output: string): StreamExtent | undefined {
  const base = /^#tb 0: (\d+)\/(\d+)$/m.exec(output);
  if (base === null) return undefined;
  let first = Infinity;
  let last = -Infinity;
  for (const [, pts] of output.matchAll(/^0, +-?\d+, +(-?\d+), +\d+, +\d+, +0x[0-9a-f]+/gm)) {
    first = Math.min(first, Number(pts));
    last = Math.max(last, Number(pts));
  }
  const seconds = (ticks: number): number => (ticks * Number(base[1])) / Number(base[2]);
  return Number.isFinite(first) ? { firstPts: seconds(first), lastPts: seconds(last) } : undefined;
}
