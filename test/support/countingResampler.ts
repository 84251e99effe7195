// The arithmetic of the resampler without its filter and its memory: so many samples in, so many out. For simulations of days.
import type { SoundResampler } from '../../src/main/program/resample.ts';

/** As in `resample.ts`. */
const HALF_TAPS = 16;
const SILENCE = new Float32Array(1 << 14);

export class CountingResampler implements SoundResampler {
  #held = HALF_TAPS - 1;
  #share = 0;

  get ahead(): number {
    return this.#held - (HALF_TAPS - 1) - this.#share;
  }

  reset(): void {
    this.#held = HALF_TAPS - 1;
    this.#share = 0;
  }

  missing(samples: number, speed: number): number {
    return Math.max(0, Math.ceil((samples - 1) * speed + this.#share) + HALF_TAPS * 2 + 1 - this.#held);
  }

  push(samples: Float32Array): void {
    this.#held += samples.length / 2;
  }

  /** A view that is the same for everyone: it is counted, and not to be written to. */
  pull(samples: number, speed: number): Float32Array {
    const position = samples === 0 ? this.#share : this.#share + samples * speed;
    this.#held -= Math.min(Math.floor(position), this.#held);
    this.#share = position - Math.floor(position);
    return SILENCE.subarray(0, samples * 2);
  }
}
