// Chooses the picture of each tick from a feed: the next one of a pull feed, of a push feed the one that was captured nearest to a
// fixed time before. It never waits: where there is no new picture it gives the last one, counted.
import type { RawFrame, VideoFeed } from '../capture/feed.ts';
import type { Lease } from '../media/framePool.ts';
import type { LiveDelay } from './liveDelay.ts';

/**
 * How far beyond half an interval a frame may lie from its tick before its neighbour is taken. Where a tick falls between two
 * frames, what is left of the jitter would otherwise make repeats and drops in turn.
 */
const HYSTERESIS_MS = 3;

/** `pieces` are one yuv420p frame, the same object as before when it is shown again; `lease` is held by the picker until the next. */
export type Picture = { readonly pieces: readonly Uint8Array[]; readonly lease: Lease | undefined };

export type VideoPickerStats = {
  /** Ticks that showed the last picture again. */
  readonly repeatedFrames: number;
  /** Ticks before the first picture of all. */
  readonly blackFrames: number;
  /** Pictures of a push feed that were passed over because it is faster than the program. */
  readonly skippedFrames: number;
};

export class VideoPicker {
  readonly #width: number;
  readonly #height: number;
  readonly #tickMs: number;
  readonly #delay: LiveDelay;
  #feed: VideoFeed | undefined;
  /** Of the frame of this feed that is shown. */
  #shownAtMs: number | undefined;
  #last: Picture | undefined;
  #black: Picture | undefined;
  #repeatedFrames = 0;
  #blackFrames = 0;
  #skippedFrames = 0;

  /** @param tickMs time between two ticks. */
  constructor(width: number, height: number, tickMs: number, delay: LiveDelay) {
    this.#width = width;
    this.#height = height;
    this.#tickMs = tickMs;
    this.#delay = delay;
  }

  get stats(): VideoPickerStats {
    return { repeatedFrames: this.#repeatedFrames, blackFrames: this.#blackFrames, skippedFrames: this.#skippedFrames };
  }

  /** True when a pull feed, which makes frames at the program's asking, has none at the moment. */
  get isWaiting(): boolean {
    return this.#feed?.pacing === 'pull' && this.#feed.queued.length === 0;
  }

  /** The last picture stays until the new feed has one. @throws RangeError for a feed of another size. */
  setFeed(feed: VideoFeed | undefined): void {
    if (feed !== undefined && (feed.width !== this.#width || feed.height !== this.#height)) {
      throw new RangeError(`A feed of ${feed.width}x${feed.height} does not fit a program of ${this.#width}x${this.#height}.`);
    }
    if (feed === this.#feed) return;
    this.#feed = feed;
    this.#shownAtMs = undefined;
  }

  /** The picture of the tick at `dueMs` of the monotonic clock; whoever keeps it longer than that holds its lease. */
  next(dueMs: number): Picture {
    const frame = this.#take(dueMs);
    if (frame !== undefined) {
      // A slate is the same picture again and again.
      if (frame.pieces === this.#last?.pieces) this.#repeatedFrames += 1;
      this.#last?.lease?.release();
      this.#last = { pieces: frame.pieces, lease: frame.lease };
      return this.#last;
    }
    if (this.#last !== undefined) {
      this.#repeatedFrames += 1;
      return this.#last;
    }
    this.#blackFrames += 1;
    this.#black ??= { pieces: blackFrame(this.#width, this.#height), lease: undefined };
    return this.#black;
  }

  #take(dueMs: number): RawFrame | undefined {
    const feed = this.#feed;
    const timing = feed?.pacing === 'push' ? feed.timing : undefined;
    if (feed === undefined || timing === undefined) return feed?.take();
    const count = this.#countToTake(feed.queued, dueMs - timing.holdMs - this.#delay.ms, timing.intervalMs);
    // What waited before the program looked at the feed is old, not surplus.
    if (this.#shownAtMs !== undefined) this.#skippedFrames += Math.max(0, count - 1);
    for (let passed = 1; passed < count; passed += 1) feed.take()?.lease?.release();
    const frame = count === 0 ? undefined : feed.take();
    if (frame !== undefined) this.#shownAtMs = frame.capturedAtMs;
    return frame;
  }

  /** How many frames to take, of which the last one is shown; 0 shows the last one again. */
  #countToTake(queued: readonly RawFrame[], targetMs: number, intervalMs: number): number {
    const offMs = (frame: RawFrame | undefined): number => (frame === undefined ? Infinity : Math.abs((frame.capturedAtMs ?? targetMs) - targetMs));
    const usual = Math.max(1, Math.round(this.#tickMs / intervalMs));
    if (this.#shownAtMs !== undefined && offMs(queued[usual - 1]) <= intervalMs / 2 + HYSTERESIS_MS) return usual;
    let best = 0;
    let bestMs = this.#shownAtMs === undefined ? Infinity : Math.abs(this.#shownAtMs - targetMs);
    queued.forEach((frame, index) => {
      if (offMs(frame) >= bestMs) return;
      best = index + 1;
      bestMs = offMs(frame);
    });
    return best;
  }
}

/** BT.709 limited range: luma 16, no colour. */
function blackFrame(width: number, height: number): readonly Uint8Array[] {
  return [new Uint8Array(width * height).fill(16), new Uint8Array((width * height) / 2).fill(128)];
}
