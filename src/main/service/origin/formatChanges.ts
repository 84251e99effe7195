// Where the media of a presentation begin to come from another encoder, for all tracks together, so that every manifest says it at one place.
// Pure.
import type { PresentedTrack } from './presentation.ts';

/** Formats that change within this time on several tracks change together. */
const SAME_CHANGE_SECONDS = 0.5;

/** Seconds of the timeline, ascending; those before the window, too, so that nothing moves while the window slides. */
export function formatChangesOf(tracks: readonly PresentedTrack[]): number[] {
  const all = tracks.flatMap(({ identity: { timescale }, segments, earlierChanges = [] }) => [
    ...earlierChanges,
    ...segments.flatMap((segment, position) => {
      const before = segments[position - 1];
      return before !== undefined && before.formatId !== segment.formatId ? [segment.startTicks] : [];
    }),
  ].map((ticks) => ticks / timescale)).sort((one, other) => one - other);
  const changes: number[] = [];
  for (const change of all) if (change - (changes.at(-1) ?? -Infinity) > SAME_CHANGE_SECONDS) changes.push(change);
  return changes;
}

type Span = { readonly startTicks: number; readonly durationTicks: number };

/**
 * Number of changes that a segment lies behind, by its middle: audio segments begin a few milliseconds before or after the video that they
 * go with.
 */
export function changesBefore(changes: readonly number[], segment: Span, timescale: number): number {
  return changesUpTo(changes, (segment.startTicks + segment.durationTicks / 2) / timescale);
}

/**
 * The same of the first segment after a hole of the whole programme, which may be a single AAC frame that ends before the picture begins:
 * a change there is the hole's.
 */
export function changesBeforeOrWith(changes: readonly number[], segment: Span, timescale: number): number {
  return Math.max(changesBefore(changes, segment, timescale), changesUpTo(changes, segment.startTicks / timescale + SAME_CHANGE_SECONDS));
}

function changesUpTo(changes: readonly number[], seconds: number): number {
  return changes.findLastIndex((change) => change <= seconds) + 1;
}
