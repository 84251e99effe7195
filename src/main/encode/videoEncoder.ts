// The show's video encoder: takes program frames, gives packets of every rendition, each frame once. Its processes are replaceable: one
// takes over from another at a given frame, or where one has died, behind the last frame that all renditions have.
// It never makes the program clock wait.
import { DEFAULT_ENCODER } from '../../contract/encoder.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { Lease } from '../media/framePool.ts';
import type { VideoPacket, VideoTrackConfig } from '../media/packets.ts';
import { exactMsOfFrame, type FrameIndex } from '../media/timeline.ts';
import { EncoderLoad } from './encoderLoad.ts';
import type { EncoderSegment } from './encoderSegment.ts';
import { HandoverPlan } from './handoverPlan.ts';
import { MissingFrames } from './missingFrames.ts';
import { RecentFrames } from './recentFrames.ts';
import { RenditionCounter } from './renditionCounter.ts';
import { SegmentLine } from './segmentLine.ts';
import { SegmentWatch } from './segmentWatch.ts';
import { Succession, type Standing } from './succession.ts';
import { TrackConfigs } from './trackConfigs.ts';
import type { VideoEncoderOptions, VideoEncoderStats } from './videoEncoderOptions.ts';

/**
 * Different pictures that wait for a slow encoder or for one that takes over: this many bytes of them, at
 * most two seconds, and more than an encoder holds in good order (10 of lookahead, 8 threads, a group of B-frames).
 */
const MAX_KEPT_BYTES = 128 * 1024 * 1024;
const MIN_KEPT_PICTURES = 40;
/** A worker that takes over is started so long before, and is up by then. */
const WARM_UP_MS = 500;
const LOOK_EVERY_MS = 200;
/** Of the pictures that can wait, the share from which a step down does not wait for the GOP boundary. */
const URGENT_SHARE = 0.7;

export class VideoEncoder {
  readonly #options: VideoEncoderOptions;
  readonly #counters: readonly RenditionCounter[];
  readonly #missing = new MissingFrames();
  readonly #configs = new TrackConfigs();
  readonly #recent: RecentFrames;
  readonly #plan: HandoverPlan;
  readonly #watch: SegmentWatch;
  readonly #load: EncoderLoad;
  readonly #line: SegmentLine;
  readonly #succession: Succession;
  #nextFrame: number;
  #framesIn = 0;
  #handovers = 0;
  #maxLagMs = 0;
  #lastLookMs = 0;
  #state: Standing['state'] = 'running';

  /** Starts the process at once, so that it is ready when the first frame comes. @throws RangeError for a start inside a GOP. */
  constructor(options: VideoEncoderOptions) {
    const { binary, startFrame, timeline, ladder, encoder = DEFAULT_ENCODER, env } = options;
    const { framesPerGop } = timeline;
    if (startFrame % framesPerGop !== 0) throw new RangeError('An encoder starts on a GOP boundary.');
    this.#options = options;
    this.#counters = ladder.renditions.map((rendition) => new RenditionCounter(rendition.name, ladder.frameRate));
    this.#recent = new RecentFrames(maxKeptPictures(ladder));
    this.#plan = new HandoverPlan(framesPerGop, this.#framesOf(WARM_UP_MS));
    this.#watch = new SegmentWatch((frames) => exactMsOfFrame(frames, timeline.frameRate), options.maxLagMs);
    this.#nextFrame = startFrame;
    this.#load = new EncoderLoad(encoder, ladder, options.stepUpAfterMs);
    this.#line = new SegmentLine({ binary, ladder, framesPerGop, ...(env === undefined ? {} : { env }) }, this.#missing, {
      onItem: (segment, item) => ('frame' in item ? this.#emit(item) : this.#announce(segment, item)),
      onEnd: (segment, error) => this.#ended(segment, error),
      onExtraIdr: (frame) => options.onExtraIdr?.(frame),
    });
    this.#succession = new Succession({ line: this.#line, recent: this.#recent, load: this.#load, plan: this.#plan, options });
    this.#line.start({ startFrame, settings: this.#load.settings });
  }

  /** The command of the running process, for the operator to read and copy. */
  get command(): string {
    return this.#current?.worker.command ?? '';
  }

  get pid(): number | undefined {
    return this.#current?.worker.pid;
  }

  get stats(): VideoEncoderStats {
    const { replacedFrames } = this.#recent;
    const lagFrames = this.#lagFrames;
    return {
      framesIn: this.#framesIn,
      lagFrames,
      lagMs: Math.round(this.#msOf(lagFrames)),
      maxLagMs: Math.round(this.#maxLagMs),
      replacedFrames,
      failures: this.#succession.failures,
      handovers: this.#handovers,
      settings: this.#current?.settings ?? this.#load.settings,
      missing: this.#missing.ranges,
      renditions: this.#counters.map((counter) => counter.stats(replacedFrames, this.#missing.count(counter.rendition))),
    };
  }

  /**
   * Takes the next frame of the program; never waits.
   * @param pieces consecutive parts of one yuv420p frame of the first rendition's size. @param lease is held for as long as they are
   * needed; without one they are not to be changed ever after.
   */
  push(frame: FrameIndex, pieces: readonly Uint8Array[], lease?: Lease): void {
    if ((this.#state !== 'running' && this.#state !== 'failed') || frame < this.#nextFrame) return;
    if (frame > this.#nextFrame) this.#skipTo(frame);
    this.#nextFrame = frame + 1;
    this.#framesIn += 1;
    this.#startDue();
    const segment = this.#line.at(frame);
    if (segment === undefined) {
      for (const { rendition } of this.#counters) this.#missing.add(rendition, frame, frame + 1, this.#succession.gapCause);
      this.#releaseFrames();
      return;
    }
    const kept = this.#recent.add(frame, pieces, lease);
    if (frame === segment.startFrame) this.#takesOver(segment);
    segment.push(kept);
    for (const { name } of this.#shedOf(segment)) this.#missing.add(name, frame, frame + 1, 'shed');
    this.#releaseFrames();
    this.#look(segment);
  }

  /**
   * Every rendition begins anew with an IDR at this frame; the GOPs after it begin where they always do.
   * @param atFrame the next possible one where it is not given.
   * @returns the frame. @throws OperatorError `IDR_TOO_LATE` for a frame that has been encoded, `TOO_MANY_HANDOVERS`, `NOT_ENCODING`.
   */
  requestIdr(atFrame?: number): number {
    this.#requireRunning();
    const frame = atFrame ?? this.#nextFrame + this.#framesOf(WARM_UP_MS);
    if (!Number.isInteger(frame) || frame < this.#nextFrame) {
      throw new OperatorError('IDR_TOO_LATE', `Frame ${frame} has been encoded already; the next one is ${this.#nextFrame}.`, 'Ask for a frame that lies ahead.');
    }
    // A GOP begins with one anyway.
    if (frame % this.#options.timeline.framesPerGop !== 0) this.#plan.add({ frame, cause: 'idr' });
    return frame;
  }

  /**
   * Gives one rendition another actual bitrate from a GOP boundary on; its declared one stays what it is.
   * @returns the frame from which it holds. @throws OperatorError as `withBitrate`, `TOO_MANY_HANDOVERS`, `NOT_ENCODING`.
   */
  setBitrate(rendition: string, kbps: number): number {
    this.#requireRunning();
    const settings = this.#load.withBitrate(rendition, kbps);
    const frame = this.#plan.addAtBoundary(this.#nextFrame, 'bitrate', this.#line.segments);
    this.#load.settings = settings;
    return frame;
  }

  /** Takes no more frames, waits for the packets of those it has, and ends the process; bounded in time. */
  async finish(flushMs?: number): Promise<void> {
    if (this.#state === 'ended') return;
    if (this.#state === 'running') this.#state = 'finishing';
    this.#plan.clear();
    await this.#line.finish(flushMs);
    this.#recent.releaseBefore(Infinity);
    this.#state = 'ended';
  }

  /** The worker that takes the frames of the moment. */
  get #current(): EncoderSegment | undefined {
    return this.#line.at(this.#nextFrame - 1) ?? this.#line.segments.at(-1);
  }

  get #lagFrames(): number {
    const { head } = this.#line;
    return head === undefined ? 0 : Math.max(0, this.#nextFrame - head.nextFrame);
  }

  /** Starts the workers that are to take over soon. */
  #startDue(): void {
    for (const { frame, cause } of this.#plan.takeDue(this.#nextFrame)) {
      const before = this.#line.segments.findLast((segment) => !segment.isClosed && segment.startFrame <= frame);
      if (before === undefined || before.startFrame === frame) {
        // One that stands in for a dead one begins here, with an IDR, and the settings of before.
        if (cause !== 'idr') this.#plan.addAtBoundary(this.#nextFrame, cause, this.#line.segments);
        continue;
      }
      const settings = cause === 'idr' ? before.settings : this.#load.settings;
      this.#line.start({ startFrame: frame, endFrame: before.endFrame, settings, settingsBefore: before.settings, cause });
      this.#options.onHandover?.({ frame, cause, settings });
    }
  }

  #takesOver(segment: EncoderSegment): void {
    const before = this.#line.endInputBefore(segment);
    if (before === undefined) return;
    this.#handovers += 1;
    if (segment.settings !== before.settings) this.#load.done(performance.now());
  }

  #ended(segment: EncoderSegment, error: OperatorError | undefined): void {
    const hasFailed = this.#succession.ended(segment, error, { nextFrame: this.#nextFrame, state: this.#state });
    if (hasFailed && this.#state === 'running') this.#state = 'failed';
  }

  /** The program leaves no holes; if it ever did, a new process keeps the timeline true. */
  #skipTo(frame: number): void {
    const current = this.#line.at(this.#nextFrame);
    for (const { rendition } of this.#counters) this.#missing.add(rendition, this.#nextFrame, frame, 'skipped');
    if (current === undefined || !current.hasBegun) return;
    current.endFrame = this.#nextFrame;
    this.#line.drain(current);
    this.#line.start({ startFrame: frame, settings: this.#load.settings });
  }

  #announce(segment: EncoderSegment, config: VideoTrackConfig): void {
    const verdict = this.#configs.tell(config, segment.settingsBefore === undefined);
    if (verdict === 'new') this.#options.onConfig(config);
    if (verdict !== 'differs') return;
    segment.worker.fail(new OperatorError(
      'PARAMETER_SETS_DIFFER', `${config.rendition} would have other parameter sets with these settings, which receivers take for another stream.`,
      'The settings stay as they were.',
    ));
  }

  #emit(packet: VideoPacket): void {
    this.#counters.find((counter) => counter.rendition === packet.rendition)?.add(packet);
    this.#options.onPacket(packet);
  }

  #releaseFrames(): void {
    this.#recent.releaseBefore(this.#line.head?.nextFrame ?? this.#nextFrame);
  }

  #look(segment: EncoderSegment): void {
    const nowMs = performance.now();
    const fault = this.#watch.check(segment, nowMs);
    if (fault !== undefined) {
      segment.worker.fail(fault);
      return;
    }
    this.#line.limitWaiting();
    const lagMs = this.#msOf(this.#lagFrames);
    this.#maxLagMs = Math.max(this.#maxLagMs, lagMs);
    if (nowMs - this.#lastLookMs < LOOK_EVERY_MS) return;
    this.#lastLookMs = nowMs;
    if (this.#state === 'running' && this.#watch.isAlive()) this.#govern(nowMs, lagMs);
  }

  #govern(nowMs: number, lagMs: number): void {
    const step = this.#load.observe(nowMs, lagMs);
    if (step === undefined) return;
    const { direction, cause, settings } = step;
    const { framesPerGop } = this.#options.timeline;
    const boundary = Math.ceil((this.#nextFrame + this.#framesOf(WARM_UP_MS)) / framesPerGop) * framesPerGop;
    const lagAtBoundaryMs = lagMs + (this.#load.growthMsPerS * this.#msOf(boundary - this.#nextFrame)) / 1000;
    const isUrgent = direction === 'down' && lagAtBoundaryMs > URGENT_SHARE * this.#msOf(maxKeptPictures(this.#options.ladder));
    try {
      if (isUrgent) this.#plan.add({ frame: this.#nextFrame + 1, cause });
      else this.#plan.addAtBoundary(this.#nextFrame, cause, this.#line.segments);
      this.#load.settings = settings;
    } catch {
      // Too many handovers wait; the lag will still be there when they are through.
      this.#load.refused(nowMs, direction);
    }
  }

  #shedOf({ settings }: EncoderSegment): Ladder['renditions'] {
    return this.#options.ladder.renditions.slice(0, settings.shedRenditions);
  }

  #requireRunning(): void {
    if (this.#state !== 'running') throw new OperatorError('NOT_ENCODING', 'Nothing is being encoded.', 'Start a show first.');
  }

  #framesOf(ms: number): number {
    const { num, den } = this.#options.timeline.frameRate;
    return Math.ceil((ms * num) / (1000 * den));
  }

  #msOf(frames: number): number {
    return exactMsOfFrame(frames, this.#options.timeline.frameRate);
  }
}

function maxKeptPictures(ladder: Ladder): number {
  const [top] = ladder.renditions;
  const frameBytes = top === undefined ? 1 : (top.width * top.height * 3) / 2;
  const twoSeconds = (2 * ladder.frameRate.num) / ladder.frameRate.den;
  return Math.floor(Math.max(MIN_KEPT_PICTURES, Math.min(MAX_KEPT_BYTES / frameBytes, twoSeconds)));
}
