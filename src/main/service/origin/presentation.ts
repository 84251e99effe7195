// What the origin can show, whether it lies in memory or on disk: tracks with their segments on one timeline.
import type { Cue } from '../packager/cue.ts';
import type { TrackFormat, TrackIdentity } from '../packager/fragment.ts';

export type PresentedSegment = {
  readonly sequence: number;
  readonly startTicks: number;
  readonly durationTicks: number;
  readonly sizeBytes: number;
  /** Index into the track's formats. */
  readonly formatId: number;
};

export type PresentedTrack = {
  readonly identity: TrackIdentity;
  readonly formats: readonly TrackFormat[];
  /** Ascending in time and sequence. */
  readonly segments: readonly PresentedSegment[];
  /** Start ticks of segments that came with another format than the one before and that are not held any more. */
  readonly earlierChanges?: readonly number[];
};

export type ByteRange = { readonly start: number; /** inclusive */ readonly end: number };

export interface Presentation {
  readonly manifestName: string;
  /** True while more may come. */
  readonly isLive: boolean;
  /** UTC of the timeline's zero, ms; undefined until the first packet of an encoder that declared none. */
  readonly zeroUtcMs: number | undefined;
  /** How far back a viewer may seek while it is live. */
  readonly windowSeconds: number;
  readonly tracks: readonly PresentedTrack[];
  /** bit/s with which a player is to begin, where a filter says so. */
  readonly firstBitrate?: number;
  /** In order of time. */
  readonly cues: readonly Cue[];
  /** Names of tracks that are being received, with or without a segment yet. */
  readonly expectedTracks: readonly string[];
  init(trackName: string, formatId: number): Promise<Uint8Array | undefined>;
  /** The bytes of a segment, or a part of them; undefined when it has gone meanwhile. */
  read(trackName: string, segment: PresentedSegment, range: ByteRange | undefined): Promise<Uint8Array | undefined>;
}

/** Where the origin gets them from. */
export interface OriginSource {
  preview(eventName: string): Presentation | undefined;
  /** The asset in a folder: live while an output fills it. Undefined when nothing is there. */
  asset(assetDir: string): Promise<Presentation | undefined>;
}
