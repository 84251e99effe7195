// One video track of a channel: frames of all its connections become one line of GOPs, and those become fragments.
import type { FrameRate } from '../../../contract/ladder.ts';
import type { TrackFormat, TrackIdentity } from '../packager/fragment.ts';
import { timescaleFor } from '../packager/frameGrid.ts';
import { GopMerger, type GopEnding } from '../packager/gopMerger.ts';
import type { SourceChoice } from '../packager/sourceChoice.ts';
import { timeGop, type RawGop, type TimedGop } from '../packager/gopTiming.ts';
import { TrackPipeline, type PipelineOutcome } from '../packager/trackPipeline.ts';
import { TrackMeter } from '../telemetry/trackMeter.ts';

export type FormattedGop = TimedGop & { readonly format: TrackFormat };

/** A publication, and the instance that it belongs to. */
export type SourceId = { readonly source: number; readonly origin: string };

export type GopPlacement = {
  /** Number of the GOP that begins at `startSeconds`; also told to the audio, which is cut there. */
  place(startSeconds: number, endSeconds: number, isWhole: boolean): number;
};

/** Half a frame at 240 fps: positions closer than this are one. */
const SAME_POSITION_SECONDS = 0.002;

export class VideoTrack {
  readonly identity: TrackIdentity;
  readonly meter: TrackMeter;
  readonly pipeline: TrackPipeline;
  readonly #merger: GopMerger<FormattedGop>;
  readonly #placement: GopPlacement;

  constructor(
    track: { readonly name: string; readonly declaredBitrate: number; readonly rate: FrameRate | undefined; readonly timescale: number | undefined },
    placement: GopPlacement, outcome: PipelineOutcome, choice: SourceChoice,
  ) {
    const { name, declaredBitrate, rate } = track;
    this.identity = { name, kind: 'video', declaredBitrate, timescale: track.timescale ?? timescaleFor(rate) };
    this.meter = new TrackMeter(name, 'video', declaredBitrate);
    this.pipeline = new TrackPipeline(this.identity, outcome);
    this.#placement = placement;
    this.#merger = new GopMerger<FormattedGop>(
      Math.round(this.identity.timescale * SAME_POSITION_SECONDS), (gop) => { this.#take(gop); }, choice,
    );
  }

  get isReceiving(): boolean {
    return this.#merger.liveSources > 0;
  }

  /** A frame at `ms` of the timeline has arrived on a connection. */
  frameArrived({ source, origin }: SourceId, ms: number, bytes: number, nowUtcMs: number): void {
    // Publishers that agree on the timeline round equally, so copies have equal milliseconds.
    this.meter.frame(ms, ms, bytes, nowUtcMs);
    this.#merger.progress(source, Math.round((ms * this.identity.timescale) / 1000), origin);
  }

  /** A connection has closed a GOP. @param rate what its metadata declared */
  gopArrived({ origin }: SourceId, gop: RawGop, format: TrackFormat, rate: FrameRate | undefined, ending: GopEnding, nowMs: number): void {
    this.#merger.offer({ ...timeGop(gop, rate, this.identity.timescale), format }, ending, nowMs, origin);
  }

  sourceGone(source: number, nowMs: number): void {
    this.#merger.sourceGone(source, nowMs);
  }

  drain(nowMs: number): void {
    this.#merger.drain(nowMs);
  }

  flush(): void {
    this.#merger.flush();
  }

  #take(gop: FormattedGop): void {
    const { timescale } = this.identity;
    const spans = [...gop.samples].sort((one, other) => one.ptsTicks - other.ptsTicks).map(({ ptsTicks, durationTicks }) => (
      // Off the grid a frame lasts until the next, so that a gap shows only between GOPs.
      { startMs: (ptsTicks * 1000) / timescale, endMs: ((ptsTicks + (gop.frameTicks ?? durationTicks)) * 1000) / timescale }
    ));
    this.meter.packaged(spans);
    const sequence = this.#placement.place(gop.startTicks / timescale, gop.endTicks / timescale, gop.isWhole);
    this.pipeline.push(gop, gop.format, sequence);
  }
}
