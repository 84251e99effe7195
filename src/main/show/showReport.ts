// The report that closes a show, from what the media did, what was written down, and what could be read back. Pure.
import type { Failure, ShowReport, Timings } from '../../contract/report.ts';
import type { Undelivered } from '../../contract/undelivered.ts';
import type { ChainFigures } from './chain.ts';
import type { Comparison } from './publicStream.ts';
import type { ShowBook } from './showBook.ts';

export type ShowEnd = {
  readonly failure: Failure | undefined;
  readonly comparison: Comparison;
  readonly figures: ChainFigures | undefined;
  readonly undelivered: readonly Undelivered[];
  readonly onAirSeconds: number;
  readonly timings: Timings;
  readonly pair: ShowReport['pair'];
};

export function showReportOf(book: ShowBook, { failure, comparison, figures, undelivered, onAirSeconds, timings, pair }: ShowEnd): ShowReport {
  const { showId, created } = book.journal;
  const { verdict, received } = comparison;
  return {
    type: 'report',
    showId,
    ...(created.eventName === undefined ? {} : { eventName: created.eventName }),
    outcome: failure === undefined ? 'ended' : 'failed',
    ...(failure === undefined ? {} : { failure }),
    onAirSeconds,
    renditions: [...(figures?.renditions ?? [])],
    audio: figures?.audio ?? { frames: 0, silenceMs: 0 },
    clock: figures?.clock ?? { lateTicks: 0, maxLateMs: 0 },
    keyframesAligned: figures?.keyframesAligned ?? false,
    connections: [...(figures?.connections ?? [])],
    sideOutputs: [...(figures?.sideOutputs ?? [])],
    ...(figures?.uplink === undefined ? {} : { uplink: figures.uplink }),
    received: [...received],
    playback: book.playback,
    verified: failure === undefined && verdict.verified,
    verification: [...verdict.sentences],
    sources: [...(figures?.sources ?? [])],
    ...(figures?.encoder === undefined ? {} : { encoder: figures.encoder }),
    undelivered: [...undelivered],
    cues: book.cues,
    ...(figures?.recording === undefined ? {} : { recording: figures.recording }),
    warnings: book.warnings,
    alarms: book.alarms,
    timings,
    ...(pair === undefined ? {} : { pair }),
  };
}
