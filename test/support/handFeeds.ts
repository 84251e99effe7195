// Feeds whose frames and samples a test puts in by hand; every frame and sample carries its number.
import type { AudioFeed, AudioTiming, Pacing, RawFrame, VideoFeed, VideoTiming } from '../../src/main/capture/feed.ts';

export class HandVideo implements VideoFeed {
  readonly pacing: Pacing;
  readonly width: number;
  readonly height: number;
  readonly queued: RawFrame[] = [];
  readonly droppedFrames = 0;
  timing: VideoTiming | undefined;
  #made = 0;
  readonly #listeners: (() => void)[] = [];

  constructor(pacing: Pacing, width = 4, height = 2) {
    this.pacing = pacing;
    this.width = width;
    this.height = height;
  }

  /** Makes the next `count` frames; each has one piece, whose first four bytes are its number. */
  make(count = 1, capturedAtMs?: number): void {
    for (let made = 0; made < count; made += 1) {
      const piece = new Uint8Array((this.width * this.height * 3) / 2);
      new DataView(piece.buffer).setUint32(0, this.#made);
      this.queued.push({ pieces: [piece], arrivedAtMs: 0, sourceFrame: this.#made, ...(capturedAtMs === undefined ? {} : { capturedAtMs }) });
      this.#made += 1;
      for (const listener of this.#listeners) listener();
    }
  }

  onArrival(listener: () => void): void {
    this.#listeners.push(listener);
  }

  take(): RawFrame | undefined {
    return this.queued.shift();
  }
}

/** The number of a frame that {@link HandVideo} made. */
export function frameNumber(pieces: readonly Uint8Array[]): number {
  const [piece] = pieces;
  return piece === undefined ? -1 : new DataView(piece.buffer, piece.byteOffset).getUint32(0);
}

/** Its samples are a sine or, by default, a ramp: left and right hold the sample's number ÷ 2^24. */
export class HandAudio implements AudioFeed {
  readonly pacing: Pacing;
  readonly droppedSamples = 0;
  queuedSamples = 0;
  timing: AudioTiming | undefined;
  #taken = 0;
  readonly #valueAt: (sample: number) => number;

  constructor(pacing: Pacing, valueAt: (sample: number) => number = (sample) => sample / 2 ** 24) {
    this.pacing = pacing;
    this.#valueAt = valueAt;
  }

  make(samples: number): void {
    this.queuedSamples += samples;
  }

  take(samples: number): Float32Array | undefined {
    if (samples > this.queuedSamples) return undefined;
    const result = new Float32Array(samples * 2);
    for (let index = 0; index < samples; index += 1) result.fill(this.#valueAt(this.#taken + index), index * 2, index * 2 + 2);
    this.passed(samples);
    return result;
  }

  /** They are taken, whatever they hold. */
  protected passed(samples: number): void {
    this.#taken += samples;
    this.queuedSamples -= samples;
  }
}
