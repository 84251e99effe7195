// The seam between the conductor and the media: what a show asks of sources, clock, encoders, connections and recorder together.
import type { IngestProtocol } from '../../contract/ingest.ts';
import type { CueReceipt, CueRequest } from '../../contract/cue.ts';
import type { AlarmEvent, ConnectionReport, EncoderEvent, EncoderReport, Failure, MixEvent, ReceivedTrack, RenditionReport, SourceEvent, SourceReport, Uplink } from '../../contract/report.ts';
import type { Undelivered } from '../../contract/undelivered.ts';
import type { SideOutputEvent, SideOutputReport } from '../../contract/sideOutput.ts';
import type { RecordingStatus } from '../../contract/recording.ts';
import type { Timeline } from '../media/timeline.ts';
import type { RecordingControls } from './recordingDesk.ts';
import type { SentTrack } from './verification.ts';

/** Where one rendition is sent. The URL holds a key. */
export type PublishTarget = {
  readonly protocol: IngestProtocol;
  readonly rendition: string;
  readonly url: string;
  /** Other endpoints for the same rendition, tried in turn when one fails. */
  readonly alternateUrls: readonly string[];
  readonly ca: string | undefined;
  readonly burstWelcome: boolean;
};

export type ChainFigures = {
  readonly renditions: readonly RenditionReport[];
  readonly connections: readonly ConnectionReport[];
  readonly sideOutputs: readonly SideOutputReport[];
  readonly uplink: Uplink | undefined;
  readonly sent: readonly SentTrack[];
  readonly keyframesAligned: boolean;
  readonly audio: { readonly frames: number; readonly silenceMs: number };
  readonly clock: { readonly lateTicks: number; readonly maxLateMs: number };
  readonly encoderLagFrames: number;
  /** Fingerprint of SPS, PPS and AudioSpecificConfig of all tracks; '' before all are known. */
  readonly parameterSets: string;
  /** UTC of the next program frame; undefined before the first. */
  readonly nextFrameUtcMs: number | undefined;
  readonly encoder: EncoderReport | undefined;
  readonly sources: readonly SourceReport[];
  readonly recording: RecordingStatus | undefined;
};

export type ChainEvents = {
  /** Something the operator must know, while the show goes on. */
  readonly onWarning: (failure: Failure) => void;
  /** An alarm of the program was raised or cleared, at this moment. */
  readonly onAlarm: (change: Omit<AlarmEvent, 'type' | 'atUtc'>) => void;
  /** A source was lost, or is back; the show goes on. */
  readonly onSource: (event: SourceEvent | MixEvent) => void;
  /** The encoder goes on in another way, as asked. */
  readonly onEncoder: (event: EncoderEvent) => void;
  /** An output beside the main one changed its state; the show goes on. */
  readonly onSideOutput: (event: SideOutputEvent) => void;
  /** The show cannot go on. */
  readonly onFatal: (error: Error) => void;
};

/** What an operator does with the sources of a show while it runs; see `SourceDesk`. */
export type DeskControls = {
  switchTo(source: string, audio: 'follow' | 'stay'): void;
  mute(on: boolean): void;
  showSlate(on: boolean): void;
  setGain(source: string, db: number): void;
  setOffset(source: string, ms: number): void;
};

/** What may be asked of the video encoder while it runs. */
export type EncoderControls = {
  /**
   * Every rendition begins anew with an IDR at this frame of the timeline, the next possible one where it is not given; GOPs stay where
   * they are. @returns the frame. @throws OperatorError `IDR_TOO_LATE`, `TOO_MANY_HANDOVERS`, `NOT_ENCODING`.
   */
  requestIdr(atFrame?: number): number;
  /**
   * Gives a rendition another actual bitrate from a GOP boundary on; the declared one stays. @returns the frame.
   * @throws OperatorError `NO_SUCH_RENDITION`, `BITRATE_OUTSIDE_WINDOW`, `TOO_MANY_HANDOVERS`, `NOT_ENCODING`.
   */
  setBitrate(rendition: string, kbps: number): number;
};

export interface MediaChain extends EncoderControls {
  readonly desk: DeskControls;
  readonly recording: RecordingControls & {
    /** Waits, bounded, until the recorded files are plain ones; after {@link finish}. */
    settle(): Promise<void>;
    /** Writes down with the recording what was not delivered; bounded. */
    keep(undelivered: readonly Undelivered[]): Promise<void>;
  };
  /** Starts the sources; resolves when each has delivered, rejects with an OperatorError. Nothing costs money before this. */
  openSources(): Promise<void>;
  /** Starts clock, encoders and connections; resolves when every connection had its first media acknowledged. */
  begin(timeline: Timeline, targets: readonly PublishTarget[], signal: AbortSignal): Promise<void>;
  /** Lets the program end by itself after this much media time from its first frame, at a GOP boundary. */
  endAfter(seconds: number): void;
  /** Resolves when the program has reached the end that {@link endAfter} gave it. */
  readonly reachedEnd: Promise<void>;
  /** Media time since the first program frame, s. */
  readonly elapsedSeconds: number;
  /** Puts a cue on the timeline and sends it. @throws OperatorError when it cannot be carried out as asked, or before the media flows */
  cue(request: CueRequest): CueReceipt;
  /** Ends every pause between two attempts to connect now. */
  reconnectNow(): void;
  /** Switches an output beside the main one on or off. @throws OperatorError `NO_SUCH_OUTPUT`, `NOT_ON_AIR` */
  setSideOutput(name: string, on: boolean): void;
  /** Tries for some seconds how much more than the ladder the uplink carries, or ends that; see `Connections.probeUplink`. */
  probeUplink(isWanted: boolean): void;
  /** Ends at the next GOP boundary, drains encoders and connections, closes the recording; bounded in time. */
  finish(): Promise<void>;
  /** Ends everything at once; leaves no process and no socket. Safe at any time, also after `finish`. */
  abort(): Promise<void>;
  figures(): ChainFigures;
  /** What has not reached the service; see `DeliveryLedger.undelivered`. @param received what was read back from it, nothing where it could not be */
  undelivered(received: readonly ReceivedTrack[], archiveFailed?: boolean): Undelivered[];
}
