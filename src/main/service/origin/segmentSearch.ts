// Finds a segment by its time in a track that may hold a day of them.

/** The segment that begins exactly at `startTicks`; `segments` ascend. */
export function segmentAt<T extends { readonly startTicks: number }>(segments: readonly T[], startTicks: number): T | undefined {
  const segment = segments[firstFrom(segments, startTicks)];
  return segment?.startTicks === startTicks ? segment : undefined;
}

/** Index of the first segment that begins at or after `ticks`. */
export function firstFrom(segments: readonly { readonly startTicks: number }[], ticks: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.startTicks ?? Number.POSITIVE_INFINITY) < ticks) low = middle + 1;
    else high = middle;
  }
  return low;
}
