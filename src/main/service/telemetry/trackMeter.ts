// Counts what arrived of one track, exactly and once, whatever number of connections carried it. Reads no clock.
import type { TrackTelemetry } from '../mediaPlane.ts';

/** incomingBitrate is a mean over this long, as the service's heartbeats have it. */
const BITRATE_WINDOW_MS = 20_000;
/** Frames whose repetition is still recognised: more than a minute of anything. */
const MAX_REMEMBERED_FRAMES = 8192;
const MAX_GAPS = 1000;
/** Rounding is no gap. */
const SHORTEST_GAP_MS = 2;

type Arrival = { readonly atMs: number; readonly bytes: number };

export class TrackMeter {
  readonly #trackName: string;
  readonly #kind: 'video' | 'audio';
  readonly #declaredBitrate: number;
  #frames = 0;
  #overlapCount = 0;
  #staleCount = 0;
  #nonIncreasingCount = 0;
  #firstMs: number | undefined;
  #lastMs: number | undefined;
  #lastArrivalUtcMs: number | undefined;
  #firstArrivalUtcMs: number | undefined;
  #packagedUpToMs: number | undefined;
  readonly #gaps: { atMs: number; lengthMs: number }[] = [];
  /** Keys of counted frames, oldest first. */
  readonly #seen = new Set<number>();
  #forgottenUpTo = Number.NEGATIVE_INFINITY;
  #arrivals: Arrival[] = [];
  #arrivalBytes = 0;

  constructor(trackName: string, kind: 'video' | 'audio', declaredBitrate: number) {
    this.#trackName = trackName;
    this.#kind = kind;
    this.#declaredBitrate = declaredBitrate;
  }

  /**
   * A frame that is on the timeline at `ms`.
   * @param key equal for copies of the same frame, growing with time
   */
  frame(key: number, ms: number, bytes: number, nowUtcMs: number): void {
    this.#lastArrivalUtcMs = nowUtcMs;
    if (key <= this.#forgottenUpTo || this.#seen.has(key)) {
      this.#overlapCount += 1;
      if (key <= this.#forgottenUpTo) this.#staleCount += 1;
      return;
    }
    this.#remember(key);
    this.#frames += 1;
    this.#firstMs = Math.min(ms, this.#firstMs ?? ms);
    this.#lastMs = Math.max(ms, this.#lastMs ?? ms);
    this.#firstArrivalUtcMs ??= nowUtcMs;
    this.#arrivals.push({ atMs: nowUtcMs, bytes });
    this.#arrivalBytes += bytes;
    this.#forgetOldArrivals(nowUtcMs);
  }

  nonIncreasing(): void {
    this.#nonIncreasingCount += 1;
  }

  /** A run of samples went to the packager; what lies between the runs, or between its own samples, is missing. */
  packaged(spans: readonly { readonly startMs: number; readonly endMs: number }[]): void {
    for (const { startMs, endMs } of spans) {
      const upTo = this.#packagedUpToMs;
      if (upTo !== undefined && startMs - upTo > SHORTEST_GAP_MS && this.#gaps.length < MAX_GAPS) {
        this.#gaps.push({ atMs: Math.round(upTo), lengthMs: Math.round(startMs - upTo) });
      }
      this.#packagedUpToMs = Math.max(endMs, upTo ?? endMs);
    }
  }

  snapshot(nowUtcMs: number): TrackTelemetry {
    this.#forgetOldArrivals(nowUtcMs);
    const elapsedMs = Math.min(BITRATE_WINDOW_MS, Math.max(1000, nowUtcMs - (this.#firstArrivalUtcMs ?? nowUtcMs)));
    return {
      trackName: this.#trackName, kind: this.#kind, declaredBitrate: this.#declaredBitrate,
      incomingBitrate: Math.round((this.#arrivalBytes * 8000) / elapsedMs),
      frames: this.#frames, gaps: this.#gaps.map((gap) => ({ ...gap })),
      firstTimestampMs: this.#firstMs, lastTimestampMs: this.#lastMs, lastArrivalUtcMs: this.#lastArrivalUtcMs,
      overlapCount: this.#overlapCount, staleCount: this.#staleCount, nonIncreasingCount: this.#nonIncreasingCount,
    };
  }

  #remember(key: number): void {
    this.#seen.add(key);
    if (this.#seen.size <= MAX_REMEMBERED_FRAMES) return;
    const [oldest] = this.#seen;
    if (oldest === undefined) return;
    this.#seen.delete(oldest);
    this.#forgottenUpTo = Math.max(this.#forgottenUpTo, oldest);
  }

  #forgetOldArrivals(nowUtcMs: number): void {
    let forgotten = 0;
    for (const arrival of this.#arrivals) {
      if (arrival.atMs > nowUtcMs - BITRATE_WINDOW_MS) break;
      this.#arrivalBytes -= arrival.bytes;
      forgotten += 1;
    }
    if (forgotten > 0) this.#arrivals = this.#arrivals.slice(forgotten);
  }
}
