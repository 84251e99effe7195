// What an archive lacks, as a person reads it: stretches of time, each with what is missing in it and why. Pure.
import type { Undelivered } from '../contract/undelivered.ts';

export type Lack = {
  readonly fromUtc: string;
  readonly toUtc: string;
  readonly seconds: number;
  /** Renditions, and `audio`. */
  readonly tracks: readonly string[];
  readonly causes: readonly Undelivered['cause'][];
};

/** Holes nearer to each other than this are one to a viewer, s. */
const NEAR_SECONDS = 1;

/** In order of time; holes of several renditions at the same time are one. */
export function lacksOf(undelivered: readonly Undelivered[]): readonly Lack[] {
  const stretches: Undelivered[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const hole of undelivered.toSorted((one, other) => one.fromSeconds - other.fromSeconds)) {
    const current = stretches.at(-1);
    if (current === undefined || hole.fromSeconds > end + NEAR_SECONDS) stretches.push([hole]);
    else current.push(hole);
    end = Math.max(end, hole.toSeconds);
  }
  return stretches.flatMap((holes) => {
    const [first] = holes;
    if (first === undefined) return [];
    const last = holes.reduce((latest, one) => (one.toSeconds > latest.toSeconds ? one : latest), first);
    return [{
      fromUtc: first.fromUtc, toUtc: last.toUtc, seconds: last.toSeconds - first.fromSeconds,
      tracks: [...new Set(holes.map(({ track }) => track))], causes: [...new Set(holes.map(({ cause }) => cause))],
    }];
  });
}
