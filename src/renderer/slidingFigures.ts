// What the counters of the engine say about the last minute: they count since the beginning, the operator needs "now".
import { WINDOW_SECONDS, type Sample } from './showView.ts';

export type Point = { readonly secondsAgo: number; readonly value: number };

/** All connections together, kbit/s, one point for each pair of samples. */
export function throughputKbps(samples: readonly Sample[]): readonly Point[] {
  const newest = samples.at(-1)?.atMs ?? 0;
  return samples.slice(1).flatMap((sample, index) => {
    const before = samples[index];
    const elapsedMs = sample.atMs - (before?.atMs ?? 0);
    if (before === undefined || elapsedMs <= 0) return [];
    // A connection that began anew counts from zero again: what it had sent before is in the sample before.
    const bits = sample.stats.connections.reduce((sum, one) => {
      const earlier = before.stats.connections.find((other) => other.rendition === one.rendition && other.endpoint === one.endpoint);
      return sum + Math.max(0, one.sentBytes - (earlier?.sentBytes ?? 0)) * 8;
    }, 0);
    return [{ secondsAgo: (newest - sample.atMs) / 1000, value: bits / elapsedMs }];
  });
}

/** The longest queue of any connection, ms. */
export function longestQueueMs(samples: readonly Sample[]): readonly Point[] {
  const newest = samples.at(-1)?.atMs ?? 0;
  return samples.map(({ atMs, stats }) => ({
    secondsAgo: (newest - atMs) / 1000,
    value: stats.connections.reduce((longest, one) => Math.max(longest, one.queuedMs), 0),
  }));
}

export type Lost = { readonly droppedFrames: number; readonly droppedMs: number; readonly repeatedFrames: number };

/** What one rendition lost within the window: frames by its encoder, media time by its connections; and repeats of the program. */
export function lostInWindow(samples: readonly Sample[], rendition: string): Lost {
  const last = samples.at(-1);
  if (last === undefined) return { droppedFrames: 0, droppedMs: 0, repeatedFrames: 0 };
  const first = samples.find((one) => one.atMs >= last.atMs - WINDOW_SECONDS * 1000) ?? last;
  const now = totals(last, rendition);
  const then = totals(first, rendition);
  return {
    droppedFrames: Math.max(0, now.droppedFrames - then.droppedFrames),
    droppedMs: Math.max(0, now.droppedMs - then.droppedMs),
    repeatedFrames: Math.max(0, now.repeatedFrames - then.repeatedFrames),
  };
}

function totals({ stats }: Sample, rendition: string): Lost {
  const encoded = stats.renditions.find((one) => one.name === rendition);
  return {
    droppedFrames: encoded?.droppedFrames ?? 0,
    repeatedFrames: encoded?.repeatedFrames ?? 0,
    droppedMs: stats.connections.filter((one) => one.rendition === rendition).reduce((sum, one) => sum + one.droppedMs, 0),
  };
}
