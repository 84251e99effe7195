// What the show gives its video encoder, and what it hears from it.
import type { EncoderChoice } from '../../contract/encoder.ts';
import type { OperatorError } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { VideoPacket, VideoTrackConfig } from '../media/packets.ts';
import type { FrameIndex, Timeline } from '../media/timeline.ts';
import type { EncodeSettings } from './encodeSettings.ts';
import type { PlannedHandover } from './handoverPlan.ts';
import type { MissingRange } from './missingFrames.ts';
import type { RenditionStats } from './renditionCounter.ts';

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
  readonly stepUpAfterMs?: number | undefined;
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
