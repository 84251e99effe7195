// The show's audio encoder: PCM of the timeline in, AAC frames of the timeline out, encoded once for all renditions.
// Another process takes over from one that has died behind its last frame; nothing that happens to the video encoder touches it.
import type { OperatorError } from '../../contract/errors.ts';
import { AAC_FRAME_SAMPLES, AUDIO_CHANNELS, AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import type { AudioPacket, AudioTrackConfig } from '../media/packets.ts';
import type { AudioFrameIndex } from '../media/timeline.ts';
import { AudioWorker } from './audioWorker.ts';
import { MissingFrames, type MissingCause, type MissingRange } from './missingFrames.ts';
import { RecentSamples } from './recentSamples.ts';
import { RestartBudget } from './restartBudget.ts';

const FLUSH_MS = 5_000;
/** More than a worker may be silent, or behind, before it counts as dead. */
const KEPT_SECONDS = 12;
/** The first frame that a decoder hears of a new encoder overlaps the one before it, which the new one must have seen too. */
const PREROLL_FRAMES = 1;
/** Worker after worker that gives nothing: the sound that they were given is left out. */
const MAX_BARREN = 3;

export type AudioEncoderOptions = {
  readonly binary: string;
  readonly kbps: number;
  /** The first AAC frame that comes out; samples before it are left out. */
  readonly startFrame: AudioFrameIndex;
  /** Once before the first packet, and again only if a new process differs. */
  readonly onConfig: (config: AudioTrackConfig) => void;
  readonly onPacket: (packet: AudioPacket) => void;
  /** A process ended unasked; `resumesAt` is the AAC frame of the new one, undefined when it was given up. */
  readonly onFailure: (failure: { readonly error: OperatorError; readonly tail: readonly string[]; readonly resumesAt: number | undefined }) => void;
  /** What may wait inside for long; the usual bound where nothing is said. */
  readonly maxLagMs?: number;
  readonly env?: Readonly<Record<string, string>>;
};

export type AudioEncoderStats = {
  readonly frames: number;
  readonly bytes: number;
  /** Sound that was given and has not come back yet. */
  readonly lagMs: number;
  /** AAC frames that never came out because a process died. */
  readonly lostFrames: number;
  readonly failures: number;
  /** The lost frames by range, as rendition `audio`. */
  readonly missing: readonly MissingRange[];
};

const TRACK = 'audio';

export class AudioEncoder {
  readonly #options: AudioEncoderOptions;
  readonly #budget = new RestartBudget();
  readonly #leaving = new Set<Promise<unknown>>();
  readonly #recent = new RecentSamples(KEPT_SECONDS * AUDIO_SAMPLE_RATE);
  readonly #missing = new MissingFrames();
  #worker: AudioWorker | undefined;
  #config: AudioTrackConfig | undefined;
  /** Sample that is expected next; everything before it was taken or left out. */
  #nextSample: number;
  #frames = 0;
  #bytes = 0;
  /** AAC frame that is expected next from the workers. */
  #nextFrame: number;
  #barren = 0;
  #failures = 0;
  #isRunning = true;

  /** Starts the process at once. */
  constructor(options: AudioEncoderOptions) {
    this.#options = options;
    this.#nextSample = options.startFrame * AAC_FRAME_SAMPLES;
    this.#nextFrame = options.startFrame;
    this.#start(options.startFrame);
  }

  get command(): string {
    return this.#worker?.command ?? '';
  }

  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  get stats(): AudioEncoderStats {
    const lagSamples = Math.max(0, this.#nextSample - this.#nextFrame * AAC_FRAME_SAMPLES);
    return { frames: this.#frames, bytes: this.#bytes, lagMs: Math.round((lagSamples * 1000) / AUDIO_SAMPLE_RATE), lostFrames: this.#missing.count(TRACK), failures: this.#failures, missing: this.#missing.ranges };
  }

  /**
   * Takes the next samples of the program; never waits.
   * @param firstSample index of the first sample on the timeline. @param samples interleaved; not to be changed afterwards.
   */
  push(firstSample: number, samples: Float32Array): void {
    if (!this.#isRunning) return;
    const length = samples.length / AUDIO_CHANNELS;
    if (firstSample > this.#nextSample) this.#skipTo(firstSample);
    const from = Math.max(this.#nextSample, firstSample);
    if (from >= firstSample + length) return;
    const rest = from === firstSample ? samples : samples.subarray((from - firstSample) * AUDIO_CHANNELS);
    this.#recent.add(from, rest);
    this.#nextSample = firstSample + length;
    const worker = this.#worker;
    const begin = Math.max(0, (worker?.startFrame ?? Infinity) * AAC_FRAME_SAMPLES - from);
    if (worker !== undefined && begin * AUDIO_CHANNELS < rest.length) worker.push(begin === 0 ? rest : rest.subarray(begin * AUDIO_CHANNELS));
  }

  /** Takes no more samples, waits for the packets of those it has, and ends the process; bounded in time. */
  async finish(flushMs = FLUSH_MS): Promise<void> {
    this.#isRunning = false;
    if (this.#worker !== undefined) this.#leave(this.#worker.finish(flushMs));
    await Promise.all(this.#leaving);
  }

  #start(startFrame: number): void {
    const { binary, kbps, env, maxLagMs } = this.#options;
    const worker = new AudioWorker({
      binary, kbps, startFrame, maxLagMs,
      sink: { onConfig: (config) => this.#announce(config), onPacket: (packet) => this.#emit(packet) },
      ...(env === undefined ? {} : { env }),
    });
    this.#worker = worker;
    this.#leave(worker.ended.then((error) => this.#onEnd(worker, error)));
  }

  #leave(end: Promise<unknown>): void {
    this.#leaving.add(end);
    void end.finally(() => this.#leaving.delete(end));
  }

  #onEnd(worker: AudioWorker, error: OperatorError | undefined): void {
    const isCurrent = this.#worker === worker;
    if (isCurrent) this.#worker = undefined;
    const given = Math.ceil(this.#nextSample / AAC_FRAME_SAMPLES);
    if (error === undefined) {
      if (isCurrent) this.#lose(given);
      return;
    }
    if (!isCurrent) return;
    this.#failures += 1;
    this.#barren = worker.framesIn > PREROLL_FRAMES && worker.framesOut <= PREROLL_FRAMES ? this.#barren + 1 : 0;
    const isOverload = error.code === 'ENCODER_OVERLOADED';
    const resumesAt = this.#isRunning && this.#budget.take(performance.now()) ? (isOverload ? given : this.#resumeFrame(given)) : undefined;
    this.#lose(resumesAt ?? given, isOverload ? 'overload' : 'died');
    if (resumesAt !== undefined) this.#replay(resumesAt);
    this.#options.onFailure({ error, tail: worker.stderrTail(), resumesAt });
  }

  /** Behind the last frame that came out; behind everything that was given where that is what kills one worker after another. */
  #resumeFrame(given: number): number {
    if (this.#barren >= MAX_BARREN) return given;
    return Math.max(this.#nextFrame, Math.ceil((this.#recent.oldest ?? this.#nextSample) / AAC_FRAME_SAMPLES));
  }

  #replay(resumesAt: number): void {
    const oldest = Math.ceil((this.#recent.oldest ?? this.#nextSample) / AAC_FRAME_SAMPLES);
    const startFrame = Math.max(Math.min(oldest, resumesAt), resumesAt - PREROLL_FRAMES);
    this.#start(startFrame);
    for (const samples of this.#recent.from(startFrame * AAC_FRAME_SAMPLES)) this.#worker?.push(samples);
  }

  /** What has not come of the frames before this one will not come any more. */
  #lose(before: number, cause: MissingCause = 'died'): void {
    this.#missing.add(TRACK, this.#nextFrame, before, cause);
    this.#nextFrame = Math.max(this.#nextFrame, before);
  }

  /** The program leaves no holes; if it ever did, a new process keeps the timeline true. */
  #skipTo(sample: number): void {
    const worker = this.#worker;
    this.#nextSample = sample;
    if (worker === undefined || worker.startFrame * AAC_FRAME_SAMPLES >= sample) return;
    this.#start(Math.ceil(sample / AAC_FRAME_SAMPLES));
    this.#leave(worker.finish(FLUSH_MS));
  }

  #announce(config: AudioTrackConfig): void {
    if (this.#config !== undefined && Buffer.compare(this.#config.audioSpecificConfig, config.audioSpecificConfig) === 0) return;
    this.#config = config;
    this.#options.onConfig(config);
  }

  #emit(packet: AudioPacket): void {
    // The frame before the first one of a worker that took over has come already.
    if (packet.frame < this.#nextFrame) return;
    if (packet.frame > this.#nextFrame) this.#lose(packet.frame);
    this.#nextFrame = packet.frame + 1;
    this.#recent.releaseBefore((this.#nextFrame - PREROLL_FRAMES) * AAC_FRAME_SAMPLES);
    this.#frames += 1;
    this.#bytes += packet.data.length;
    this.#options.onPacket(packet);
  }
}
