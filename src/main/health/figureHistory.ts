// The figures of a show as they were: each second of the last minute, each minute of the whole show, so that a window that is opened late has
// its curves. Bounded; reads no clock, judges nothing.
import type { FigureHistory, HistoryPoint, ShowStats } from '../../contract/report.ts';

const SECONDS = 60;
const MINUTE_MS = 60_000;
/** The longest show. */
const MINUTES = 25 * 60;

type Counted = { readonly stats: ShowStats; readonly atMs: number };

export class FigureRecord {
  #seconds: HistoryPoint[] = [];
  #minutes: HistoryPoint[] = [];
  #before: Counted | undefined;
  #minuteBegan: Counted | undefined;
  /** Of the minute that runs, by place of the connection. */
  #longestQueueMs: number[] = [];

  /** To be told about once a second. */
  observe(stats: ShowStats, nowMs: number): void {
    const now = { stats, atMs: nowMs };
    if (this.#before !== undefined) this.#seconds = [...this.#seconds.slice(1 - SECONDS), pointOf(this.#before, now, (_index, queuedMs) => queuedMs)];
    this.#before = now;
    this.#longestQueueMs = stats.connections.map(({ queuedMs }, index) => Math.max(queuedMs, this.#longestQueueMs[index] ?? 0));
    this.#minuteBegan ??= now;
    if (nowMs - this.#minuteBegan.atMs < MINUTE_MS) return;
    this.#minutes = [...this.#minutes.slice(1 - MINUTES), pointOf(this.#minuteBegan, now, (index, queuedMs) => this.#longestQueueMs[index] ?? queuedMs)];
    this.#minuteBegan = now;
    this.#longestQueueMs = [];
  }

  view(): FigureHistory {
    return { seconds: this.#seconds, minutes: this.#minutes };
  }
}

function pointOf(from: Counted, to: Counted, queueOf: (index: number, queuedMs: number) => number): HistoryPoint {
  const elapsedMs = Math.max(1, to.atMs - from.atMs);
  // What was not there before has no growth yet.
  const grown = (now: number, before = now): number => Math.max(0, now - before);
  return {
    programSeconds: to.stats.programSeconds,
    light: to.stats.health.light,
    encoderLagFrames: to.stats.encoderLagFrames,
    renditions: to.stats.renditions.map(({ name, frames, droppedFrames, repeatedFrames }) => {
      const before = from.stats.renditions.find((one) => one.name === name);
      return {
        name, frames: grown(frames, before?.frames), droppedFrames: grown(droppedFrames, before?.droppedFrames),
        repeatedFrames: grown(repeatedFrames, before?.repeatedFrames),
      };
    }),
    connections: to.stats.connections.map((one, index) => {
      // Their order stands; their endpoints change.
      const there = from.stats.connections[index];
      const before = there?.rendition === one.rendition ? there : undefined;
      return {
        rendition: one.rendition, endpoint: one.endpoint, state: one.state,
        sentKbps: Math.round((grown(one.sentBytes, before?.sentBytes) * 8) / elapsedMs),
        queuedMs: queueOf(index, one.queuedMs),
        droppedMs: grown(one.droppedMs, before?.droppedMs),
        ...(one.roundTripMs === undefined ? {} : { roundTripMs: one.roundTripMs }),
      };
    }),
  };
}
