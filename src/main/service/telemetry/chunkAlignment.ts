// Finds video tracks of one event whose chunks do not begin together. Keeps a few chunks of each track; reads no clock.
import type { TrackLabel } from './ingestHistory.ts';

export type Chunk = { readonly track: TrackLabel; readonly atMs: number; readonly durationMs: number };

/** Rounding of timescales; far below the length of a frame. */
const SAME_TIME_MS = 5;
/** A track may be this many chunks behind another and still be compared. */
const REMEMBERED = 12;

export class ChunkAlignment {
  readonly #recent = new Map<string, Chunk[]>();

  /** The chunk of another track inside which this one begins, or that begins inside this one; undefined where all is aligned. */
  add(chunk: Chunk): Chunk | undefined {
    const { trackName } = chunk.track;
    const own = this.#recent.get(trackName) ?? [];
    own.push(chunk);
    if (own.length > REMEMBERED) own.shift();
    this.#recent.set(trackName, own);
    for (const [name, others] of this.#recent) {
      if (name === trackName) continue;
      const odd = others.find((other) => beginsInside(chunk, other) || beginsInside(other, chunk));
      if (odd !== undefined) return odd;
    }
    return undefined;
  }
}

function beginsInside(one: Chunk, other: Chunk): boolean {
  return one.atMs > other.atMs + SAME_TIME_MS && one.atMs < other.atMs + other.durationMs - SAME_TIME_MS;
}
