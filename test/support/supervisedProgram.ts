// Runs the program clock over a supervised source and keeps, for every tick, what a viewer would see and hear.
import type { ProgramFormat } from '../../src/main/capture/pictureFilter.ts';
import type { SupervisedSource } from '../../src/main/capture/supervisedSource.ts';
import { createTimeline, firstGopFrameAt, type FrameIndex, type Timeline } from '../../src/main/media/timeline.ts';
import { Program, type ProgramFeeds } from '../../src/main/program/program.ts';
import { readBurnIn } from './burnInReader.ts';

export type Tick = {
  readonly frame: number;
  /** Luma at a quarter of the width in the middle row, away from pointers and words. */
  readonly luma: number;
  /** The timeline frame that the test picture carries. */
  readonly number: number | undefined;
  /** True for the picture of the tick before. */
  readonly isRepeated: boolean;
  peak: number;
};

export type ProgramRun = { readonly ticks: readonly Tick[]; readonly program: Program };

function showTimeline(format: ProgramFormat): { timeline: Timeline; startFrame: FrameIndex } {
  const timeline = createTimeline(Math.floor(Date.now() / 1000) - 10, format.frameRate, 2);
  return { timeline, startFrame: firstGopFrameAt(timeline, Date.now()) };
}

/** Starts at once; the caller stops `program`. */
export function runProgram(sources: { video?: SupervisedSource; audio?: SupervisedSource }, format: ProgramFormat, where = showTimeline(format)): ProgramRun {
  const { width, height } = format;
  const ticks: Tick[] = [];
  let last: readonly Uint8Array[] | undefined;
  const feeds: ProgramFeeds = { video: sources.video?.video, audio: sources.audio?.audio };
  const program = new Program({
    ...where, width, height, feeds,
    onFrame: (frame, pieces) => {
      const luma = Buffer.concat(pieces, width * height);
      ticks.push({ frame, luma: luma[Math.floor(height / 2) * width + Math.floor(width / 4)] ?? -1, number: readBurnIn(luma, width, height), isRepeated: pieces === last, peak: 0 });
      last = pieces;
    },
    onAudio: (_, samples) => {
      const tick = ticks.at(-1);
      if (tick !== undefined) tick.peak = samples.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);
    },
  });
  program.start();
  return { ticks, program };
}
