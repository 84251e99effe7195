// Takes the samples of each tick from a feed: exactly what a pull feed has, and a push feed through a small jitter buffer whose
// level is held by a resampling too small to be heard. Silence where there is nothing, counted. It never waits.
import { AUDIO_CHANNELS, AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import type { AudioFeed } from '../capture/feed.ts';
import { resample } from './resample.ts';

const samplesOfMs = (ms: number): number => Math.round((ms * AUDIO_SAMPLE_RATE) / 1000);
/** Level of the jitter buffer just before a tick takes from it: two fragments of a usual sound server. */
const TARGET_SAMPLES = samplesOfMs(100);
/** The level swings by the size of a device's fragments; only its mean over time shows drift. */
const DEADBAND_SAMPLES = samplesOfMs(20);
/** 3.5 cents: below what is heard as a change of pitch, far above any clock's drift (100 ppm). */
const MAX_CORRECTION = 0.002;
/** Beyond this, sound would lag the picture for too long, so the surplus is cut out. */
const OVERFLOW_SAMPLES = samplesOfMs(400);
const LEVEL_MEMORY_SAMPLES = samplesOfMs(2000);

export type AudioPickerStats = {
  /** Samples per channel that are silence because there was nothing to take. */
  readonly silentSamples: number;
  /** Times a push feed ran dry after it had begun. */
  readonly underruns: number;
  /** Ticks whose samples were resampled to hold the level, and how many samples that took out (negative: put in). */
  readonly correctedTicks: number;
  readonly correctedSamples: number;
  /** Samples per channel cut out of a push feed that had run over. */
  readonly droppedSamples: number;
};

export class AudioPicker {
  #feed: AudioFeed | undefined;
  #isPrimed = false;
  #meanLevel = TARGET_SAMPLES;
  #silentSamples = 0;
  #underruns = 0;
  #correctedTicks = 0;
  #correctedSamples = 0;
  #droppedSamples = 0;

  get stats(): AudioPickerStats {
    return {
      silentSamples: this.#silentSamples, underruns: this.#underruns, correctedTicks: this.#correctedTicks,
      correctedSamples: this.#correctedSamples, droppedSamples: this.#droppedSamples,
    };
  }

  /** True when a pull feed, which makes samples at the program's asking, has fewer than `samples` at the moment. */
  isWaiting(samples: number): boolean {
    return this.#feed?.pacing === 'pull' && this.#feed.queuedSamples < samples;
  }

  /** Nothing changes, and nothing is heard, where it is the same feed as before. */
  setFeed(feed: AudioFeed | undefined): void {
    if (feed === this.#feed) return;
    this.#feed = feed;
    this.#isPrimed = false;
  }

  /** Exactly `samples` samples per channel, interleaved. */
  next(samples: number): Float32Array {
    const feed = this.#feed;
    if (feed === undefined) return this.#silence(samples);
    if (feed.pacing === 'pull') return feed.take(samples) ?? this.#silence(samples);
    return this.#nextOfPush(feed, samples);
  }

  #nextOfPush(feed: AudioFeed, samples: number): Float32Array {
    if (!this.#isPrimed) {
      if (feed.queuedSamples < TARGET_SAMPLES) return this.#silence(samples);
      feed.take(feed.queuedSamples - TARGET_SAMPLES);
      this.#isPrimed = true;
      this.#meanLevel = TARGET_SAMPLES;
    }
    if (feed.queuedSamples > OVERFLOW_SAMPLES) {
      const surplus = feed.queuedSamples - TARGET_SAMPLES;
      feed.take(surplus);
      this.#droppedSamples += surplus;
      this.#meanLevel = TARGET_SAMPLES;
    }
    const level = feed.queuedSamples;
    this.#meanLevel += (level - this.#meanLevel) * Math.min(1, samples / LEVEL_MEMORY_SAMPLES);
    const surplus = this.#correction(samples);
    if (level < samples + surplus) return this.#runDry(feed, samples);
    const taken = feed.take(samples + surplus);
    if (taken === undefined) return this.#runDry(feed, samples);
    if (surplus === 0) return taken;
    this.#correctedTicks += 1;
    this.#correctedSamples += surplus;
    return resample(taken, samples);
  }

  /** Samples to take beyond (or, negative, short of) those of the tick. */
  #correction(samples: number): number {
    const error = this.#meanLevel - TARGET_SAMPLES;
    if (Math.abs(error) < DEADBAND_SAMPLES) return 0;
    return Math.sign(error) * Math.max(1, Math.floor(samples * MAX_CORRECTION));
  }

  #runDry(feed: AudioFeed, samples: number): Float32Array {
    this.#underruns += 1;
    this.#isPrimed = false;
    const result = new Float32Array(samples * AUDIO_CHANNELS);
    const rest = Math.min(samples, feed.queuedSamples);
    result.set(feed.take(rest) ?? []);
    this.#silentSamples += samples - rest;
    return result;
  }

  #silence(samples: number): Float32Array {
    this.#silentSamples += samples;
    return new Float32Array(samples * AUDIO_CHANNELS);
  }
}
