// Chooses the picture of each tick from a feed. It never waits: where there is no new picture it gives the last one, counted.
import type { VideoFeed } from '../capture/feed.ts';
import type { Lease } from '../media/framePool.ts';

/**
 * Frames of a push feed that may wait after a tick. One in reserve swallows jitter of almost a frame in both directions,
 * so that a late and an early frame do not become a repeat and a drop.
 */
const PUSH_RESERVE_FRAMES = 1;

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
  #feed: VideoFeed | undefined;
  #isFirstOfFeed = true;
  #last: Picture | undefined;
  #black: Picture | undefined;
  #repeatedFrames = 0;
  #blackFrames = 0;
  #skippedFrames = 0;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
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
    this.#isFirstOfFeed = true;
  }

  /** The picture of the next tick; whoever keeps it longer than that holds its lease. */
  next(): Picture {
    const feed = this.#feed;
    if (feed?.pacing === 'push') this.#passOver(feed);
    const frame = feed?.take();
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

  #passOver(feed: VideoFeed): void {
    if (feed.queued.length === 0) return;
    // What waited before the program looked at the feed is old, not surplus.
    const surplus = feed.queued.length - 1 - (this.#isFirstOfFeed ? 0 : PUSH_RESERVE_FRAMES);
    for (let count = 0; count < surplus; count += 1) feed.take()?.lease?.release();
    if (!this.#isFirstOfFeed) this.#skippedFrames += Math.max(0, surplus);
    this.#isFirstOfFeed = false;
  }
}

/** BT.709 limited range: luma 16, no colour. */
function blackFrame(width: number, height: number): readonly Uint8Array[] {
  return [new Uint8Array(width * height).fill(16), new Uint8Array((width * height) / 2).fill(128)];
}
