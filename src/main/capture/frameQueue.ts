// Cuts the bytes of a raw video pipe into frames without copying them, and holds the few that wait to be taken.
import type { RawFrame } from './feed.ts';

export interface FrameQueue {
  /** Bytes as they were read. Returns how many frames they completed. */
  write(chunk: Uint8Array, nowMs: number): number;
  readonly frames: readonly RawFrame[];
  take(): RawFrame | undefined;
  /** Removes the oldest frames down to `limit`, counting them as dropped. */
  dropOldest(limit: number): void;
  clear(): void;
  readonly droppedFrames: number;
}

/** Size of a yuv420p frame; both dimensions are even. */
export function frameBytes(width: number, height: number): number {
  return (width * height * 3) / 2;
}

/** @param bytesPerFrame size of one frame. */
export function createFrameQueue(bytesPerFrame: number): FrameQueue {
  const frames: RawFrame[] = [];
  let pieces: Uint8Array[] = [];
  let missing = bytesPerFrame;
  let count = 0;
  let droppedFrames = 0;
  return {
    write(chunk, nowMs) {
      const before = count;
      let rest = chunk;
      while (rest.length >= missing) {
        pieces.push(rest.subarray(0, missing));
        rest = rest.subarray(missing);
        frames.push({ pieces, arrivedAtMs: nowMs, sourceFrame: count });
        count += 1;
        pieces = [];
        missing = bytesPerFrame;
      }
      if (rest.length > 0) {
        pieces.push(rest);
        missing -= rest.length;
      }
      return count - before;
    },
    frames,
    take: () => frames.shift(),
    dropOldest(limit) {
      if (frames.length <= limit) return;
      droppedFrames += frames.length - limit;
      frames.splice(0, frames.length - limit);
    },
    clear() {
      frames.length = 0;
      pieces = [];
      missing = bytesPerFrame;
    },
    get droppedFrames() { return droppedFrames; },
  };
}
