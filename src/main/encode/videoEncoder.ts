// The show's video encoder: takes program frames, gives packets of every rendition, each frame once. Its processes are replaceable: one
// takes over from another at a given frame, or where one has died, behind the last frame that all renditions have.
// It never makes the program clock wait.
import { DEFAULT_ENCODER, type EncoderChoice } from '../../contract/encoder.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { Lease } from '../media/framePool.ts';
import type { VideoPacket, VideoTrackConfig } from '../media/packets.ts';
import { exactMsOfFrame, type FrameIndex, type Timeline } from '../media/timeline.ts';
import { encodedRenditions, settingsSteps, withBitrate, type EncodeSettings } from './encodeSettings.ts';
import { encoderAfterFailure } from './encoderFallback.ts';
import { EncoderSegment, type Stretch } from './encoderSegment.ts';
import { HandoverPlan, type PlannedHandover } from './handoverPlan.ts';
import { MissingFrames, type MissingCause, type MissingRange } from './missingFrames.ts';
import { OverloadGovernor } from './overloadGovernor.ts';
import { RecentFrames } from './recentFrames.ts';
import { RenditionCounter, type RenditionStats } from './renditionCounter.ts';
import { RestartBudget } from './restartBudget.ts';
import { SegmentWatch } from './segmentWatch.ts';

/**
 * Different pictures that wait for a slow encoder or for one that takes over: this many bytes of them, at
 * most two seconds, and more than an encoder holds in good order (10 of lookahead, 8 threads, a group of B-frames).
 */
const MAX_KEPT_BYTES = 128 * 1024 * 1024;
const MIN_KEPT_PICTURES = 40;
/** A worker that takes over is started so long before, and is up by then. */
const WARM_UP_MS = 500;
/** How long the worker before it may be silent before it has given its last packets, and how long it may take in all. */
const DRAIN_SILENT_MS = 4_000;
const DRAIN_MS = 12_000;
const DRAIN_LOOK_MS = 250;
/** What may wait for that; more than a minute of 1080p in seconds is a sign of something else. */
const MAX_WAITING_BYTES = 96 * 1024 * 1024;
/** After so many workers that died over the same frames without giving anything, these frames are left out. */
const MAX_BARREN = 3;
const LOOK_EVERY_MS = 200;
/** Of the pictures that can wait, the share from which a step down does not wait for the GOP boundary. */
const URGENT_SHARE = 0.7;
const FLUSH_MS = 15_000;

export type EncoderFailure = {
  readonly error: OperatorError;
  /** The last lines of FFmpeg's stderr, redacted. */
  readonly tail: readonly string[];
  /** The first frame of a new process that takes over; undefined when it was given up. */
  readonly resumesAt: number | undefined;
  /** Set where the new process uses another encoder than the one that failed. */
  readonly replacedBy?: EncoderChoice;
};

/** Another worker is given the frames from `frame` on, because of this. */
export type EncoderHandover = PlannedHandover & { readonly settings: EncodeSettings };

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
  /** How long it must keep up after a step down before it tries to go back, ms. */
  readonly stepUpAfterMs?: number;
  /** Once for each rendition before its first packet, and again only if a new process has other parameter sets. */
  readonly onConfig: (config: VideoTrackConfig) => void;
  /** In decode order for each rendition. */
  readonly onPacket: (packet: VideoPacket) => void;
  /** A process ended unasked. */
  readonly onFailure: (failure: EncoderFailure) => void;
  readonly onHandover?: (handover: EncoderHandover) => void;
  /** A handover that was planned will not be; what was goes on. */
  readonly onRefused?: (error: OperatorError) => void;
  /** Every rendition may have an IDR at this frame, inside a GOP. */
  readonly onExtraIdr?: (frame: number) => void;
  /** Added to the environment of the process. */
  readonly env?: Readonly<Record<string, string>>;
};

export type VideoEncoderStats = {
  readonly framesIn: number;
  /** Frames that are inside: queued, or being encoded. */
  readonly lagFrames: number;
  readonly lagMs: number;
  readonly maxLagMs: number;
  /** Frames whose picture was replaced by the one before because the encoder was too slow. */
  readonly replacedFrames: number;
  /** Processes that ended unasked. */
  readonly failures: number;
  /** Times that a worker took over in good order. */
  readonly handovers: number;
  readonly settings: EncodeSettings;
  /** Frames that never became a packet. */
  readonly missing: readonly MissingRange[];
  readonly renditions: readonly RenditionStats[];
};

export class VideoEncoder {
  readonly #options: VideoEncoderOptions;
  readonly #counters: readonly RenditionCounter[];
  readonly #missing = new MissingFrames();
  readonly #recent: RecentFrames;
  readonly #plan: HandoverPlan;
  readonly #watch: SegmentWatch;
  readonly #budget = new RestartBudget();
  readonly #configs = new Map<string, VideoTrackConfig>();
  /** Ends of processes that are still giving their last packets. */
  readonly #leaving = new Set<Promise<unknown>>();
  /** In the order of the timeline; the first is the one whose packets go out. */
  #segments: EncoderSegment[] = [];
  /** As operator and load want them; a worker has those of the moment at which it was started. */
  #settings: EncodeSettings;
  #steps: readonly Pick<EncodeSettings, 'encoder' | 'shedRenditions'>[];
  #governor: OverloadGovernor;
  #nextFrame: number;
  #framesIn = 0;
  #failures = 0;
  #handovers = 0;
  #maxLagMs = 0;
  #lastLookMs = 0;
  /** Why frames that no worker takes are missing. */
  #gapCause: MissingCause = 'died';
  #state: 'running' | 'finishing' | 'failed' | 'ended' = 'running';

  /** Starts the process at once, so that it is ready when the first frame comes. @throws RangeError for a start inside a GOP. */
  constructor(options: VideoEncoderOptions) {
    const { startFrame, timeline, ladder, encoder = DEFAULT_ENCODER } = options;
    if (startFrame % timeline.framesPerGop !== 0) throw new RangeError('An encoder starts on a GOP boundary.');
    this.#options = options;
    this.#counters = ladder.renditions.map((rendition) => new RenditionCounter(rendition.name, ladder.frameRate));
    this.#recent = new RecentFrames(maxKeptPictures(ladder));
    this.#plan = new HandoverPlan(timeline.framesPerGop, this.#framesOf(WARM_UP_MS));
    this.#watch = new SegmentWatch((frames) => exactMsOfFrame(frames, timeline.frameRate), options.maxLagMs);
    this.#nextFrame = startFrame;
    this.#settings = { encoder, plannedPreset: encoder.preset, targetKbps: {}, shedRenditions: 0 };
    this.#steps = settingsSteps(encoder, ladder);
    this.#governor = new OverloadGovernor(this.#steps.length, this.#options.stepUpAfterMs);
    this.#start({ startFrame, settings: this.#settings });
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
      failures: this.#failures,
      handovers: this.#handovers,
      settings: this.#current?.settings ?? this.#settings,
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
    const segment = this.#segmentAt(frame);
    if (segment === undefined) {
      for (const { rendition } of this.#counters) this.#missing.add(rendition, frame, frame + 1, this.#gapCause);
      this.#releaseFrames();
      return;
    }
    const kept = this.#recent.add(frame, pieces, lease);
    if (frame === segment.startFrame) this.#endInputBefore(segment);
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
   * @returns the frame from which it holds. @throws OperatorError as {@link withBitrate}, `TOO_MANY_HANDOVERS`, `NOT_ENCODING`.
   */
  setBitrate(rendition: string, kbps: number): number {
    this.#requireRunning();
    const settings = withBitrate(this.#settings, this.#options.ladder, rendition, kbps);
    const frame = this.#plan.addAtBoundary(this.#nextFrame, 'bitrate', this.#segments);
    this.#settings = settings;
    return frame;
  }

  /** Takes no more frames, waits for the packets of those it has, and ends the process; bounded in time. */
  async finish(flushMs = FLUSH_MS): Promise<void> {
    if (this.#state === 'ended') return;
    if (this.#state === 'running') this.#state = 'finishing';
    this.#plan.clear();
    const segments = this.#segments;
    for (const segment of segments) {
      if (!segment.hasBegun) this.#discard(segment);
      else if (!segment.isDraining) this.#leave(segment.worker.finish(flushMs));
      else if (flushMs === 0) segment.worker.fail(stuck('The show has ended.'));
    }
    await Promise.all(this.#leaving);
    this.#recent.releaseBefore(Infinity);
    this.#state = 'ended';
  }

  /** The worker that takes the frames of the moment. */
  get #current(): EncoderSegment | undefined {
    return this.#segmentAt(this.#nextFrame - 1) ?? this.#segments.at(-1);
  }

  get #lagFrames(): number {
    const head = this.#segments.find((segment) => !segment.isClosed);
    return head === undefined ? 0 : Math.max(0, this.#nextFrame - head.nextFrame);
  }

  #segmentAt(frame: number): EncoderSegment | undefined {
    return this.#segments.findLast((segment) => !segment.isClosed && segment.startFrame <= frame && frame < (segment.endFrame ?? Infinity));
  }

  #start(stretch: Stretch): EncoderSegment {
    const { binary, ladder, timeline: { framesPerGop }, env } = this.#options;
    if (stretch.startFrame % framesPerGop !== 0) this.#options.onExtraIdr?.(stretch.startFrame);
    const segment: EncoderSegment = new EncoderSegment({ binary, ladder, framesPerGop, ...(env === undefined ? {} : { env }) }, stretch, {
      onItem: (item) => ('frame' in item ? this.#emit(item) : this.#announce(segment, item)),
      onSkipped: (rendition, from, end) => this.#missing.add(rendition, from, end, 'skipped'),
      onProgress: () => this.#advance(),
      onEnd: (error) => this.#onEnd(segment, error),
    });
    this.#segments = [...this.#segments, segment].toSorted((one, other) => one.startFrame - other.startFrame);
    this.#leave(segment.ended);
    this.#advance();
    return segment;
  }

  /** Starts the workers that are to take over soon. */
  #startDue(): void {
    for (const { frame, cause } of this.#plan.takeDue(this.#nextFrame)) {
      const before = this.#segments.findLast((segment) => !segment.isClosed && segment.startFrame <= frame);
      if (before === undefined || before.startFrame === frame) {
        // One that stands in for a dead one begins here, with an IDR, and the settings of before.
        if (cause !== 'idr') this.#plan.addAtBoundary(this.#nextFrame, cause, this.#segments);
        continue;
      }
      const settings = cause === 'idr' ? before.settings : this.#settings;
      this.#start({ startFrame: frame, endFrame: before.endFrame, settings, settingsBefore: before.settings, cause });
      this.#options.onHandover?.({ frame, cause, settings });
    }
  }

  #endInputBefore(segment: EncoderSegment): void {
    const before = this.#segments[this.#segments.indexOf(segment) - 1];
    if (before === undefined || before.isClosed) return;
    this.#handovers += 1;
    before.endFrame = segment.startFrame;
    this.#drain(before);
    if (segment.settings !== before.settings) this.#governor.done(performance.now());
  }

  /** Its input is over: it gives its last packets in time, or counts as dead. */
  #drain(segment: EncoderSegment): void {
    segment.isDraining = true;
    this.#advance();
    let packets = segment.worker.packetsOut;
    let silentMs = 0;
    let drainedMs = 0;
    const timer = setInterval(() => {
      // One that is slow under load is not dead: another one would only add to the load.
      silentMs = packets === segment.worker.packetsOut ? silentMs + DRAIN_LOOK_MS : 0;
      drainedMs += DRAIN_LOOK_MS;
      packets = segment.worker.packetsOut;
      if (!segment.isClosed && (silentMs >= DRAIN_SILENT_MS || drainedMs >= DRAIN_MS)) segment.worker.fail(stuck('The video encoder did not give its last frames in time.'));
    }, DRAIN_LOOK_MS);
    timer.unref();
    this.#leave(segment.worker.finish(FLUSH_MS).finally(() => clearInterval(timer)));
  }

  #leave(end: Promise<unknown>): void {
    this.#leaving.add(end);
    void end.finally(() => this.#leaving.delete(end));
  }

  #discard(segment: EncoderSegment): void {
    segment.isClosed = true;
    segment.worker.fail(stuck('The show has ended before its first frame.'));
    this.#segments = this.#segments.filter((one) => one !== segment);
    this.#advance();
  }

  #onEnd(segment: EncoderSegment, error: OperatorError | undefined): void {
    if (segment.isClosed) return;
    const end = Math.min(segment.endFrame ?? Infinity, this.#nextFrame);
    if (error === undefined || this.#state === 'finishing') segment.releaseHeld();
    if (error === undefined) {
      this.#close(segment, end, 'died');
      return;
    }
    if (error.code === 'PARAMETER_SETS_DIFFER') {
      this.#goBack(segment, error);
      return;
    }
    this.#failures += 1;
    const failed = segment.settings.encoder;
    const isOverload = error.code === 'ENCODER_OVERLOADED';
    this.#gapCause = isOverload ? 'overload' : 'died';
    const resumesAt = this.#resumeFrame(segment, isOverload);
    const isNeeded = resumesAt < (segment.endFrame ?? Infinity);
    // What another one follows is tried once more, and then given up: the show does not depend on it.
    const isAllowed = segment.endFrame === undefined ? () => this.#budget.take(performance.now()) : () => !segment.isRetry;
    const mayRestart = isNeeded && this.#state === 'running' && isAllowed();
    // First the one that takes over: the worker behind it must go on waiting.
    if (mayRestart) this.#replace(segment, resumesAt);
    this.#close(segment, mayRestart ? Math.min(end, resumesAt) : end, this.#gapCause);
    if (mayRestart) this.#governor.done(performance.now());
    else if (isNeeded && this.#state === 'running' && segment.endFrame === undefined) this.#state = 'failed';
    const replacedBy = this.#settings.encoder.encoder === failed.encoder ? undefined : this.#settings.encoder;
    this.#options.onFailure({
      error, tail: segment.worker.stderrTail(), resumesAt: mayRestart || !isNeeded ? resumesAt : segment.endFrame, ...(replacedBy === undefined ? {} : { replacedBy }),
    });
  }

  /** Behind the last frame that all renditions have; at a GOP boundary where what waits is given up, or was what killed it. */
  #resumeFrame(segment: EncoderSegment, isOverload: boolean): number {
    if (!segment.hasBegun && segment.startFrame >= this.#nextFrame) return segment.startFrame;
    if (isOverload || segment.barren >= MAX_BARREN || !segment.hasBegun) return this.#boundaryAtOrAfter(this.#nextFrame);
    return Math.max(segment.nextFrame, this.#recent.oldest ?? this.#nextFrame);
  }

  #replace(segment: EncoderSegment, startFrame: number): void {
    const encoder = encoderAfterFailure(segment.settings.encoder);
    if (encoder.encoder !== segment.settings.encoder.encoder) this.#useEncoder(encoder);
    const settings = encoder.encoder === segment.settings.encoder.encoder ? segment.settings : this.#settings;
    const { endFrame, settingsBefore, cause } = segment;
    const replacement = this.#start({ startFrame, endFrame, settings, settingsBefore, cause, barrenBefore: segment.barren, isRetry: endFrame !== undefined });
    this.#replay(replacement);
  }

  /** Receivers cannot go on with what these settings write: those before it encode the same frames. */
  #goBack(segment: EncoderSegment, error: OperatorError): void {
    const { settingsBefore: settings = segment.settings, endFrame, cause } = segment;
    const startFrame = Math.max(segment.startFrame, this.#recent.oldest ?? segment.startFrame);
    this.#settings = settings;
    this.#replay(this.#start({ startFrame, endFrame, settings }));
    this.#close(segment, startFrame, 'died');
    if (cause === 'step-down' || cause === 'step-up') this.#governor.refused(performance.now(), cause === 'step-down' ? 'down' : 'up');
    this.#options.onRefused?.(error);
  }

  /** Gives it what it should have been given. */
  #replay(segment: EncoderSegment): void {
    for (const kept of this.#recent.from(segment.startFrame)) {
      if (kept.frame < Math.min(segment.endFrame ?? Infinity, this.#nextFrame)) segment.push(kept);
    }
    if (segment.endFrame !== undefined && segment.endFrame <= this.#nextFrame) this.#drain(segment);
  }

  /** Nothing more of it is expected; its frames up to `end` that have not come are missing. */
  #close(segment: EncoderSegment, end: number, cause: MissingCause): void {
    for (const { name } of encodedRenditions(this.#options.ladder, segment.settings)) this.#missing.add(name, segment.nextFrame, end, cause);
    segment.isClosed = true;
    this.#advance();
  }

  /** Lets the first worker that is not through give its packets. */
  #advance(): void {
    for (let head = this.#segments[0]; head !== undefined; head = this.#segments[0]) {
      head.letThrough();
      if (head.isComplete) head.isClosed = true;
      if (!head.isClosed) return;
      this.#segments = this.#segments.slice(1);
    }
  }

  /** The program leaves no holes; if it ever did, a new process keeps the timeline true. */
  #skipTo(frame: number): void {
    const current = this.#segmentAt(this.#nextFrame);
    for (const { rendition } of this.#counters) this.#missing.add(rendition, this.#nextFrame, frame, 'skipped');
    if (current === undefined || !current.hasBegun) return;
    current.endFrame = this.#nextFrame;
    this.#drain(current);
    this.#start({ startFrame: frame, settings: this.#settings });
  }

  #announce(segment: EncoderSegment, config: VideoTrackConfig): void {
    const known = this.#configs.get(config.rendition);
    if (known !== undefined && Buffer.compare(known.avcDecoderConfig, config.avcDecoderConfig) === 0) return;
    if (known !== undefined && segment.settingsBefore !== undefined) {
      segment.worker.fail(new OperatorError(
        'PARAMETER_SETS_DIFFER', `${config.rendition} would have other parameter sets with these settings, which receivers take for another stream.`,
        'The settings stay as they were.',
      ));
      return;
    }
    this.#configs.set(config.rendition, config);
    this.#options.onConfig(config);
  }

  #emit(packet: VideoPacket): void {
    this.#counters.find((counter) => counter.rendition === packet.rendition)?.add(packet);
    this.#options.onPacket(packet);
  }

  #releaseFrames(): void {
    const head = this.#segments.find((segment) => !segment.isClosed);
    this.#recent.releaseBefore(head?.nextFrame ?? this.#nextFrame);
  }

  #look(segment: EncoderSegment): void {
    const nowMs = performance.now();
    const fault = this.#watch.check(segment, nowMs);
    if (fault !== undefined) {
      segment.worker.fail(fault);
      return;
    }
    const [head] = this.#segments;
    const waitingBytes = this.#segments.reduce((sum, one) => sum + one.waitingBytes, 0);
    if (head !== undefined && waitingBytes > MAX_WAITING_BYTES) head.worker.fail(stuck('The video encoder does not give its last frames.'));
    const lagMs = this.#msOf(this.#lagFrames);
    this.#maxLagMs = Math.max(this.#maxLagMs, lagMs);
    if (nowMs - this.#lastLookMs < LOOK_EVERY_MS) return;
    this.#lastLookMs = nowMs;
    if (this.#state === 'running' && this.#watch.isAlive()) this.#govern(nowMs, lagMs);
  }

  #govern(nowMs: number, lagMs: number): void {
    const step = this.#governor.observe(nowMs, lagMs);
    if (step === undefined) return;
    const settings = { ...this.#settings, ...this.#steps[this.#governor.level] };
    const boundary = this.#boundaryAtOrAfter(this.#nextFrame + this.#framesOf(WARM_UP_MS));
    const lagAtBoundaryMs = lagMs + (this.#governor.growthMsPerS * this.#msOf(boundary - this.#nextFrame)) / 1000;
    const isUrgent = step === 'down' && lagAtBoundaryMs > URGENT_SHARE * this.#msOf(maxKeptPictures(this.#options.ladder));
    const cause = step === 'down' ? 'step-down' : 'step-up';
    try {
      if (isUrgent) this.#plan.add({ frame: this.#nextFrame + 1, cause });
      else this.#plan.addAtBoundary(this.#nextFrame, cause, this.#segments);
      this.#settings = settings;
    } catch {
      // Too many handovers wait; the lag will still be there when they are through.
      this.#governor.refused(nowMs, step);
    }
  }

  #useEncoder(encoder: EncoderChoice): void {
    this.#steps = settingsSteps(encoder, this.#options.ladder);
    this.#governor = new OverloadGovernor(this.#steps.length, this.#options.stepUpAfterMs);
    this.#settings = { ...this.#settings, encoder, plannedPreset: encoder.preset, shedRenditions: 0 };
  }

  #shedOf({ settings }: EncoderSegment): Ladder['renditions'] {
    return this.#options.ladder.renditions.slice(0, settings.shedRenditions);
  }

  #requireRunning(): void {
    if (this.#state !== 'running') throw new OperatorError('NOT_ENCODING', 'Nothing is being encoded.', 'Start a show first.');
  }

  #boundaryAtOrAfter(frame: number): number {
    const { framesPerGop } = this.#options.timeline;
    return Math.ceil(frame / framesPerGop) * framesPerGop;
  }

  #framesOf(ms: number): number {
    const { num, den } = this.#options.timeline.frameRate;
    return Math.ceil((ms * num) / (1000 * den));
  }

  #msOf(frames: number): number {
    return exactMsOfFrame(frames, this.#options.timeline.frameRate);
  }
}

function stuck(sentence: string): OperatorError {
  return new OperatorError('ENCODER_STUCK', sentence, 'Another one encodes what is missing; if there is none, choose a smaller ladder or a faster preset.');
}

function maxKeptPictures(ladder: Ladder): number {
  const [top] = ladder.renditions;
  const frameBytes = top === undefined ? 1 : (top.width * top.height * 3) / 2;
  const twoSeconds = (2 * ladder.frameRate.num) / ladder.frameRate.den;
  return Math.floor(Math.max(MIN_KEPT_PICTURES, Math.min(MAX_KEPT_BYTES / frameBytes, twoSeconds)));
}
