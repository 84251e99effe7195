// One encoder process for the whole ladder: raw frames in, packets of every rendition out. It never starts again by itself.
import type { Readable } from 'node:stream';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import { outputFd, startWorker, type FfmpegWorker } from '../ffmpeg/worker.ts';
import { WorkerFailedError } from '../ffmpeg/workerExit.ts';
import type { Lease } from '../media/framePool.ts';
import { encodedRenditions, type EncodeSettings } from './encodeSettings.ts';
import { FrameWriter } from './frameWriter.ts';
import { videoEncoderArgs } from './videoArgs.ts';
import { VideoDemuxer, type VideoSink } from './videoDemuxer.ts';

/** An encoder's first byte comes with its first frame, for which a show may wait up to a GOP. */
const UP_TIMEOUT_MS = 60_000;
/** The last bytes of a dead process are read by then. */
const PIPE_DRAIN_MS = 2_000;

/**
 * For glibc: memory of raw pictures is kept for the next picture instead of being given back and faulted in again
 * (mallopt(3); 130 000 page faults fewer in 10 s of 1080p). Other systems ignore it.
 */
const KEEP_MEMORY = { MALLOC_TRIM_THRESHOLD_: '536870912', MALLOC_MMAP_THRESHOLD_: '67108864', MALLOC_TOP_PAD_: '16777216' };

export type VideoWorkerOptions = {
  readonly binary: string;
  readonly ladder: Ladder;
  readonly framesPerGop: number;
  readonly settings: EncodeSettings;
  /** Anywhere in a GOP; the next IDR is where the timeline has it. */
  readonly startFrame: number;
  readonly sink: VideoSink;
  readonly env?: Readonly<Record<string, string>>;
};

export class VideoWorker {
  /** Timeline index of the first frame given to it. */
  readonly startFrame: number;
  /** Resolves when the process has gone and its last packet was delivered; with the cause where its end was not asked for. */
  readonly ended: Promise<OperatorError | undefined>;
  readonly #worker: FfmpegWorker;
  readonly #writer: FrameWriter;
  readonly #demuxers: readonly VideoDemuxer[];
  #fault: OperatorError | undefined;
  #isFinishing = false;

  constructor(options: VideoWorkerOptions) {
    const { ladder, framesPerGop, settings, startFrame, sink } = options;
    const renditions = encodedRenditions(ladder, settings);
    const part = { renditions, gopPhase: startFrame % framesPerGop, plannedPreset: settings.plannedPreset };
    this.startFrame = startFrame;
    this.#worker = startWorker({
      name: 'video encoder',
      binary: options.binary,
      args: videoEncoderArgs(ladder, framesPerGop, settings.encoder, renditions.map((_, index) => `pipe:${outputFd(index)}`), part),
      stdin: 'media',
      outputs: renditions.length,
      upTimeoutMs: UP_TIMEOUT_MS,
      env: { ...KEEP_MEMORY, ...options.env },
    });
    this.#demuxers = renditions.map((rendition) => new VideoDemuxer(rendition, ladder.frameRate, startFrame, sink));
    const read = this.#worker.pipes.map(async (pipe, index) => this.#readPipe(pipe, this.#demuxers[index]));
    // Where the process could not be started there is no stdin; `ended` tells why.
    this.#writer = new FrameWriter(this.#worker.stdin);
    this.ended = this.#end(read);
  }

  get command(): string {
    return this.#worker.command;
  }

  get pid(): number | undefined {
    return this.#worker.pid;
  }

  get framesIn(): number {
    return this.#writer.framesIn;
  }

  stderrTail(): readonly string[] {
    return this.#worker.stderrTail();
  }

  /** Packets of all renditions so far. */
  get packetsOut(): number {
    return this.#demuxers.reduce((sum, demuxer) => sum + demuxer.packets, 0);
  }

  /** The next frame of the timeline; its pieces are not changed while `lease` is held, or ever where there is none. */
  push(pieces: readonly Uint8Array[], lease: Lease | undefined): void {
    this.#writer.push(pieces, lease);
  }

  /** Ends the process. `ended` resolves with this cause. */
  fail(fault: OperatorError): void {
    this.#fault ??= fault;
    this.#worker.kill();
  }

  /** Lets it encode what it was given, then ends it: in order where it keeps to `flushMs`, else by force. */
  async finish(flushMs: number): Promise<OperatorError | undefined> {
    this.#isFinishing = true;
    const deadline = performance.now() + flushMs;
    await Promise.race([this.#writer.drained(), this.ended, delay(flushMs)]);
    const exit = await this.#worker.stop({ quitMs: Math.max(0, deadline - performance.now()) });
    if (exit.reason === 'asked' && exit.step !== 'quit') {
      this.#fault ??= new OperatorError(
        'ENCODER_STUCK', `The video encoder did not finish its last frames within ${Math.round(flushMs / 1000)} s.`,
        'The last seconds of the show may be missing; choose a smaller ladder or a faster preset.',
      );
    }
    return this.ended;
  }

  async #end(read: readonly Promise<void>[]): Promise<OperatorError | undefined> {
    const exit = await this.#worker.exit;
    await Promise.race([Promise.all(read), delay(PIPE_DRAIN_MS)]);
    if (this.#fault !== undefined) return this.#fault;
    if (this.#isFinishing && (exit.reason === 'ended' || (exit.reason === 'asked' && exit.code === 0))) return undefined;
    return new WorkerFailedError('video encoder', exit);
  }

  async #readPipe(pipe: Readable, demuxer: VideoDemuxer | undefined): Promise<void> {
    pipe.on('data', (bytes: Buffer) => {
      if (this.#fault !== undefined) return;
      try {
        demuxer?.push(bytes);
      } catch (error) {
        this.fail(new OperatorError('ENCODER_OUTPUT', `The video encoder sent what cannot be used: ${messageOf(error)}`, 'Start again; "fieldcast doctor" shows which FFmpeg is used.', { cause: error }));
      }
    });
    await new Promise<void>((resolve) => { pipe.once('close', resolve); });
  }
}

async function delay(ms: number): Promise<void> {
  await new Promise<void>((resolve) => { setTimeout(resolve, ms).unref(); });
}
