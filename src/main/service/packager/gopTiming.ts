// Turns the frames of one GOP from RTMP milliseconds into exact ticks of the track, and says whether the GOP is whole. Pure.
import type { FrameRate } from '../../../contract/ladder.ts';
import type { Sample, SampleRun } from './fragment.ts';
import { snapToFrames, ticksPerFrame } from './frameGrid.ts';

export type RawFrame = { readonly ptsMs: number; readonly isIdr: boolean; readonly data: Uint8Array };

/** A GOP as one connection delivered it: frames in decode order, the first an IDR with the lowest presentation time. */
export type RawGop = {
  readonly frames: readonly RawFrame[];
  /** Presentation time of the IDR that ended it; undefined when the publisher stopped or was lost. */
  readonly nextIdrMs: number | undefined;
  /** Whole seconds between the connection's own clock and the timeline; 0 for encoders that know the timeline. */
  readonly offsetSeconds: number;
  /** False when frames between its first and last were refused. */
  readonly isIntact: boolean;
};

export type TimedGop = SampleRun & {
  /** No frame is missing up to the IDR that follows. */
  readonly isWhole: boolean;
  /** Length of every frame where all lie on the grid of the frame rate. */
  readonly frameTicks: number | undefined;
};

/** A frame's length where one frame alone gives no difference: 1/30 s. */
const LONE_FRAME_SECONDS = 1 / 30;
/** A pause longer than this many frames before the next IDR is a hole, not a long frame. */
const LONGEST_PAUSE_FRAMES = 3;

export function timeGop(gop: RawGop, rate: FrameRate | undefined, timescale: number): TimedGop {
  const times = gop.frames.map((frame) => frame.ptsMs);
  const withNext = gop.nextIdrMs === undefined ? times : [...times, gop.nextIdrMs];
  const frameTicks = ticksPerFrame(rate, timescale);
  const offsetTicks = gop.offsetSeconds * timescale;
  const indices = rate && frameTicks !== undefined ? snapToFrames(withNext, rate) : undefined;
  if (indices && frameTicks !== undefined) {
    const ticks = indices.map((index) => index * frameTicks + offsetTicks);
    const nextTicks = gop.nextIdrMs === undefined ? undefined : ticks.pop();
    const endTicks = Math.max(...ticks) + frameTicks;
    const isContiguous = endTicks - Math.min(...ticks) === ticks.length * frameTicks;
    return runOf(gop, ticks, endTicks, { isWhole: gop.isIntact && isContiguous && nextTicks === endTicks, frameTicks });
  }
  const ticks = withNext.map((ms) => Math.round((ms * timescale) / 1000) + offsetTicks);
  const nextTicks = gop.nextIdrMs === undefined ? undefined : ticks.pop();
  const last = Math.max(...ticks);
  const meanTicks = ticks.length > 1 ? (last - Math.min(...ticks)) / (ticks.length - 1) : timescale * LONE_FRAME_SECONDS;
  const isFollowed = nextTicks !== undefined && nextTicks > last && nextTicks - last <= LONGEST_PAUSE_FRAMES * meanTicks;
  return runOf(gop, ticks, isFollowed ? nextTicks : last + Math.max(1, Math.round(meanTicks)), { isWhole: gop.isIntact && isFollowed, frameTicks: undefined });
}

function runOf(gop: RawGop, ticks: readonly number[], endTicks: number, about: Pick<TimedGop, 'isWhole' | 'frameTicks'>): TimedGop {
  const frames = gop.frames.map((frame, position) => ({ ptsTicks: ticks[position] ?? 0, isSync: frame.isIdr, data: frame.data }));
  return { ...runUntil(frames, endTicks), ...about };
}

/** Each frame lasts until the next in presentation order, the last one until `endTicks`. @param frames in decode order */
export function runUntil(frames: readonly Omit<Sample, 'durationTicks'>[], endTicks: number): SampleRun {
  const ordered = frames.map(({ ptsTicks }) => ptsTicks).sort((one, other) => one - other);
  const ends = new Map(ordered.map((tick, position) => [tick, ordered[position + 1] ?? endTicks]));
  const samples = frames.map((frame): Sample => ({ ...frame, durationTicks: (ends.get(frame.ptsTicks) ?? endTicks) - frame.ptsTicks }));
  return { startTicks: ordered[0] ?? 0, endTicks, samples };
}
