// The program frames that an encoder has not given back yet, so that another one can take over without a hole. Bounded in memory: when
// it is full a picture is replaced by the one before it, and keeps its place. Never waits.
import type { Lease } from '../media/framePool.ts';

export type KeptFrame = { readonly frame: number; readonly pieces: readonly Uint8Array[]; readonly lease: Lease | undefined };

export class RecentFrames {
  readonly #maxPictures: number;
  #frames: KeptFrame[] = [];
  /** Different pictures among them. */
  #pictures = 0;
  /** Frames whose picture was replaced by the one before because too many were kept. */
  replacedFrames = 0;

  /** @param maxPictures different pictures that may be kept; a repeat of the last one costs nothing. */
  constructor(maxPictures: number) {
    this.#maxPictures = maxPictures;
  }

  /** The oldest frame that is kept; undefined where there is none. */
  get oldest(): number | undefined {
    return this.#frames[0]?.frame;
  }

  /** Keeps the frame, which is one later than the last. Returns what to encode in its place: itself, or the picture before it. */
  add(frame: number, pieces: readonly Uint8Array[], lease: Lease | undefined): KeptFrame {
    const last = this.#frames.at(-1);
    const isRepeat = last !== undefined && last.pieces === pieces;
    const isFull = !isRepeat && last !== undefined && this.#pictures >= this.#maxPictures;
    if (isFull) this.replacedFrames += 1;
    const kept: KeptFrame = isFull ? { frame, pieces: last.pieces, lease: last.lease } : { frame, pieces, lease };
    if (!isRepeat && !isFull) this.#pictures += 1;
    kept.lease?.hold();
    this.#frames.push(kept);
    return kept;
  }

  /** Forgets every frame before this one. */
  releaseBefore(frame: number): void {
    let count = 0;
    for (const kept of this.#frames) {
      if (kept.frame >= frame) break;
      const next = this.#frames[count + 1];
      if (next?.pieces !== kept.pieces) this.#pictures -= 1;
      kept.lease?.release();
      count += 1;
    }
    if (count > 0) this.#frames = this.#frames.slice(count);
  }

  /** The kept frames from `first` on, in order. */
  from(first: number): readonly KeptFrame[] {
    return this.#frames.filter((kept) => kept.frame >= first);
  }
}
