// EBU R128 loudness of the program: momentary, short-term, integrated and range (ITU-R BS.1770-4, EBU Tech 3341 and 3342).
// Its memory does not grow with the show.
import { AUDIO_CHANNELS, AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import type { Loudness } from '../../contract/monitorStream.ts';
import { KWeighting } from './kWeighting.ts';
import { LoudnessHistogram, lufsOf } from './loudnessHistogram.ts';

/** All windows are made of steps of 100 ms: gating blocks of 400 ms that overlap by 75 %. */
const STEP_SAMPLES = AUDIO_SAMPLE_RATE / 10;
const MOMENTARY_STEPS = 4;
const SHORT_TERM_STEPS = 30;
const INTEGRATED_GATE_LU = 10;
const RANGE_GATE_LU = 20;
const RANGE_LOW = 0.1;
const RANGE_HIGH = 0.95;

export class LoudnessMeter {
  readonly #filters = Array.from({ length: AUDIO_CHANNELS }, () => new KWeighting());
  /** Mean squares of the last steps, newest at `#steps - 1` modulo the length. */
  readonly #powers = new Float64Array(SHORT_TERM_STEPS);
  readonly #momentary = new LoudnessHistogram();
  readonly #shortTerm = new LoudnessHistogram();
  #steps = 0;
  #stepSamples = 0;
  #stepEnergy = 0;
  #reading: Loudness = { momentaryLufs: -Infinity, shortTermLufs: -Infinity, integratedLufs: -Infinity, rangeLu: -Infinity };

  /** Renewed ten times a second. */
  get reading(): Loudness {
    return this.#reading;
  }

  /** @param samples interleaved stereo, 48 kHz; any number. */
  push(samples: Float32Array): void {
    const count = samples.length / AUDIO_CHANNELS;
    for (let from = 0; from < count;) {
      const to = Math.min(count, from + STEP_SAMPLES - this.#stepSamples);
      this.#filters.forEach((filter, channel) => { this.#stepEnergy += filter.energy(samples, channel, AUDIO_CHANNELS, from, to); });
      this.#stepSamples += to - from;
      from = to;
      if (this.#stepSamples === STEP_SAMPLES) this.#endStep();
    }
  }

  #endStep(): void {
    // A sample that is no number is worth nothing, not the rest of the show.
    const power = Number.isFinite(this.#stepEnergy) ? this.#stepEnergy / STEP_SAMPLES : 0;
    this.#powers[this.#steps % SHORT_TERM_STEPS] = power;
    this.#steps += 1;
    this.#stepSamples = 0;
    this.#stepEnergy = 0;
    const momentary = this.#meanOf(MOMENTARY_STEPS);
    const shortTerm = this.#meanOf(SHORT_TERM_STEPS);
    if (momentary !== undefined) this.#momentary.add(momentary);
    if (shortTerm !== undefined) this.#shortTerm.add(shortTerm);
    this.#reading = {
      momentaryLufs: lufsOf(momentary ?? 0),
      shortTermLufs: lufsOf(shortTerm ?? 0),
      integratedLufs: this.#momentary.gatedMean(INTEGRATED_GATE_LU),
      rangeLu: this.#shortTerm.gatedSpread(RANGE_GATE_LU, RANGE_LOW, RANGE_HIGH),
    };
  }

  /** Mean power of the last `steps` steps; undefined before there are so many. */
  #meanOf(steps: number): number | undefined {
    if (this.#steps < steps) return undefined;
    let sum = 0;
    for (let back = 1; back <= steps; back += 1) sum += this.#powers[(this.#steps - back) % SHORT_TERM_STEPS] ?? 0;
    return sum / steps;
  }
}
