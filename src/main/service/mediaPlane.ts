// The seam between the two halves of the embedded service: the API half (arm/, store) decides what exists,
// the media half (ingest, packager, archive, origin) makes it flow. Neither knows the other's insides.
import type { OperatorError } from '../../contract/errors.ts';
import type { AllowedRanges } from './addressRules.ts';
import type { ContentKeyOption } from './keys/keyPolicy.ts';
import type { ContentKey, SegmentEncryption } from './keys/contentKeys.ts';
import type { MediaFilter } from './origin/mediaFilter.ts';
import type { IngestHistory } from './telemetry/ingestHistory.ts';

/** What the ingest needs to know of a running live event. */
export type ChannelSpec = {
  readonly eventName: string;
  /** 32 hex digits; publishers connect to the RTMP app `live/<accessToken>`. */
  readonly accessToken: string;
  /** What its publishers speak; the other door refuses them. */
  readonly protocol: 'RTMP' | 'FragmentedMP4';
  /** GUID of the private preview, `/<previewLocator>/preview.ism/manifest(…)`. */
  readonly previewLocator: string;
  /** UTC second of media time 0 from the event's tags; undefined where the encoder declared none (then the first packet's arrival decides). */
  readonly timelineZeroUtcSeconds: number | undefined;
  /** Who may publish; the rest is refused with MPE_INGEST_ENCODER_CONNECTION_DENIED. */
  readonly ingestAllow: AllowedRanges;
};

export type OutputSpec = {
  readonly eventName: string;
  readonly outputName: string;
  readonly assetName: string;
  /** Folder of the asset's files; exists. */
  readonly assetDir: string;
  readonly manifestName: string;
  /** How far back a viewer of the running output may seek, s. */
  readonly archiveWindowSeconds: number;
};

/** One track as the service received it since its channel was opened. */
export type TrackTelemetry = {
  /** `video_2500000` or `audio_128000`: type and declared bitrate in bit/s. */
  readonly trackName: string;
  readonly kind: 'video' | 'audio';
  readonly declaredBitrate: number;
  /** Mean of the last 20 s, bit/s. */
  readonly incomingBitrate: number;
  readonly frames: number;
  /** Holes in the received timeline: media time in ms where one begins, and its length. */
  readonly gaps: readonly { readonly atMs: number; readonly lengthMs: number }[];
  readonly firstTimestampMs: number | undefined;
  readonly lastTimestampMs: number | undefined;
  readonly lastArrivalUtcMs: number | undefined;
  /** Frames that were there already: copies from redundant connections, and what {@link staleCount} counts. */
  readonly overlapCount: number;
  /** Of those, frames too far back to be copies: a publisher whose time went back. */
  readonly staleCount: number;
  readonly nonIncreasingCount: number;
};

/** One published path of an asset, for `listPaths`. */
export type AssetManifest = { readonly manifestName: string };

export interface MediaPlane {
  /** Accepts ingest for the event and opens its preview. Idempotent. */
  openChannel(spec: ChannelSpec): Promise<void>;
  /** Other rules for publishers from now on; those that publish already go on. Nothing where the event has no channel. */
  allowIngest(eventName: string, allowed: AllowedRanges): void;
  /** Disconnects its publishers and closes its preview; its outputs must have been ended before. Idempotent. */
  closeChannel(eventName: string): Promise<void>;
  /** Begins to archive what arrives from now on into the asset's folder. Rejects when the disk refuses. Idempotent for the same output. */
  startOutput(spec: OutputSpec): Promise<void>;
  /** Ends the archive at its last whole fragment; the asset is on-demand video from then on. Idempotent. */
  stopOutput(eventName: string, outputName: string): Promise<void>;
  /** Manifests that an asset's folder can serve now; empty while nothing has arrived. */
  manifestsOf(assetDir: string): Promise<readonly AssetManifest[]>;
  /** The folder's files were changed by someone else than the plane (an upload): what it remembers of them is stale. */
  forgetAsset(assetDir: string): void;
  telemetry(eventName: string): readonly TrackTelemetry[];
  /** What happened at the event's ingest since the service started, also after its channel was closed; undefined where it never ran. */
  ingestHistory(eventName: string): IngestHistory | undefined;
  /** Why an output's archive has stopped growing; undefined while all is well or where there is no such output. */
  outputFailure(eventName: string, outputName: string): OperatorError | undefined;
}

/** How the origin learns what a locator shows; answered by the API half from its store. */
/** The filters that a locator has itself, undefined where one of them is gone; and those that its URLs may name. */
export type LocatorFilters = { readonly own: readonly MediaFilter[] | undefined; readonly named: (name: string) => MediaFilter | undefined };

/** Without `filters` it has none, and its URLs may name none. */
export type LocatorTarget = { readonly filters?: LocatorFilters } & (
  | { readonly kind: 'preview'; readonly eventName: string; /** Who may watch. */ readonly allow: AllowedRanges }
  | { readonly kind: 'asset'; readonly assetName: string; readonly assetDir: string; readonly startTime: Date | undefined; readonly endTime: Date | undefined; /** Undefined where it is served in the clear. */ readonly encryption: SegmentEncryption | undefined }
);

/** How key delivery finds a key and who may have it. */
export interface KeyDirectory {
  contentKey(keyId: string): (ContentKey & { readonly options: readonly ContentKeyOption[] }) | undefined;
}

export interface LocatorDirectory extends KeyDirectory {
  /** Undefined for unknown locators, for locators whose streaming endpoint is stopped, and for previews of events that do not run. */
  resolve(locatorId: string): LocatorTarget | undefined;
}
