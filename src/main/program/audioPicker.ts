// Takes the samples of each tick from a feed: exactly what a pull feed has; of a push feed those that were captured a fixed time
// before, so that they stay with the picture. A device's drift is followed by resampling too slow to be heard; only where the
// device itself jumped is there a jump, softened. Silence where there is nothing, counted. It never waits.
import { AUDIO_CHANNELS, AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import type { AudioFeed } from '../capture/feed.ts';
import type { LiveDelay } from './liveDelay.ts';
import { Resampler, type SoundResampler } from './resample.ts';

const SAMPLES_PER_MS = AUDIO_SAMPLE_RATE / 1000;
/** Further off than this, the device has jumped. Less is made up for by resampling, and is not noticed meanwhile. */
const JUMP_MS = 40;
/** Change of speed for each ms of error: it is made up for with a time constant of 20 s. */
const SPEED_PER_MS = 5e-5;
/** And for each ms of error that lasts a sample, so that steady drift leaves no error: critically damped. */
const DRIFT_PER_MS_SAMPLE = (SPEED_PER_MS * SPEED_PER_MS * 1000) / 4 / AUDIO_SAMPLE_RATE;
/** 3.5 cents: below what is heard as a change of pitch, far above any clock's drift. */
const MAX_CORRECTION = 0.002;
/** Sound that begins, ends or jumps does so over this long, so that it does not click. */
const FADE_SAMPLES = 5 * SAMPLES_PER_MS;

export type AudioPickerStats = {
  /** Samples per channel that are silence because there was nothing to take. */
  readonly silentSamples: number;
  /** Times a push feed ran dry after it had begun. */
  readonly underruns: number;
  /** Times a push feed was taken up at another place because its device had jumped. */
  readonly jumps: number;
  /** Samples that resampling took out of what push feeds delivered (negative: put in). */
  readonly correctedSamples: number;
  /** How far the sound is behind its place at the moment (negative: before), ms; undefined where none is live. */
  readonly soundErrorMs: number | undefined;
};

export class AudioPicker {
  readonly #delay: LiveDelay;
  readonly #resampler: SoundResampler;
  #feed: AudioFeed | undefined;
  #isRunning = false;
  /** What the device's clock is faster than ours, as a share. */
  #drift = 0;
  #silentSamples = 0;
  #underruns = 0;
  #jumps = 0;
  #corrected = 0;
  #errorMs: number | undefined;

  constructor(delay: LiveDelay, resampler: SoundResampler = new Resampler()) {
    this.#delay = delay;
    this.#resampler = resampler;
  }

  get stats(): AudioPickerStats {
    return {
      silentSamples: this.#silentSamples, underruns: this.#underruns, jumps: this.#jumps,
      correctedSamples: Math.round(this.#corrected), soundErrorMs: this.#errorMs,
    };
  }

  /** What is taken from at the moment. */
  get feed(): AudioFeed | undefined {
    return this.#feed;
  }

  /** True when a pull feed, which makes samples at the program's asking, has fewer than `samples` at the moment. */
  isWaiting(samples: number): boolean {
    return this.#feed?.pacing === 'pull' && this.#feed.queuedSamples < samples;
  }

  /** Nothing changes, and nothing is heard, where it is the same feed as before. */
  setFeed(feed: AudioFeed | undefined): void {
    if (feed === this.#feed) return;
    this.#feed = feed;
    this.#drift = 0;
    this.#begin();
  }

  /** @param dueMs monotonic time of the tick. @returns exactly `samples` samples per channel, interleaved. */
  next(samples: number, dueMs: number): Float32Array {
    const feed = this.#feed;
    if (feed === undefined) return this.#silence(samples);
    if (feed.pacing === 'pull') {
      if (this.#isRunning) this.#begin();
      return feed.take(samples) ?? this.#silence(samples);
    }
    const { timing } = feed;
    if (timing === undefined) return this.#isRunning ? this.#runDry(feed, samples) : this.#silence(samples);
    const targetMs = dueMs - timing.holdMs - this.#delay.ms;
    const readMs = timing.oldestAtMs - this.#resampler.ahead / SAMPLES_PER_MS;
    if (!this.#isRunning) return this.#start(feed, samples, targetMs - timing.oldestAtMs);
    const errorMs = targetMs - readMs;
    this.#errorMs = errorMs;
    if (Math.abs(errorMs) > JUMP_MS) return this.#jump(feed, samples, targetMs);
    this.#drift = bounded(this.#drift + errorMs * samples * DRIFT_PER_MS_SAMPLE);
    const speed = 1 + bounded(this.#drift + errorMs * SPEED_PER_MS);
    const taken = feed.take(this.#resampler.missing(samples, speed));
    if (taken === undefined) {
      this.#underruns += 1;
      this.#delay.grow();
      return this.#runDry(feed, samples);
    }
    this.#resampler.push(taken);
    this.#corrected += samples * (speed - 1);
    return this.#resampler.pull(samples, speed);
  }

  #begin(): void {
    this.#isRunning = false;
    this.#resampler.reset();
    this.#errorMs = undefined;
  }

  /** @param lateMs how old the oldest waiting sample is beyond its time; negative: how far its time is still away. */
  #start(feed: AudioFeed, samples: number, lateMs: number): Float32Array {
    const early = Math.max(0, Math.round(-lateMs * SAMPLES_PER_MS));
    const late = Math.max(0, Math.round(lateMs * SAMPLES_PER_MS));
    const heard = samples - early;
    if (heard <= 0 || feed.queuedSamples < late + this.#resampler.missing(heard, 1)) return this.#silence(samples);
    feed.take(late);
    const taken = feed.take(this.#resampler.missing(heard, 1));
    if (taken === undefined) return this.#silence(samples);
    this.#resampler.push(taken);
    this.#isRunning = true;
    this.#errorMs = 0;
    this.#silentSamples += early;
    const output = new Float32Array(samples * AUDIO_CHANNELS);
    output.set(fadedIn(this.#resampler.pull(heard, 1)), early * AUDIO_CHANNELS);
    return output;
  }

  #jump(feed: AudioFeed, samples: number, targetMs: number): Float32Array {
    this.#jumps += 1;
    const tail = this.#tail(feed, FADE_SAMPLES);
    this.#begin();
    const { timing } = feed;
    const output = timing === undefined ? this.#silence(samples) : this.#start(feed, samples, targetMs - timing.oldestAtMs);
    for (let index = 0; index < Math.min(tail.length, output.length); index += 1) output[index] = (output[index] ?? 0) + (tail[index] ?? 0);
    return output;
  }

  #runDry(feed: AudioFeed, samples: number): Float32Array {
    const rest = this.#tail(feed, Math.min(samples, Math.max(0, Math.floor(this.#resampler.ahead) + feed.queuedSamples)));
    const output = new Float32Array(samples * AUDIO_CHANNELS);
    output.set(rest.subarray(0, output.length));
    this.#silentSamples += samples - Math.min(samples, rest.length / AUDIO_CHANNELS);
    this.#begin();
    return output;
  }

  /** The next `samples` of the run that ends here, faded out. */
  #tail(feed: AudioFeed, samples: number): Float32Array {
    const taken = feed.take(Math.min(feed.queuedSamples, this.#resampler.missing(samples, 1)));
    if (taken !== undefined) this.#resampler.push(taken);
    return fadedOut(this.#resampler.pull(samples, 1));
  }

  #silence(samples: number): Float32Array {
    this.#silentSamples += samples;
    return new Float32Array(samples * AUDIO_CHANNELS);
  }
}

function bounded(correction: number): number {
  return Math.max(-MAX_CORRECTION, Math.min(MAX_CORRECTION, correction));
}

function fadedIn(block: Float32Array): Float32Array {
  const samples = block.length / AUDIO_CHANNELS;
  for (let index = 0; index < Math.min(samples, FADE_SAMPLES); index += 1) {
    for (let channel = 0; channel < AUDIO_CHANNELS; channel += 1) {
      const at = index * AUDIO_CHANNELS + channel;
      block[at] = (block[at] ?? 0) * (index / FADE_SAMPLES);
    }
  }
  return block;
}

function fadedOut(block: Float32Array): Float32Array {
  const samples = block.length / AUDIO_CHANNELS;
  const length = Math.min(samples, FADE_SAMPLES);
  for (let index = samples - length; index < samples; index += 1) {
    for (let channel = 0; channel < AUDIO_CHANNELS; channel += 1) {
      const at = index * AUDIO_CHANNELS + channel;
      block[at] = (block[at] ?? 0) * ((samples - index - 1) / length);
    }
  }
  return block;
}
