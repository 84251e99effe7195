// The show's video encoder: takes program frames, gives packets of every rendition, and replaces its process when that dies.
// A new process begins at a GOP boundary of the same timeline. It never makes the program clock wait.
import { DEFAULT_ENCODER, type EncoderChoice } from '../../contract/encoder.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { Lease } from '../media/framePool.ts';
import type { VideoPacket, VideoTrackConfig } from '../media/packets.ts';
import { exactMsOfFrame, type FrameIndex, type Timeline } from '../media/timeline.ts';
import { encoderAfterFailure } from './encoderFallback.ts';
import { RenditionCounter, type RenditionStats } from './renditionCounter.ts';
import { RestartBudget } from './restartBudget.ts';
import { VideoWorker } from './videoWorker.ts';

/** Media time that an encoder may keep without giving any of it back. */
const STALL_MS = 10_000;
/** A pause of this process itself (suspended, stopped) is not the encoder's: one push accounts for no more than this. */
const MAX_PUSH_GAP_MS = 100;
/**
 * A show that is further behind is not live any more. What waits is given up and the encoder begins again at the next GOP boundary:
 * seconds lost once, and said, instead of a delay that grows without end.
 */
const MAX_LAG_MS = 12_000;
const FLUSH_MS = 15_000;

export type EncoderFailure = {
  readonly error: OperatorError;
  /** The last lines of FFmpeg's stderr, redacted. */
  readonly tail: readonly string[];
  /** Frame at which a new process takes over; undefined when it was given up. */
  readonly resumesAt: number | undefined;
  /** Set where the new process uses another encoder than the one that failed. */
  readonly replacedBy?: EncoderChoice;
};

export type VideoEncoderOptions = {
  readonly binary: string;
  readonly ladder: Ladder;
  readonly timeline: Timeline;
  /** The first frame that will be pushed; on a GOP boundary. */
  readonly startFrame: FrameIndex;
  /** The default where the plan names none. */
  readonly encoder?: EncoderChoice | undefined;
  /** Media time that may wait inside before it is given up, ms. */
  readonly maxLagMs?: number;
  /** Once for each rendition before its first packet, and again only if a new process has other parameter sets. */
  readonly onConfig: (config: VideoTrackConfig) => void;
  /** In decode order for each rendition. */
  readonly onPacket: (packet: VideoPacket) => void;
  /** A process ended unasked. */
  readonly onFailure: (failure: EncoderFailure) => void;
  /** Added to the environment of the process. */
  readonly env?: Readonly<Record<string, string>>;
};

export type VideoEncoderStats = {
  readonly framesIn: number;
  /** Frames that are inside: queued, or being encoded. */
  readonly lagFrames: number;
  /** Frames whose picture was replaced by the one before because the encoder was too slow. */
  readonly replacedFrames: number;
  /** Processes that ended unasked. */
  readonly failures: number;
  readonly renditions: readonly RenditionStats[];
};

export class VideoEncoder {
  readonly #options: VideoEncoderOptions;
  readonly #counters: readonly RenditionCounter[];
  readonly #configs = new Map<string, VideoTrackConfig>();
  readonly #budget = new RestartBudget();
  #encoder: EncoderChoice;
  #worker: VideoWorker | undefined;
  /** Ends of processes that are still giving their last packets. */
  readonly #leaving = new Set<Promise<unknown>>();
  #nextFrame: number;
  #framesIn = 0;
  #replacedBefore = 0;
  #failures = 0;
  #silentMs = 0;
  #lastPushAtMs: number | undefined;
  #packetsAtLastPush = 0;
  #state: 'running' | 'finishing' | 'failed' | 'ended' = 'running';

  /** Starts the process at once, so that it is ready when the first frame comes. @throws RangeError for a start inside a GOP. */
  constructor(options: VideoEncoderOptions) {
    const { startFrame, timeline, ladder } = options;
    if (startFrame % timeline.framesPerGop !== 0) throw new RangeError('An encoder starts on a GOP boundary.');
    this.#options = options;
    this.#encoder = options.encoder ?? DEFAULT_ENCODER;
    this.#counters = ladder.renditions.map((rendition) => new RenditionCounter(rendition.name, ladder.frameRate));
    this.#nextFrame = startFrame;
    this.#start(startFrame);
  }

  /** The command of the running process, for the operator to read and copy. */
  get command(): string {
    return this.#worker?.command ?? '';
  }

  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  get stats(): VideoEncoderStats {
    const out = Math.min(...this.#counters.map((counter) => counter.frames + counter.lostFrames));
    const replacedFrames = this.#replacedBefore + (this.#worker?.replacedFrames ?? 0);
    return {
      framesIn: this.#framesIn,
      lagFrames: Math.max(0, this.#framesIn - out),
      replacedFrames,
      failures: this.#failures,
      renditions: this.#counters.map((counter) => counter.stats(replacedFrames)),
    };
  }

  /**
   * Takes the next frame of the program; never waits.
   * @param pieces consecutive parts of one yuv420p frame of the first rendition's size. @param lease is held for as long as they are
   * needed; without one they are not to be changed ever after.
   */
  push(frame: FrameIndex, pieces: readonly Uint8Array[], lease?: Lease): void {
    if ((this.#state !== 'running' && this.#state !== 'failed') || frame < this.#nextFrame) return;
    // The program leaves no holes; if it ever did, a new process on a GOP boundary keeps the timeline true.
    if (frame > this.#nextFrame) this.#skipTo(frame);
    this.#nextFrame = frame + 1;
    this.#framesIn += 1;
    const worker = this.#worker;
    if (worker === undefined || frame < worker.startFrame) {
      for (const counter of this.#counters) counter.lose(1);
      return;
    }
    worker.push(pieces, lease);
    this.#watchStall(worker);
    this.#watchLag(worker);
  }

  /** Takes no more frames, waits for the packets of those it has, and ends the process; bounded in time. */
  async finish(flushMs = FLUSH_MS): Promise<void> {
    if (this.#state === 'ended') return;
    if (this.#state === 'running') this.#state = 'finishing';
    const worker = this.#worker;
    if (worker !== undefined) this.#leave(worker.finish(flushMs));
    await Promise.all(this.#leaving);
    this.#state = 'ended';
  }

  #start(startFrame: number): void {
    const { binary, ladder, timeline, env } = this.#options;
    const worker = new VideoWorker({
      binary, ladder, startFrame,
      framesPerGop: timeline.framesPerGop,
      encoder: this.#encoder,
      sink: { onConfig: (config) => this.#announce(config), onPacket: (packet) => this.#emit(packet) },
      ...(env === undefined ? {} : { env }),
    });
    this.#worker = worker;
    this.#silentMs = 0;
    this.#leave(worker.ended.then((error) => this.#onEnd(worker, error)));
  }

  #leave(end: Promise<unknown>): void {
    this.#leaving.add(end);
    void end.finally(() => this.#leaving.delete(end));
  }

  #onEnd(worker: VideoWorker, error: OperatorError | undefined): void {
    this.#replacedBefore += worker.replacedFrames;
    this.#counters.forEach((counter, index) => counter.lose(Math.max(0, worker.framesIn - worker.framesOut(index))));
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    if (error === undefined) return;
    this.#failures += 1;
    const mayRestart = this.#state === 'running' && this.#budget.take(performance.now());
    const resumesAt = mayRestart ? this.#boundaryAtOrAfter(this.#nextFrame) : undefined;
    const failed = this.#encoder;
    this.#encoder = encoderAfterFailure(failed);
    if (resumesAt !== undefined) this.#start(resumesAt);
    else if (this.#state === 'running') this.#state = 'failed';
    this.#options.onFailure({
      error, tail: worker.stderrTail(), resumesAt, ...(failed.encoder === this.#encoder.encoder ? {} : { replacedBy: this.#encoder }),
    });
  }

  #skipTo(frame: number): void {
    const worker = this.#worker;
    if (worker === undefined || worker.startFrame >= frame) return;
    this.#start(this.#boundaryAtOrAfter(frame));
    this.#leave(worker.finish(FLUSH_MS));
  }

  #boundaryAtOrAfter(frame: number): number {
    const { framesPerGop } = this.#options.timeline;
    return Math.ceil(frame / framesPerGop) * framesPerGop;
  }

  #announce(config: VideoTrackConfig): void {
    const known = this.#configs.get(config.rendition);
    if (known !== undefined && Buffer.compare(known.avcDecoderConfig, config.avcDecoderConfig) === 0) return;
    this.#configs.set(config.rendition, config);
    this.#options.onConfig(config);
  }

  #emit(packet: VideoPacket): void {
    this.#counters.find((counter) => counter.rendition === packet.rendition)?.add(packet);
    this.#options.onPacket(packet);
  }

  #watchLag(worker: VideoWorker): void {
    const { ladder: { frameRate, renditions }, maxLagMs } = this.#options;
    const out = Math.min(...renditions.map((_, index) => worker.framesOut(index)));
    const lagMs = exactMsOfFrame(worker.framesIn - out, frameRate);
    if (lagMs <= (maxLagMs ?? MAX_LAG_MS)) return;
    worker.fail(new OperatorError(
      'ENCODER_OVERLOADED', `The video encoder fell ${(lagMs / 1000).toFixed(1)} s behind, so what waited was given up.`,
      'Viewers miss these seconds. Close other programs now; choose a smaller ladder for the next show.',
    ));
  }

  #watchStall(worker: VideoWorker): void {
    const nowMs = performance.now();
    const packets = this.#counters.reduce((sum, counter) => sum + counter.frames, 0);
    const gapMs = Math.min(MAX_PUSH_GAP_MS, nowMs - (this.#lastPushAtMs ?? nowMs));
    this.#silentMs = packets === this.#packetsAtLastPush ? this.#silentMs + gapMs : 0;
    this.#lastPushAtMs = nowMs;
    this.#packetsAtLastPush = packets;
    if (this.#silentMs < STALL_MS) return;
    this.#silentMs = 0;
    worker.fail(new OperatorError(
      'ENCODER_STALLED', `The video encoder gave nothing for ${STALL_MS / 1000} s and was ended.`,
      'A new one is started at once; if it happens again, choose a smaller ladder or a faster preset.',
    ));
  }
}
