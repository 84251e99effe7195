// What happened at the ingest of one live event, as the media half tells it to the API half. Types only; the wire shapes are the API's.

/** How grave an event is, in the words of the API. */
export type EventLevel = 'Critical' | 'Error' | 'Warning' | 'Information';

export type TrackLabel = { readonly trackName: string; readonly kind: 'video' | 'audio'; readonly declaredBitrate: number };
/** The other end of a connection. */
export type Peer = { readonly address: string; readonly port: number };

/** Times of media are ms of the event's timeline. */
type IngestOccurrence =
  | { readonly type: 'BeginIngest'; readonly streamName: string; readonly peer: Peer; readonly encoder: string; readonly tlsVersion: string | undefined }
  | { readonly type: 'EndIngest'; readonly streamName: string; readonly peer: Peer; readonly resultCode: string; readonly connection: number; readonly receivedBytes: number }
  | { readonly type: 'FirstChunkReceived'; readonly track: TrackLabel; readonly atMs: number; readonly durationMs: number; readonly resolution: string | undefined }
  | { readonly type: 'ChunkDropped'; readonly track: TrackLabel; readonly atMs: number; readonly reason: 'FragmentDrop_OverlapTimestamp' | 'FragmentDrop_NonIncreasingTimestamp' }
  | { readonly type: 'Discontinuity'; readonly track: TrackLabel; readonly previousMs: number; readonly currentMs: number }
  | { readonly type: 'UnalignedKeyFrames'; readonly track: TrackLabel; readonly one: ChunkTime; readonly two: ChunkTime }
  | { readonly type: 'UnalignedPresentation'; readonly min: ReachedTime; readonly max: ReachedTime }
  | { readonly type: 'InvalidConnection'; readonly streamName: string | undefined; readonly peer: Peer; readonly resultCode: string; readonly message: string };
type ChunkTime = { readonly atMs: number; readonly durationMs: number };
type ReachedTime = { readonly atMs: number; readonly kind: 'video' | 'audio' };

export type IngestEvent = { readonly atUtcMs: number; readonly level: EventLevel } & IngestOccurrence;

/** One track over the 20 s before `atUtcMs`. */
export type Heartbeat = {
  readonly atUtcMs: number;
  readonly track: TrackLabel;
  readonly incomingBitrate: number;
  readonly lastTimestampMs: number | undefined;
  readonly lastArrivalUtcMs: number | undefined;
  /** Media that was there already and is no copy from a redundant connection. */
  readonly overlapCount: number;
  readonly discontinuityCount: number;
  readonly nonIncreasingCount: number;
  /** Media time lost against the clock over the last minute, whole seconds; undefined until there is a minute. */
  readonly driftSeconds: number | undefined;
  readonly isReceiving: boolean;
};

export type Interruption = { readonly beginUtcMs: number; readonly endUtcMs: number; readonly reason: string };

/** From the first publisher of the event to the last one that left; a return of publishers makes the pause an interruption. */
export type IngestSession = {
  readonly streamName: string;
  readonly beginUtcMs: number;
  /** While nobody publishes: since when and why. */
  readonly end: { readonly atUtcMs: number; readonly reason: string } | undefined;
  readonly interruptions: readonly Interruption[];
};

export type IngestHistory = {
  readonly session: IngestSession | undefined;
  /** Oldest first; the newest of a long list. */
  readonly events: readonly IngestEvent[];
  readonly heartbeats: readonly Heartbeat[];
};
