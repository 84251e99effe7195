// Filters on a presentation: which tracks and which part of its time a viewer is offered (documentation "Filters and dynamic manifests"). Pure.
import type { Presentation, PresentedTrack } from './presentation.ts';

export type FilterCondition = {
  readonly property: 'Unknown' | 'Type' | 'Name' | 'Language' | 'FourCC' | 'Bitrate';
  readonly operation: 'Equal' | 'NotEqual';
  readonly value: string;
};

/** As the API has it; times in ticks of `timescale`, which is 10 MHz where it is missing. */
export type MediaFilter = {
  readonly presentationTimeRange: {
    readonly startTimestamp?: number | undefined; readonly endTimestamp?: number | undefined; readonly presentationWindowDuration?: number | undefined;
    readonly liveBackoffDuration?: number | undefined; readonly timescale?: number | undefined; readonly forceEndTimestamp?: boolean | undefined;
  } | null;
  readonly firstQuality: { readonly bitrate: number } | null;
  /** A track is offered when all conditions of any selection hold for it; all tracks where there is no selection. */
  readonly tracks: readonly { readonly trackSelections: readonly FilterCondition[] }[];
};

export const DEFAULT_TIMESCALE = 10_000_000;
/** Names by which encoders and players call the same format. */
const FOUR_CC: Readonly<Record<string, readonly string[]>> = { avc1: ['avc1', 'avc3', 'h264'], mp4a: ['mp4a', 'aac', 'aacl', 'aach'] };

/** What is left of a presentation; several filters hold all at once. Times are trimmed to whole segments. */
export function filtered(presentation: Presentation, filters: readonly MediaFilter[]): Presentation {
  if (filters.length === 0) return presentation;
  const { isLive } = presentation;
  const ranges = filters.flatMap(({ presentationTimeRange }) => (presentationTimeRange === null ? [] : [presentationTimeRange]));
  const secondsOf = (pick: (range: (typeof ranges)[number]) => number | undefined): number[] => ranges.flatMap((range) => {
    const ticks = pick(range);
    return ticks === undefined ? [] : [ticks / (range.timescale ?? DEFAULT_TIMESCALE)];
  });
  const from = Math.max(Number.NEGATIVE_INFINITY, ...secondsOf((range) => range.startTimestamp));
  // Documented: of a running event an end is heeded only where that is forced.
  const end = Math.min(Number.POSITIVE_INFINITY, ...secondsOf((range) => (isLive && range.forceEndTimestamp !== true ? undefined : range.endTimestamp)));
  const backoff = isLive ? Math.max(0, ...secondsOf((range) => range.liveBackoffDuration)) : 0;
  const tracks = presentation.tracks.filter((track) => filters.every((filter) => isSelected(track, filter)));
  const edge = Math.max(Number.NEGATIVE_INFINITY, ...tracks.map(endSecondsOf));
  const to = Math.min(end, backoff > 0 ? edge - backoff : Number.POSITIVE_INFINITY);
  const first = Math.min(Number.POSITIVE_INFINITY, ...filters.flatMap(({ firstQuality }) => (firstQuality === null ? [] : [firstQuality.bitrate])));
  const names = new Set(tracks.map(({ identity }) => identity.name));
  return {
    manifestName: presentation.manifestName,
    // A forced end that is reached ends the stream for its viewers.
    isLive: isLive && edge < end,
    zeroUtcMs: presentation.zeroUtcMs,
    windowSeconds: Math.min(presentation.windowSeconds, ...(isLive ? secondsOf((range) => range.presentationWindowDuration) : [])),
    tracks: tracks.map((track) => ({ ...track, segments: within(track, from, to) })),
    cues: presentation.cues.filter(({ seconds }) => seconds >= from && seconds < to),
    expectedTracks: presentation.expectedTracks.filter((name) => names.has(name)),
    ...(first === Number.POSITIVE_INFINITY ? {} : { firstBitrate: first }),
    init: (trackName, formatId) => presentation.init(trackName, formatId),
    read: (trackName, segment, range) => presentation.read(trackName, segment, range),
  };
}

function isSelected(track: PresentedTrack, { tracks }: MediaFilter): boolean {
  return tracks.length === 0 || tracks.some(({ trackSelections }) => trackSelections.every((condition) => holds(track, condition)));
}

function holds(track: PresentedTrack, { property, operation, value }: FilterCondition): boolean {
  const isEqual = matches(track, property, value.trim().toLowerCase());
  return operation === 'Equal' ? isEqual : !isEqual;
}

function matches({ identity, formats }: PresentedTrack, property: FilterCondition['property'], value: string): boolean {
  switch (property) {
    case 'Type': return identity.kind === value;
    case 'Name': return identity.name.toLowerCase() === value;
    // Tracks of this service name no language (ISO 639-2 “und”).
    case 'Language': return value === 'und';
    case 'FourCC': {
      const own = formats[0]?.codec.slice(0, 4).toLowerCase() ?? '';
      return own === value || (FOUR_CC[own]?.includes(value) ?? false);
    }
    case 'Bitrate': return isWithin(identity.declaredBitrate, value);
    case 'Unknown': return false;
  }
}

/** `3000000-5000000`, `0-1500000`, `3000000-`, or one number. */
function isWithin(bitrate: number, value: string): boolean {
  const [, from = '', dash, to = ''] = /^(\d*)\s*(-)?\s*(\d*)$/.exec(value) ?? [];
  if (dash === undefined) return from !== '' && bitrate === Number(from);
  return bitrate >= Number(from || 0) && bitrate <= (to === '' ? Number.POSITIVE_INFINITY : Number(to));
}

/** Whole segments of which any part lies in the range. */
function within({ identity: { timescale }, segments }: PresentedTrack, from: number, to: number): PresentedTrack['segments'] {
  return segments.filter(({ startTicks, durationTicks }) => (startTicks + durationTicks) / timescale > from && startTicks / timescale < to);
}

function endSecondsOf({ identity: { timescale }, segments }: PresentedTrack): number {
  const last = segments.at(-1);
  return last === undefined ? Number.NEGATIVE_INFINITY : (last.startTicks + last.durationTicks) / timescale;
}
