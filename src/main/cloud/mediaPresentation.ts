// What a manifest promises, whether it was DASH or HLS: tracks with their segments in order.
import type { ByteRange } from './mediaFetch.ts';

export type SegmentPromise = {
  readonly url: string;
  readonly range: ByteRange | undefined;
  /** Where the manifest places it, s; undefined where it does not say. */
  readonly atSeconds: number | undefined;
  /** True where the timeline may start anew here (another period, a discontinuity). */
  readonly newTimeline: boolean;
  /** True where the manifest itself says that it is missing. */
  readonly declaredMissing: boolean;
};

export type TrackPromise = {
  readonly name: string;
  /** As declared, bit/s; 0 where it is not. */
  readonly bandwidth: number;
  readonly init: { readonly url: string; readonly range: ByteRange | undefined };
  readonly segments: readonly SegmentPromise[];
};

export type MediaPresentation = {
  /** True while it grows. */
  readonly live: boolean;
  readonly tracks: readonly TrackPromise[];
};

/** More segments than 25 h of 1 s. */
export const MAX_SEGMENTS = 100_000;
export const MAX_TRACKS = 64;
