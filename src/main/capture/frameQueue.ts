// Cuts the bytes of a raw video pipe into frames without copying them, and holds the few that wait to be taken. The memory of a
// frame is used again once whoever took it, and whoever they passed it to, has released it.
import type { DirectReader } from '../ffmpeg/directPipe.ts';
import { FrameAssembler, FramePool } from '../media/framePool.ts';
import type { FrameClock } from './arrivalClock.ts';
import type { RawFrame } from './feed.ts';

/** Read bytes go where `space` says. */
export interface FrameQueue extends DirectReader {
  readonly frames: readonly RawFrame[];
  take(): RawFrame | undefined;
  /** Removes the oldest frames down to `limit`, counting them as dropped. */
  dropOldest(limit: number): void;
  clear(): void;
  readonly droppedFrames: number;
  /** All that have come. */
  readonly arrivedFrames: number;
}

/** Size of a yuv420p frame; both dimensions are even. */
export function frameBytes(width: number, height: number): number {
  return (width * height * 3) / 2;
}

/**
 * @param bytesPerFrame size of one frame. @param onFrame called after each frame that has come whole.
 * @param clock takes the jitter out of the arrivals of a push source.
 */
export function createFrameQueue(bytesPerFrame: number, onFrame: () => void, clock?: FrameClock): FrameQueue {
  const frames: RawFrame[] = [];
  let count = 0;
  let droppedFrames = 0;
  const assembler = new FrameAssembler(new FramePool(bytesPerFrame), ({ bytes, lease }) => {
    const arrivedAtMs = performance.now();
    const capturedAtMs = clock?.next(arrivedAtMs);
    frames.push({ pieces: [bytes], lease, arrivedAtMs, sourceFrame: count, ...(capturedAtMs === undefined ? {} : { capturedAtMs }) });
    count += 1;
    onFrame();
  });
  const release = (removed: readonly RawFrame[]): void => {
    for (const { lease } of removed) lease?.release();
  };
  return {
    space: () => assembler.space(),
    advance: (bytes) => assembler.advance(bytes),
    frames,
    take: () => frames.shift(),
    dropOldest(limit) {
      if (frames.length <= limit) return;
      droppedFrames += frames.length - limit;
      release(frames.splice(0, frames.length - limit));
    },
    clear() {
      release(frames.splice(0));
      assembler.reset();
    },
    get droppedFrames() { return droppedFrames; },
    get arrivedFrames() { return count; },
  };
}
