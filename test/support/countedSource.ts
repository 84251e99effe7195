// Feeds of a source that makes counted pictures, and sound with a click at each whole second of its own time.
import type { AudioFeed, Pacing, RawFrame, VideoFeed } from '../../src/main/capture/feed.ts';
import { countedFrame } from './countedFrames.ts';

const QUEUE_FRAMES = 4;

/** A pull feed that refills a little later than it is asked, as a pipe does. */
export class CountedVideo implements VideoFeed {
  readonly pacing: Pacing = 'pull';
  readonly width: number;
  readonly height: number;
  readonly queued: RawFrame[] = [];
  readonly droppedFrames = 0;
  readonly timing = undefined;
  #made = 0;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#refill();
  }

  take(): RawFrame | undefined {
    setImmediate(() => this.#refill());
    return this.queued.shift();
  }

  #refill(): void {
    while (this.queued.length < QUEUE_FRAMES) {
      this.queued.push({ pieces: countedFrame(this.#made, this.width, this.height), arrivedAtMs: performance.now(), sourceFrame: this.#made });
      this.#made += 1;
    }
  }
}

/** Silence with one full-scale sample at 0 s, 1 s, 2 s, … of its own time. */
export class ClickingAudio implements AudioFeed {
  readonly pacing: Pacing = 'pull';
  readonly queuedSamples = Number.MAX_SAFE_INTEGER;
  readonly droppedSamples = 0;
  readonly timing = undefined;
  #taken = 0;

  take(samples: number): Float32Array {
    const result = new Float32Array(samples * 2);
    for (let index = 0; index < samples; index += 1) if ((this.#taken + index) % 48_000 === 0) result.fill(1, index * 2, index * 2 + 2);
    this.#taken += samples;
    return result;
  }
}
