// One AAC encoder process: PCM in, packets out. It never starts again by itself.
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { AAC_FRAME_SAMPLES, AUDIO_CHANNELS, AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import { outputFd, startWorker, type FfmpegWorker } from '../ffmpeg/worker.ts';
import { WorkerFailedError } from '../ffmpeg/workerExit.ts';
import { audioEncoderArgs } from './audioArgs.ts';
import { AudioDemuxer, type AudioSink } from './audioDemuxer.ts';

const UP_TIMEOUT_MS = 60_000;
const PIPE_DRAIN_MS = 2_000;
/** An encoder that gives nothing for so long while it is fed hangs: it needs a hundredth of real time. */
const STALL_MS = 2_000;
/**
 * Sound that waits inside for so long is not live any more. A burst of the program (after a sleep) is worked off within
 * {@link BEHIND_MS}; an encoder that is slower than real time is not, and what waits is given up: seconds lost once, and said.
 */
const MAX_LAG_MS = 10_000;
const BEHIND_MS = 2_000;
/** A pause of this process itself is not the encoder's: one push accounts for no more than this. */
const MAX_PUSH_GAP_MS = 100;

export type AudioWorkerOptions = {
  readonly binary: string;
  readonly kbps: number;
  /** AAC frame of the timeline at which it begins. */
  readonly startFrame: number;
  readonly sink: AudioSink;
  readonly maxLagMs?: number | undefined;
  readonly env?: Readonly<Record<string, string>>;
};

export class AudioWorker {
  readonly startFrame: number;
  /** Resolves when the process has gone and its last packet was delivered; with the cause where its end was not asked for. */
  readonly ended: Promise<OperatorError | undefined>;
  readonly #worker: FfmpegWorker;
  readonly #demuxer: AudioDemuxer;
  readonly #maxLagMs: number;
  #samplesIn = 0;
  #silentMs = 0;
  #behindMs = 0;
  #lastPushMs: number | undefined;
  #packetsAtLastPush = 0;
  #fault: OperatorError | undefined;
  #isFinishing = false;

  constructor(options: AudioWorkerOptions) {
    const { startFrame, sink, maxLagMs = MAX_LAG_MS } = options;
    this.startFrame = startFrame;
    this.#maxLagMs = maxLagMs;
    this.#worker = startWorker({
      name: 'audio encoder',
      binary: options.binary,
      args: audioEncoderArgs(options.kbps, `pipe:${outputFd(0)}`),
      stdin: 'media',
      outputs: 1,
      upTimeoutMs: UP_TIMEOUT_MS,
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    // The end of the input is padded to a whole frame, and the encoder's delay adds another: neither holds program samples.
    this.#demuxer = new AudioDemuxer(options.kbps, startFrame, {
      onConfig: sink.onConfig,
      onPacket: (packet) => { if (packet.frame < startFrame + this.framesIn) sink.onPacket(packet); },
    });
    this.ended = this.#end(this.#read());
  }

  get command(): string {
    return this.#worker.command;
  }

  get pid(): number | undefined {
    return this.#worker.pid;
  }

  /** AAC frames that the samples so far begin. */
  get framesIn(): number {
    return Math.ceil(this.#samplesIn / AAC_FRAME_SAMPLES);
  }

  get framesOut(): number {
    return Math.min(this.#demuxer.packets, this.framesIn);
  }

  stderrTail(): readonly string[] {
    return this.#worker.stderrTail();
  }

  /** The next samples of the timeline, interleaved; not to be changed afterwards. */
  push(samples: Float32Array): void {
    this.#samplesIn += samples.length / AUDIO_CHANNELS;
    const stdin = this.#worker.stdin;
    if (stdin === undefined || stdin.destroyed || this.#isFinishing) return;
    stdin.write(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    this.#watch();
  }

  /** Lets it encode what it was given, then ends it: in order where it keeps to `flushMs`, else by force. */
  async finish(flushMs: number): Promise<OperatorError | undefined> {
    this.#isFinishing = true;
    await this.#worker.stop({ quitMs: flushMs });
    return this.ended;
  }

  #watch(): void {
    const nowMs = performance.now();
    const { packets } = this.#demuxer;
    const gapMs = Math.min(MAX_PUSH_GAP_MS, nowMs - (this.#lastPushMs ?? nowMs));
    this.#silentMs = packets === this.#packetsAtLastPush ? this.#silentMs + gapMs : 0;
    const lagMs = ((this.framesIn - this.framesOut) * AAC_FRAME_SAMPLES * 1000) / AUDIO_SAMPLE_RATE;
    this.#behindMs = lagMs > this.#maxLagMs ? this.#behindMs + gapMs : 0;
    this.#lastPushMs = nowMs;
    this.#packetsAtLastPush = packets;
    if (this.#behindMs >= BEHIND_MS) {
      this.#fail(new OperatorError(
        'ENCODER_OVERLOADED', `The audio encoder fell ${(lagMs / 1000).toFixed(1)} s behind, so what waited was given up.`,
        'Viewers do not hear these seconds. Close other programs now.',
      ));
    }
    if (this.#silentMs < STALL_MS) return;
    this.#fail(new OperatorError('ENCODER_STALLED', `The audio encoder gave nothing for ${STALL_MS / 1000} s and was ended.`, 'A new one goes on with what waited.'));
  }

  #fail(fault: OperatorError): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#worker.kill();
  }

  async #end(read: Promise<void>): Promise<OperatorError | undefined> {
    const exit = await this.#worker.exit;
    await Promise.race([read, new Promise<void>((resolve) => { setTimeout(resolve, PIPE_DRAIN_MS).unref(); })]);
    if (this.#fault !== undefined) return this.#fault;
    if (this.#isFinishing && (exit.reason === 'ended' || (exit.reason === 'asked' && exit.code === 0))) return undefined;
    return new WorkerFailedError('audio encoder', exit);
  }

  async #read(): Promise<void> {
    const [pipe] = this.#worker.pipes;
    if (pipe === undefined) return;
    pipe.on('data', (bytes: Buffer) => {
      if (this.#fault !== undefined) return;
      try {
        this.#demuxer.push(bytes);
      } catch (error) {
        this.#fail(new OperatorError('ENCODER_OUTPUT', `The audio encoder sent what cannot be used: ${messageOf(error)}`, 'Start again; "fieldcast doctor" shows which FFmpeg is used.', { cause: error }));
      }
    });
    await new Promise<void>((resolve) => { pipe.once('close', resolve); });
  }
}
