// The show's audio encoder: PCM of the timeline in, AAC frames of the timeline out, encoded once for all renditions.
// It replaces its process when that dies; it is not touched by anything that happens to the video encoder.
import type { OperatorError } from '../../contract/errors.ts';
import { AAC_FRAME_SAMPLES, AUDIO_CHANNELS } from '../../contract/ladder.ts';
import type { AudioPacket, AudioTrackConfig } from '../media/packets.ts';
import type { AudioFrameIndex } from '../media/timeline.ts';
import { AudioWorker } from './audioWorker.ts';
import { RestartBudget } from './restartBudget.ts';

const FLUSH_MS = 5_000;

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
  readonly env?: Readonly<Record<string, string>>;
};

export type AudioEncoderStats = {
  readonly frames: number;
  readonly bytes: number;
  /** AAC frames that never came out because a process died. */
  readonly lostFrames: number;
  readonly failures: number;
};

export class AudioEncoder {
  readonly #options: AudioEncoderOptions;
  readonly #budget = new RestartBudget();
  readonly #leaving = new Set<Promise<unknown>>();
  #worker: AudioWorker | undefined;
  #config: AudioTrackConfig | undefined;
  /** Sample that is expected next; everything before it was taken or left out. */
  #nextSample: number;
  #frames = 0;
  #bytes = 0;
  #lostFrames = 0;
  #failures = 0;
  #isRunning = true;

  /** Starts the process at once. */
  constructor(options: AudioEncoderOptions) {
    this.#options = options;
    this.#nextSample = options.startFrame * AAC_FRAME_SAMPLES;
    this.#start(options.startFrame);
  }

  get command(): string {
    return this.#worker?.command ?? '';
  }

  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  get stats(): AudioEncoderStats {
    return { frames: this.#frames, bytes: this.#bytes, lostFrames: this.#lostFrames, failures: this.#failures };
  }

  /**
   * Takes the next samples of the program; never waits.
   * @param firstSample index of the first sample on the timeline. @param samples interleaved; not to be changed afterwards.
   */
  push(firstSample: number, samples: Float32Array): void {
    if (!this.#isRunning) return;
    const length = samples.length / AUDIO_CHANNELS;
    if (firstSample > this.#nextSample) this.#skipTo(firstSample);
    const worker = this.#worker;
    const begin = Math.max(this.#nextSample, (worker?.startFrame ?? Infinity) * AAC_FRAME_SAMPLES) - firstSample;
    this.#nextSample = Math.max(this.#nextSample, firstSample + length);
    if (worker === undefined || begin >= length) return;
    worker.push(begin <= 0 ? samples : samples.subarray(begin * AUDIO_CHANNELS));
  }

  /** Takes no more samples, waits for the packets of those it has, and ends the process; bounded in time. */
  async finish(flushMs = FLUSH_MS): Promise<void> {
    this.#isRunning = false;
    if (this.#worker !== undefined) this.#leave(this.#worker.finish(flushMs));
    await Promise.all(this.#leaving);
  }

  #start(startFrame: number): void {
    const { binary, kbps, env } = this.#options;
    const worker = new AudioWorker({
      binary, kbps, startFrame,
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
    this.#lostFrames += worker.framesIn - worker.framesOut;
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    if (error === undefined) return;
    this.#failures += 1;
    const mayRestart = this.#isRunning && this.#budget.take(performance.now());
    const resumesAt = mayRestart ? Math.ceil(this.#nextSample / AAC_FRAME_SAMPLES) : undefined;
    if (resumesAt !== undefined) this.#start(resumesAt);
    this.#options.onFailure({ error, tail: worker.stderrTail(), resumesAt });
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
    this.#frames += 1;
    this.#bytes += packet.data.length;
    this.#options.onPacket(packet);
  }
}
