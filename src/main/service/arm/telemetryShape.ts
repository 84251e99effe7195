// Status, stream events and track heartbeats of a live event as the API answers them
// (specs: liveevent-get-status, liveevent-get-stream-events, liveevent-get-track-events). Every key is always there, unset ones as null.
import type { TrackTelemetry } from '../mediaPlane.ts';
import type { LiveEventRecord } from '../records.ts';
import type { Heartbeat, IngestEvent, IngestHistory, Peer, TrackLabel } from '../telemetry/ingestHistory.ts';
import type { IngestHealth } from '../telemetry/ingestHealth.ts';

/** Media times of RTMP are told in ms (media-services.md §2). */
const TIMESCALE = '1000';
/** Documented: a bitrate is unexpected from twice and up to half of what was declared. */
const TOO_MUCH = 2;
const TOO_LITTLE = 0.5;

const EMPTY_DATA = {
  trackName: null, streamId: null, trackId: null, mediaType: null, bitrate: null, mediaTimestamp: null, timescale: null,
  previousFragmentTimestamp: null, previousFragmentDuration: null, currentFragmentTimestamp: null,
  fragmentOneTimestamp: null, fragmentOneDuration: null, fragmentTwoTimestamp: null, fragmentTwoDuration: null,
  fragmentDropReason: null, discontinuityGap: null, streamName: null, resultCode: null, resultMessage: null, duration: null, resolution: null,
  minTime: null, minTimeMediaType: null, maxTime: null, maxTimeMediaType: null, timescaleOfMinTime: null, timescaleOfMaxTime: null,
  remoteIp: null, remotePort: null,
} as const;
type EventData = Partial<Record<keyof typeof EMPTY_DATA, string | number>>;

export function statusShape(event: LiveEventRecord, history: IngestHistory | undefined, tracks: readonly TrackTelemetry[], health: IngestHealth, nowUtcMs: number): object {
  const session = history?.session;
  const isReceiving = session !== undefined && session.end === undefined;
  return {
    state: event.resourceState === 'Running' ? 'Running' : 'Stopped',
    healthStatus: health.status,
    healthDescriptions: health.descriptions,
    lastUpdatedTime: utc(nowUtcMs),
    ingestion: session === undefined ? null : {
      streamName: session.streamName,
      begin: utc(session.beginUtcMs),
      end: session.end === undefined ? null : utc(session.end.atUtcMs),
      endReason: session.end?.reason ?? null,
      ingestInterruptions: session.interruptions.map(({ beginUtcMs, endUtcMs, reason }) => (
        { begin: utc(beginUtcMs), end: utc(endUtcMs), duration: `PT${((endUtcMs - beginUtcMs) / 1000).toFixed(3).replace(/\.?0+$/, '')}S`, reason }
      )),
    },
    trackStatus: tracks.map(({ trackName, declaredBitrate, incomingBitrate }) => ({
      trackId: trackName,
      expectedBitrate: declaredBitrate,
      incomingBitrate: isReceiving ? incomingBitrate : null,
      ingestDrift: String(history?.heartbeats.findLast((beat) => beat.track.trackName === trackName)?.driftSeconds ?? ''),
      // Of ingest over HTTP only.
      requestReceived: null,
      requestSucceeded: null,
    })),
  };
}

export function streamEventShape(event: IngestEvent): object {
  return { eventType: `StreamEvent/${event.type}`, eventTime: utc(event.atUtcMs), eventLevel: event.level, data: { ...EMPTY_DATA, ...dataOf(event) } };
}

export function heartbeatShape(beat: Heartbeat): object {
  const share = beat.incomingBitrate / beat.track.declaredBitrate;
  const isUnexpected = share >= TOO_MUCH || share <= TOO_LITTLE;
  const isHealthy = !isUnexpected && beat.overlapCount === 0 && beat.discontinuityCount === 0 && beat.nonIncreasingCount === 0;
  return {
    eventType: 'TrackEvent/IngestHeartbeat',
    eventTime: utc(beat.atUtcMs),
    data: {
      trackName: beat.track.trackName,
      trackType: beat.track.kind,
      bitrate: beat.track.declaredBitrate,
      incomingBitrate: beat.incomingBitrate,
      lastTimestamp: beat.lastTimestampMs === undefined ? null : ms(beat.lastTimestampMs),
      timescale: TIMESCALE,
      overlapCount: beat.overlapCount,
      discontinuityCount: beat.discontinuityCount,
      nonincreasingCount: beat.nonIncreasingCount,
      // Told only where they are true.
      unexpectedBitrate: isUnexpected || null,
      state: beat.isReceiving ? 'Running' : 'Stopped',
      healthy: isHealthy || null,
      lastFragmentArrivalTime: beat.lastArrivalUtcMs === undefined ? null : utc(beat.lastArrivalUtcMs),
      ingestDriftValue: String(beat.driftSeconds ?? 'n/a'),
      transcriptionState: '',
      transcriptionLanguage: '',
    },
  };
}

function dataOf(event: IngestEvent): EventData {
  switch (event.type) {
    case 'BeginIngest': {
      const tls = event.tlsVersion === undefined ? '' : `, cryptProtocol=${event.tlsVersion.replace(/^TLSv/, 'TLS')}`;
      return { streamName: event.streamName, resultCode: 'S_OK', resultMessage: `{flashVer=${event.encoder}${tls}}`, ...remote(event.peer) };
    }
    case 'EndIngest': return {
      streamName: event.streamName, resultCode: event.resultCode, ...remote(event.peer),
      resultMessage: `{connection=${event.connection}, receivedBytes=${event.receivedBytes}}`,
    };
    case 'FirstChunkReceived': return {
      ...track(event.track), mediaTimestamp: ms(event.atMs), timescale: TIMESCALE, duration: ms(event.durationMs), resultCode: 'S_OK',
      ...(event.resolution === undefined ? {} : { resolution: event.resolution }),
    };
    case 'ChunkDropped': return { ...track(event.track), mediaTimestamp: ms(event.atMs), timescale: TIMESCALE, fragmentDropReason: event.reason, resultCode: event.reason };
    case 'Discontinuity': return {
      ...track(event.track), timescale: TIMESCALE, previousFragmentTimestamp: ms(event.previousMs), currentFragmentTimestamp: ms(event.currentMs),
      discontinuityGap: Math.round(event.currentMs - event.previousMs), resultCode: 'MPE_INGEST_DISCONTINUITY',
    };
    case 'UnalignedKeyFrames': return {
      ...track(event.track), timescale: TIMESCALE, fragmentOneTimestamp: ms(event.one.atMs), fragmentOneDuration: ms(event.one.durationMs),
      fragmentTwoTimestamp: ms(event.two.atMs), fragmentTwoDuration: ms(event.two.durationMs),
    };
    case 'UnalignedPresentation': return {
      minTime: ms(event.min.atMs), minTimeMediaType: event.min.kind, timescaleOfMinTime: TIMESCALE,
      maxTime: ms(event.max.atMs), maxTimeMediaType: event.max.kind, timescaleOfMaxTime: TIMESCALE,
    };
    case 'InvalidConnection': return {
      resultCode: event.resultCode, resultMessage: event.message, ...remote(event.peer),
      ...(event.streamName === undefined ? {} : { streamName: event.streamName }),
    };
  }
}

function track({ trackName, kind, declaredBitrate }: TrackLabel): EventData {
  return { trackName, mediaType: kind, bitrate: declaredBitrate };
}

/** The last part of an address is hidden, as in the examples. */
function remote({ address, port }: Peer): EventData {
  return { remoteIp: address.replace(/[.:][0-9a-f]+$/i, (last) => `${last.slice(0, 1)}xxx`), remotePort: String(port) };
}

function ms(value: number): string {
  return String(Math.round(value));
}

function utc(value: number): string {
  return new Date(value).toISOString();
}
