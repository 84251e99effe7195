// Adds up what the fragments of one track hold: frames, first and last time, gaps and overlaps. Pure arithmetic.
import type { FragmentSamples, InitTrack } from './isoBoxes.ts';

/** One listed segment as it was found; `fragments` is undefined where it is missing or damaged. */
export type SegmentFinding = {
  readonly fragments: readonly FragmentSamples[] | undefined;
  readonly newTimeline: boolean;
};

export type Hole = { readonly atSeconds: number; readonly lengthSeconds: number };

export type Continuity = {
  readonly frames: number;
  /** Presentation time of the first and the last frame's start, s. Both 0 without frames. */
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly gaps: readonly Hole[];
  /** Media that is there twice. */
  readonly overlaps: readonly Hole[];
  /** Segments whose first frame can be decoded alone. */
  readonly keyframeSegments: number;
};

/** Beyond this part of a frame's duration a difference is no rounding of milliseconds. */
const TOLERANCE = 0.5;

/** A frame that lasts longer than 1.5 of the usual is a gap too: packagers stretch the last frame before one. */
export function continuityOf(track: InitTrack, segments: readonly SegmentFinding[]): Continuity {
  const usual = usualDuration(segments, track.id);
  const seconds = (ticks: number): number => (ticks - track.mediaStart) / track.timescale;
  const hole = (at: number, length: number): Hole => ({ atSeconds: seconds(at), lengthSeconds: length / track.timescale });
  const gaps: Hole[] = [];
  const overlaps: Hole[] = [];
  let [frames, keyframeSegments, firstShown, lastShown] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let expected: number | undefined;
  for (const segment of segments) {
    if (segment.newTimeline) expected = undefined;
    const own = (segment.fragments ?? []).filter((fragment) => fragment.trackId === track.id);
    if (own[0]?.startsWithSync === true) keyframeSegments += 1;
    for (const fragment of own) {
      // Decode times run ahead of presentation by the reordering delay of B-frames; people mean presentation.
      const delay = fragment.firstShown - fragment.decodeTime;
      const late = expected === undefined ? 0 : fragment.decodeTime - expected;
      if (expected !== undefined && late > usual * TOLERANCE) gaps.push(hole(expected + delay, late));
      if (-late > usual * TOLERANCE) overlaps.push(hole(fragment.firstShown, -late));
      let at = fragment.decodeTime;
      for (const duration of fragment.durations) {
        if (duration > usual * (1 + TOLERANCE)) gaps.push(hole(at + usual + delay, duration - usual));
        at += duration;
      }
      frames += fragment.durations.length;
      firstShown = Math.min(firstShown, fragment.firstShown);
      lastShown = Math.max(lastShown, fragment.lastShown);
      expected = at;
    }
  }
  const empty = frames === 0;
  return { frames, firstSeconds: empty ? 0 : seconds(firstShown), lastSeconds: empty ? 0 : seconds(lastShown), gaps, overlaps, keyframeSegments };
}

/** The median of all frames' durations, ticks. */
function usualDuration(segments: readonly SegmentFinding[], trackId: number): number {
  const counts = new Map<number, number>();
  let total = 0;
  for (const fragment of segments.flatMap((segment) => segment.fragments ?? [])) {
    if (fragment.trackId !== trackId) continue;
    for (const duration of fragment.durations) counts.set(duration, (counts.get(duration) ?? 0) + 1);
    total += fragment.durations.length;
  }
  let seen = 0;
  for (const [duration, count] of [...counts].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen * 2 >= total) return duration;
  }
  return 0;
}
