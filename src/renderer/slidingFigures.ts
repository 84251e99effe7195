// What the counters of the engine say about the last minute: they count since the beginning, the operator needs "now".
import type { ConnectionReport } from '../contract/report.ts';
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

/** Of the encoder of one rendition within the last seconds. */
export type Encoding = {
  /** Of elementary stream; undefined where nothing was encoded or the engine does not count it. */
  readonly kbps: number | undefined;
  /** Frames that came out, ÷ frames that the program made meanwhile: 1 where it keeps up, 0 where the rendition pauses. */
  readonly speed: number;
};

/** Long enough that a GOP more or less does not show, short enough to be "now". */
const ENCODING_WINDOW_MS = 10_000;
/** Figures that are closer together tell of their own timing. */
const SHORTEST_ENCODING_MS = 2_000;

/** Undefined until there are figures of some seconds. */
export function encodingNow(samples: readonly Sample[], rendition: string): Encoding | undefined {
  const last = samples.at(-1);
  const first = samples.find((one) => one.atMs >= (last?.atMs ?? 0) - ENCODING_WINDOW_MS);
  const now = last?.stats.renditions.find((one) => one.name === rendition);
  const then = first?.stats.renditions.find((one) => one.name === rendition);
  if (last === undefined || first === undefined || now === undefined || then === undefined || last.atMs - first.atMs < SHORTEST_ENCODING_MS) return undefined;
  const made = (last.stats.programSeconds - first.stats.programSeconds) * now.fps;
  const frames = now.frames - then.frames;
  // Counters that went back are those of an engine that was replaced.
  if (made <= 0 || frames < 0) return undefined;
  const bytes = now.encodedBytes === undefined || then.encodedBytes === undefined ? undefined : now.encodedBytes - then.encodedBytes;
  return { kbps: bytes === undefined || frames === 0 ? undefined : (bytes * 8 * now.fps) / frames / 1000, speed: frames / made };
}

/** Media time that one connection left out within the window, ms. */
export function leftOutMs(samples: readonly Sample[], { rendition, endpoint }: Pick<ConnectionReport, 'rendition' | 'endpoint'>): number {
  const last = samples.at(-1);
  const first = samples.find((one) => one.atMs >= (last?.atMs ?? 0) - WINDOW_SECONDS * 1000);
  const droppedMs = (sample: Sample | undefined): number =>
    sample?.stats.connections.find((one) => one.rendition === rendition && one.endpoint === endpoint)?.droppedMs ?? 0;
  return Math.max(0, droppedMs(last) - droppedMs(first));
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
