// Plays interleaved stereo at a speed that differs from 1 by less than a thousandth or so and may change with every block, without
// a step in the sound: a windowed sinc read between its points. What it adds lies below −90 dB up to 18 kHz.
import { AUDIO_CHANNELS } from '../../contract/ladder.ts';

/** Input samples on each side of an output sample. */
const HALF_TAPS = 16;
const TAPS = HALF_TAPS * 2;
/** Positions between two samples; between these the filter is interpolated linearly. */
const PHASES = 512;
/** Kaiser window: side lobes below −90 dB. */
const BETA = 9;

/** `[phase][tap]`; one phase more than {@link PHASES}, so that the last one has a neighbour. */
const FILTER = makeFilter();

/** What the program needs of it; a simulation of days does without the filter. */
export type SoundResampler = Pick<Resampler, 'ahead' | 'reset' | 'missing' | 'push' | 'pull'>;

export class Resampler {
  /** Input not yet passed; the read position lies {@link HALF_TAPS} samples into it, and the share of one. */
  #input = new Float32Array(0);
  #share = 0;

  constructor() {
    this.reset();
  }

  /** Input samples per channel from the read position to the end of what was pushed. */
  get ahead(): number {
    return this.#input.length / AUDIO_CHANNELS - (HALF_TAPS - 1) - this.#share;
  }

  /** Forgets all; what comes next is heard from its first sample on. */
  reset(): void {
    this.#input = new Float32Array((HALF_TAPS - 1) * AUDIO_CHANNELS);
    this.#share = 0;
  }

  /** Input samples per channel to be pushed before `samples` can be pulled. */
  missing(samples: number, speed: number): number {
    return Math.max(0, Math.ceil((samples - 1) * speed + this.#share) + TAPS + 1 - this.#input.length / AUDIO_CHANNELS);
  }

  push(samples: Float32Array): void {
    const joined = new Float32Array(this.#input.length + samples.length);
    joined.set(this.#input);
    joined.set(samples, this.#input.length);
    this.#input = joined;
  }

  /** @param speed input samples for each output sample. @returns exactly `samples`, of which those beyond the input are silence. */
  pull(samples: number, speed: number): Float32Array {
    const output = new Float32Array(samples * AUDIO_CHANNELS);
    const input = this.#input;
    let position = this.#share;
    for (let index = 0; index < samples; index += 1) {
      const first = Math.floor(position);
      const phase = (position - first) * PHASES;
      const row = Math.floor(phase);
      const blend = phase - row;
      const base = row * TAPS;
      let left = 0;
      let right = 0;
      for (let tap = 0; tap < TAPS; tap += 1) {
        const near = FILTER[base + tap] ?? 0;
        const weight = near + ((FILTER[base + TAPS + tap] ?? 0) - near) * blend;
        const at = (first + tap) * AUDIO_CHANNELS;
        left += (input[at] ?? 0) * weight;
        right += (input[at + 1] ?? 0) * weight;
      }
      output[index * AUDIO_CHANNELS] = left;
      output[index * AUDIO_CHANNELS + 1] = right;
      position = this.#share + (index + 1) * speed;
    }
    const passed = Math.min(Math.floor(position), input.length / AUDIO_CHANNELS);
    this.#input = input.slice(passed * AUDIO_CHANNELS);
    this.#share = position - Math.floor(position);
    return output;
  }
}

function makeFilter(): Float32Array {
  const filter = new Float32Array((PHASES + 1) * TAPS);
  for (let phase = 0; phase <= PHASES; phase += 1) {
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap += 1) {
      const distance = tap - (HALF_TAPS - 1) - phase / PHASES;
      const inside = 1 - (distance / HALF_TAPS) ** 2;
      const window = inside <= 0 ? 0 : bessel0(BETA * Math.sqrt(inside)) / bessel0(BETA);
      const value = (distance === 0 ? 1 : Math.sin(Math.PI * distance) / (Math.PI * distance)) * window;
      filter[phase * TAPS + tap] = value;
      sum += value;
    }
    // The same loudness at every position.
    for (let tap = 0; tap < TAPS; tap += 1) filter[phase * TAPS + tap] = (filter[phase * TAPS + tap] ?? 0) / sum;
  }
  return filter;
}

/** Modified Bessel function of the first kind, order 0, by its series. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
