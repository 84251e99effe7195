// The documented rules for the health of a live event's ingest (media-services.md §2, getStatus). Pure.
import type { TrackTelemetry } from '../mediaPlane.ts';
import type { IngestHistory } from './ingestHistory.ts';

/** '' where nothing is being received that could be judged. */
export type HealthStatus = 'Excellent' | 'Good' | 'Poor' | '';
export type IngestHealth = { readonly status: HealthStatus; readonly descriptions: readonly string[] };

/** Share of the declared bitrate that has to arrive. */
const EXCELLENT_SHARE = 0.75;
const GOOD_SHARE = 0.2;
/** A good ingest has no discontinuity as long as this. */
const GOOD_GAP_MS = 10_000;
/** What lies further back no longer counts. */
const WINDOW_MS = 60_000;
const DROPPED = { FragmentDrop_OverlapTimestamp: 'overlaps what was received before', FragmentDrop_NonIncreasingTimestamp: 'has timestamps that do not grow' } as const;

/** @param archiveFailures sentences of live outputs that record no more; any of them makes the health poor */
export function ingestHealth(history: IngestHistory | undefined, tracks: readonly TrackTelemetry[], archiveFailures: readonly string[], nowUtcMs: number): IngestHealth {
  const session = history?.session;
  if (session === undefined || session.end !== undefined) {
    const ingest = session?.end === undefined ? 'Nothing has been received.' : `The ingest has ended (${session.end.reason}).`;
    return { status: archiveFailures.length > 0 ? 'Poor' : '', descriptions: [...archiveFailures, ingest] };
  }
  const poor = [...archiveFailures];
  const fair: string[] = [];
  for (const { trackName, incomingBitrate, declaredBitrate } of tracks) {
    const share = incomingBitrate / declaredBitrate;
    if (share >= EXCELLENT_SHARE) continue;
    (share >= GOOD_SHARE ? fair : poor).push(`${trackName} arrives with ${Math.round(share * 100)} % of its declared bitrate.`);
  }
  for (const event of history?.events ?? []) {
    if (nowUtcMs - event.atUtcMs > WINDOW_MS) continue;
    if (event.type === 'Discontinuity') {
      const gapMs = event.currentMs - event.previousMs;
      (gapMs < GOOD_GAP_MS ? fair : poor).push(`${event.track.trackName} has a discontinuity of ${(gapMs / 1000).toFixed(1)} s.`);
    } else if (event.type === 'ChunkDropped') {
      poor.push(`Media of ${event.track.trackName} was dropped: it ${DROPPED[event.reason]}.`);
    } else if (event.type === 'UnalignedKeyFrames') {
      poor.push(`The key frames of ${event.track.trackName} are not aligned with those of the other video tracks.`);
    } else if (event.type === 'UnalignedPresentation') {
      poor.push(`The tracks are ${((event.max.atMs - event.min.atMs) / 1000).toFixed(1)} s apart.`);
    }
  }
  for (const { trackName } of tracks) {
    const drift = history?.heartbeats.findLast((beat) => beat.track.trackName === trackName)?.driftSeconds ?? 0;
    if (drift !== 0) fair.push(`${trackName} drifts by ${drift} s a minute.`);
  }
  const descriptions = [...new Set([...poor, ...fair])];
  if (descriptions.length === 0) return { status: 'Excellent', descriptions: ['No issues with ingest.'] };
  return { status: poor.length > 0 ? 'Poor' : 'Good', descriptions };
}
