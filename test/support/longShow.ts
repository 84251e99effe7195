// Hours of a show on a simulated clock: a camera and a microphone whose clocks are wrong.
import { createTimeline, firstAudioFrameAt, firstGopFrameAt, utcMsOfFrame } from '../../src/main/media/timeline.ts';
import { AudioPicker } from '../../src/main/program/audioPicker.ts';
import { LiveDelay } from '../../src/main/program/liveDelay.ts';
import { Program, type ProgramStats } from '../../src/main/program/program.ts';
import { VideoPicker } from '../../src/main/program/videoPicker.ts';
import { CountingResampler } from './countingResampler.ts';
import { DeviceAudio, DeviceVideo } from './deviceFeeds.ts';
import { HandClock } from './handClock.ts';
import { frameNumber } from './handFeeds.ts';

export const TICK_MS = 1000 / 30;
const BLOCK = 1600;
const ZERO = 1_700_000_000;

/** Jitter that is the same in every run, from 0 to `ms`. */
const jitter = (index: number, ms: number): number => (((index * 7919 + 13) % 997) / 997) * ms;

export type LipSync = {
  /** Mean of each second after the first three, ms: how much later what is heard was captured than what is seen. */
  readonly meansMs: readonly number[];
  readonly underruns: number;
  readonly jumps: number;
  readonly correctedSamples: number;
};

/**
 * A camera and a microphone that see and hear the same events. Each sample's value is its number in its device's own count, so that
 * what is heard tells when it was captured.
 */
export function lipSync(minutes: number, cameraPpm: number, microphonePpm: number): LipSync {
  const camera = new DeviceVideo((n) => (n * TICK_MS) / (1 + cameraPpm / 1e6) + jitter(n, 8));
  const microphone = new DeviceAudio(960, (block) => ((block + 1) * 20) / (1 + microphonePpm / 1e6) + jitter(block, 8), (sample) => sample / 2 ** 28);
  const delay = new LiveDelay();
  const video = new VideoPicker(4, 2, TICK_MS, delay);
  const audio = new AudioPicker(delay);
  video.setFeed(camera);
  audio.setFeed(microphone);
  const errors: number[] = [];
  for (let index = 0; index < minutes * 60 * 30; index += 1) {
    const dueMs = index * TICK_MS;
    camera.arrive(dueMs);
    microphone.arrive(dueMs);
    const seenAtMs = (frameNumber(video.next(dueMs).pieces) * TICK_MS) / (1 + cameraPpm / 1e6);
    const heard = audio.next(BLOCK, dueMs);
    // The middle of the block, where nothing fades; the value is carried in 24 bits of a float.
    const heardAtMs = ((heard[BLOCK] ?? 0) * 2 ** 28) / 48 / (1 + microphonePpm / 1e6) - BLOCK / 2 / 48;
    if (index >= 90) errors.push(heardAtMs - seenAtMs);
  }
  const meansMs = Array.from({ length: Math.floor(errors.length / 30) }, (_, second) => errors.slice(second * 30, second * 30 + 30).reduce((sum, one) => sum + one, 0) / 30);
  const { underruns, jumps, correctedSamples } = audio.stats;
  return { meansMs, underruns, jumps, correctedSamples };
}

export type LongShow = {
  readonly stats: ProgramStats;
  readonly frames: number;
  readonly samples: number;
  /** Blocks of sound that did not begin where the one before ended. */
  readonly soundGaps: number;
  /** Whole AAC frames of the timeline that the samples make. */
  readonly aacFrames: number;
  /** Once a minute: wall time against media time since the start, ms. */
  readonly offsetsMs: readonly number[];
  /** Once a minute: the same of the sound's samples. */
  readonly soundOffsetsMs: readonly number[];
};

/** Samples that are all zero and are not made anew: a day of them would be 33 GB. */
class SilentMicrophone extends DeviceAudio {
  readonly #view = new Float32Array(1 << 14);

  override take(samples: number): Float32Array | undefined {
    if (samples > this.queuedSamples) return undefined;
    this.passed(samples);
    return this.#view.subarray(0, samples * 2);
  }
}

/**
 * A program over a camera that is 100 ppm fast and a microphone that is 100 ppm slow.
 * @param sound `counted`: every decision and count about samples is made, but they are not filtered
 */
export function longShow(seconds: number, sound: 'none' | 'filtered' | 'counted', each: (clock: HandClock, second: number) => void = () => undefined): LongShow {
  const startMs = ZERO * 1000 + 2_000_000;
  const clock = new HandClock(startMs);
  const timeline = createTimeline(ZERO, { num: 30, den: 1 }, 2);
  const startFrame = firstGopFrameAt(timeline, startMs);
  const origin = clock.nowMs();
  const camera = new DeviceVideo((n) => origin + (n * TICK_MS) / 1.000_1 + jitter(n, 8));
  const arrivalMs = (block: number): number => origin + ((block + 1) * 20) / 0.999_9 + jitter(block, 8);
  const microphone = sound === 'counted' ? new SilentMicrophone(960, arrivalMs) : new DeviceAudio(960, arrivalMs, () => 0);
  const offsetsMs: number[] = [];
  const soundOffsetsMs: number[] = [];
  let samples = 0;
  let soundGaps = 0;
  let firstSample: number | undefined;
  const arrive = (): void => {
    camera.arrive(clock.nowMs());
    if (sound !== 'none') microphone.arrive(clock.nowMs());
  };
  const wallMs = (): number => clock.nowMs() - origin;
  const program = new Program({
    timeline, startFrame, clock, width: 4, height: 2, feeds: { video: camera, audio: sound === 'none' ? undefined : microphone },
    ...(sound === 'counted' ? { resampler: new CountingResampler() } : {}),
    onFrame: (frame) => { if (frame % 1800 === 0) offsetsMs.push(wallMs() - (utcMsOfFrame(timeline, frame) - startMs)); },
    onAudio: (at, block) => {
      firstSample ??= at;
      if (at !== firstSample + samples) soundGaps += 1;
      if ((at / BLOCK) % 1800 === 0) soundOffsetsMs.push(wallMs() - (at / 48 - (startMs - ZERO * 1000)));
      samples += block.length / 2;
    },
  });
  program.start();
  for (let second = 0; second < seconds; second += 1) {
    each(clock, second);
    for (let part = 0; part < 60; part += 1) {
      clock.advance(1000 / 60);
      arrive();
    }
  }
  program.stop();
  const endSample = (firstSample ?? 0) + samples;
  const aacFrames = Math.floor(endSample / 1024) - firstAudioFrameAt(startFrame, timeline.frameRate);
  return { stats: program.stats, frames: program.nextFrame - startFrame, samples, soundGaps, aacFrames, offsetsMs, soundOffsetsMs };
}
