// Who goes on when an encoder process ends: with which encoder, from which frame, or nobody. Frames that were kept are given again, so that
// nothing is missing and nothing comes twice.
import type { OperatorError } from '../../contract/errors.ts';
import { encoderAfterFailure } from './encoderFallback.ts';
import type { EncoderLoad } from './encoderLoad.ts';
import type { EncoderSegment } from './encoderSegment.ts';
import type { HandoverPlan } from './handoverPlan.ts';
import type { MissingCause } from './missingFrames.ts';
import type { RecentFrames } from './recentFrames.ts';
import { RestartBudget } from './restartBudget.ts';
import type { SegmentLine } from './segmentLine.ts';
import type { VideoEncoderOptions } from './videoEncoderOptions.ts';

/** After so many workers that died over the same frames without giving anything, these frames are left out. */
const MAX_BARREN = 3;

export type SuccessionParts = {
  readonly line: SegmentLine;
  readonly recent: RecentFrames;
  readonly load: EncoderLoad;
  readonly plan: HandoverPlan;
  readonly options: Pick<VideoEncoderOptions, 'timeline' | 'onFailure' | 'onRefused'>;
};

/** Where the show stands at the moment of an end. */
export type Standing = { readonly nextFrame: number; readonly state: 'running' | 'finishing' | 'failed' | 'ended' };

export class Succession {
  /** Processes that ended unasked. */
  failures = 0;
  /** Why frames that no worker takes are missing. */
  gapCause: MissingCause = 'died';
  readonly #parts: SuccessionParts;
  readonly #budget = new RestartBudget();

  constructor(parts: SuccessionParts) {
    this.#parts = parts;
  }

  /** A process has gone. @returns true when nobody goes on: the encoder has failed */
  ended(segment: EncoderSegment, error: OperatorError | undefined, standing: Standing): boolean {
    if (segment.isClosed) return false;
    const { line, load, options } = this.#parts;
    const end = Math.min(segment.endFrame ?? Infinity, standing.nextFrame);
    if (error === undefined || standing.state === 'finishing') segment.releaseHeld();
    if (error === undefined) {
      line.close(segment, end, 'died');
      return false;
    }
    if (error.code === 'PARAMETER_SETS_DIFFER') {
      this.#goBack(segment, error, standing);
      return false;
    }
    this.failures += 1;
    if (this.#staysAsItIs(segment, error)) return false;
    const failed = segment.settings.encoder;
    const isOverload = error.code === 'ENCODER_OVERLOADED';
    this.gapCause = isOverload ? 'overload' : 'died';
    const resumesAt = this.#resumeFrame(segment, isOverload, standing);
    const isNeeded = standing.state === 'running' && resumesAt < (segment.endFrame ?? Infinity);
    // What another one follows is tried once more, and then given up: the show does not depend on it.
    const mayRestart = isNeeded && (segment.endFrame === undefined ? this.#budget.take(performance.now()) : !segment.isRetry);
    // First the one that takes over: the worker behind it must go on waiting.
    if (mayRestart) this.#replace(segment, resumesAt, standing);
    line.close(segment, mayRestart ? Math.min(end, resumesAt) : end, this.gapCause);
    if (mayRestart) load.done(performance.now());
    const isOver = resumesAt >= (segment.endFrame ?? Infinity);
    const replacedBy = load.settings.encoder.encoder === failed.encoder ? undefined : load.settings.encoder;
    options.onFailure({
      error, tail: segment.worker.stderrTail(), resumesAt: mayRestart || isOver ? resumesAt : segment.endFrame, ...(replacedBy === undefined ? {} : { replacedBy }),
    });
    return isNeeded && !mayRestart && segment.endFrame === undefined;
  }

  /** Behind the last frame that all renditions have; at a GOP boundary where what waits is given up, or was what killed it. */
  #resumeFrame(segment: EncoderSegment, isOverload: boolean, { nextFrame }: Standing): number {
    const { recent, options: { timeline: { framesPerGop } } } = this.#parts;
    if (!segment.hasBegun && segment.startFrame >= nextFrame) return segment.startFrame;
    if (isOverload || segment.barren >= MAX_BARREN || !segment.hasBegun) return Math.ceil(nextFrame / framesPerGop) * framesPerGop;
    return Math.max(segment.nextFrame, recent.oldest ?? nextFrame);
  }

  #replace(segment: EncoderSegment, startFrame: number, standing: Standing): void {
    const { line, load } = this.#parts;
    const { settingsBefore, cause, barren: barrenBefore } = segment;
    const encoder = encoderAfterFailure(segment.settings.encoder);
    // The rest before one that has begun is encoded as it was: two changes of the encoder in a row would help nobody.
    if (encoder.encoder === segment.settings.encoder.encoder || line.segments.some((one) => one.startFrame === segment.endFrame && one.hasBegun)) {
      const { endFrame } = segment;
      this.#replay(line.start({ startFrame, endFrame, settings: segment.settings, settingsBefore, cause, barrenBefore, isRetry: endFrame !== undefined }), standing);
      return;
    }
    load.useEncoder(encoder);
    this.#replanAfter(segment);
    // Nothing can go back to an encoder that failed: its parameter sets are over.
    this.#replay(line.start({ startFrame, endFrame: undefined, settings: load.settings, barrenBefore }), standing);
  }

  /** A second process of a hardware encoder that does not come up, for sessions or memory, is no reason to leave the first. */
  #staysAsItIs(segment: EncoderSegment, error: OperatorError): boolean {
    const { line, load, options } = this.#parts;
    const { settings, settingsBefore, cause, hasBegun, startFrame } = segment;
    const goesOn = line.at(startFrame - 1);
    if (settings.encoder.encoder === 'libx264' || settingsBefore === undefined || hasBegun || goesOn === undefined || goesOn.endFrame !== undefined) return false;
    line.discard(segment, error.message);
    load.goBack(performance.now(), settingsBefore, cause);
    options.onRefused?.(error);
    return true;
  }

  /** Those that are warm for a later frame use the encoder that failed. Their settings are those of the load by now. */
  #replanAfter(segment: EncoderSegment): void {
    const { line, plan } = this.#parts;
    for (const later of line.segments.filter((one) => one !== segment && !one.hasBegun)) {
      line.discard(later, 'The encoder that it uses has failed.');
      if (later.cause === 'idr') plan.addAgain({ frame: later.startFrame, cause: 'idr' });
    }
  }

  /** Receivers cannot go on with what these settings write: those before it encode the same frames. */
  #goBack(segment: EncoderSegment, error: OperatorError, standing: Standing): void {
    const { line, recent, load, options } = this.#parts;
    const { settingsBefore: settings = segment.settings, endFrame, cause } = segment;
    const startFrame = Math.max(segment.startFrame, recent.oldest ?? segment.startFrame);
    load.goBack(performance.now(), settings, cause);
    this.#replay(line.start({ startFrame, endFrame, settings }), standing);
    line.close(segment, startFrame, 'died');
    options.onRefused?.(error);
  }

  /** Gives it what it should have been given. */
  #replay(segment: EncoderSegment, { nextFrame }: Standing): void {
    const { line, recent } = this.#parts;
    for (const kept of recent.from(segment.startFrame)) {
      if (kept.frame < Math.min(segment.endFrame ?? Infinity, nextFrame)) segment.push(kept);
    }
    if (segment.endFrame !== undefined && segment.endFrame <= nextFrame) line.drain(segment);
  }
}
