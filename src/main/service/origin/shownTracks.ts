// The part of a presentation that a viewer is offered now: the window, the bitrates, and which tracks are ready. Pure.
import type { Presentation, PresentedSegment, PresentedTrack } from './presentation.ts';
import { firstFrom } from './segmentSearch.ts';

export type ShownTrack = {
  readonly track: PresentedTrack;
  /** Inside the window; at least one. */
  readonly segments: readonly PresentedSegment[];
  /** bit/s of the largest segment, and of all together. */
  readonly peakBitrate: number;
  readonly averageBitrate: number;
};

export type Shown = {
  readonly video: readonly ShownTrack[];
  readonly audio: readonly ShownTrack[];
  /** Where the newest and the oldest shown segment end and begin, s. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** EXT-X-TARGETDURATION: of all segments that ever were, so that it does not change while the window slides. */
  readonly targetSeconds: number;
};

/** A track that is expected and does not come is waited for until the others have this many segments. */
const SEGMENTS_WITHOUT_A_TRACK = 3;

/** Undefined while there is nothing that a player could begin with. */
export function showTracks(presentation: Presentation): Shown | undefined {
  const ready = presentation.tracks.filter((track) => track.segments.length > 0);
  if (ready.length === 0) return undefined;
  const isComplete = presentation.expectedTracks.every((name) => ready.some((track) => track.identity.name === name));
  const hasWaited = ready.some((track) => track.segments.length >= SEGMENTS_WITHOUT_A_TRACK);
  if (presentation.isLive && !isComplete && !hasWaited) return undefined;
  const endSeconds = Math.max(...ready.map((track) => endOf(track, track.segments.at(-1))));
  const from = presentation.isLive ? endSeconds - presentation.windowSeconds : Number.NEGATIVE_INFINITY;
  const shown = ready.map((track) => showTrack(track, from)).filter((track) => track !== undefined);
  const descending = (one: ShownTrack, other: ShownTrack): number => other.track.identity.declaredBitrate - one.track.identity.declaredBitrate;
  return {
    video: firstFor(presentation.firstBitrate, shown.filter(({ track }) => track.identity.kind === 'video').sort(descending)),
    audio: shown.filter(({ track }) => track.identity.kind === 'audio').sort(descending),
    startSeconds: Math.min(...shown.map(({ track, segments }) => (segments[0]?.startTicks ?? 0) / track.identity.timescale)),
    endSeconds,
    targetSeconds: Math.max(1, ...ready.map(longestSeconds)),
  };
}

/** Players begin with what is listed first: the highest that is no more than what is asked for, else the lowest. */
function firstFor(bitrate: number | undefined, descending: readonly ShownTrack[]): readonly ShownTrack[] {
  const first = bitrate === undefined ? undefined : descending.find(({ track }) => track.identity.declaredBitrate <= bitrate) ?? descending.at(-1);
  return first === undefined ? descending : [first, ...descending.filter((one) => one !== first)];
}

function showTrack(track: PresentedTrack, fromSeconds: number): ShownTrack | undefined {
  const { timescale } = track.identity;
  const segments = fromSeconds === Number.NEGATIVE_INFINITY
    ? track.segments : track.segments.slice(firstFrom(track.segments, fromSeconds * timescale));
  if (segments.length === 0) return undefined;
  let bytes = 0;
  let ticks = 0;
  let peakBitrate = 0;
  for (const { sizeBytes, durationTicks } of segments) {
    bytes += sizeBytes;
    ticks += durationTicks;
    // A short last piece says nothing about the rate.
    if (durationTicks >= timescale / 2 || segments.length === 1) peakBitrate = Math.max(peakBitrate, (sizeBytes * 8 * timescale) / durationTicks);
  }
  return { track, segments, peakBitrate: Math.ceil(peakBitrate), averageBitrate: Math.ceil((bytes * 8 * timescale) / ticks) };
}

/** RFC 8216 §4.3.3.1: durations rounded to the nearest second must not exceed the target. */
function longestSeconds(track: PresentedTrack): number {
  let ticks = 0;
  for (const { durationTicks } of track.segments) if (durationTicks > ticks) ticks = durationTicks;
  return Math.round(ticks / track.identity.timescale);
}

function endOf(track: PresentedTrack, segment: PresentedSegment | undefined): number {
  return segment ? (segment.startTicks + segment.durationTicks) / track.identity.timescale : 0;
}
