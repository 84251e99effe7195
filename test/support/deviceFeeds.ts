// A simulated camera and microphone: media arrive when the test says, and pass through the clocks of a real capture.
import { FrameClock, SampleClock } from '../../src/main/capture/arrivalClock.ts';
import { HandAudio, HandVideo } from './handFeeds.ts';

const HOLD_MS = 70;

/** Frame n arrives at `arrivalMs(n)`; the feed holds its number. */
export class DeviceVideo extends HandVideo {
  readonly clock: FrameClock;
  #made = 0;
  #lastMs = -Infinity;
  readonly #arrivalMs: (frame: number) => number;

  /** @param arrivalMs Infinity for a device that has stopped. */
  constructor(arrivalMs: (frame: number) => number, tickMs = 1000 / 30) {
    super('push');
    this.clock = new FrameClock(tickMs);
    this.#arrivalMs = arrivalMs;
  }

  /** Everything that has arrived by `nowMs`. Arrivals keep their order, as bytes on a pipe do. */
  arrive(nowMs: number): void {
    for (;;) {
      const atMs = Math.max(this.#lastMs, this.#arrivalMs(this.#made));
      if (atMs > nowMs) break;
      this.make(1, this.clock.next(atMs));
      this.#lastMs = atMs;
      this.#made += 1;
    }
    while (this.queued.length > 15) this.queued.shift();
    this.timing = { intervalMs: this.clock.intervalMs, holdMs: HOLD_MS };
  }
}

/** Block n of `blockSamples` samples arrives at `arrivalMs(n)`. */
export class DeviceAudio extends HandAudio {
  readonly clock = new SampleClock(48_000);
  readonly #blockSamples: number;
  readonly #arrivalMs: (block: number) => number;
  #blocks = 0;
  #arrived = 0;
  #lastMs = -Infinity;
  holdMs = HOLD_MS;

  constructor(blockSamples: number, arrivalMs: (block: number) => number, valueAt?: (sample: number) => number) {
    super('push', valueAt);
    this.#blockSamples = blockSamples;
    this.#arrivalMs = arrivalMs;
  }

  arrive(nowMs: number): void {
    for (;;) {
      const atMs = Math.max(this.#lastMs, this.#arrivalMs(this.#blocks));
      if (atMs > nowMs) break;
      this.deliver(this.#blockSamples, atMs);
      this.#lastMs = atMs;
      this.#blocks += 1;
    }
    this.#tell();
  }

  /** One block of any size that has arrived. */
  deliver(samples: number, atMs: number): void {
    this.make(samples);
    this.clock.add(samples, atMs);
    this.#arrived += samples;
  }

  override take(samples: number): Float32Array | undefined {
    const taken = super.take(samples);
    this.#tell();
    return taken;
  }

  #tell(): void {
    const oldestAtMs = this.clock.msOf(this.#arrived - this.queuedSamples);
    this.timing = oldestAtMs === undefined ? undefined : { oldestAtMs, holdMs: this.holdMs, driftPpm: this.clock.driftPpm };
  }
}
