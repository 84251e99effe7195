// One audio track of a channel, carried by any number of connections: one copy of each frame, cut with the video, packaged.
import type { TrackFormat, TrackIdentity } from '../packager/fragment.ts';
import { AudioCutter, FRAME_SAMPLES, type CutRun } from '../packager/audioCutter.ts';
import { TrackPipeline, type PipelineOutcome } from '../packager/trackPipeline.ts';
import { TrackMeter } from '../telemetry/trackMeter.ts';
import type { SourceChoice } from '../packager/sourceChoice.ts';
import type { GopPlacement, SourceId } from './videoTrack.ts';

/** Cuts where no video gives any. */
const AUDIO_ONLY_SECONDS = 2;
/** Audio that nothing has cut for this long, while video is expected, is cut all the same (longest GOP of the service: 20 s). */
const VIDEO_PATIENCE_SECONDS = 22;
/** The same when no video is being received. */
const NO_VIDEO_PATIENCE_SECONDS = 4;

export class AudioTrack {
  readonly identity: TrackIdentity;
  readonly meter: TrackMeter;
  readonly pipeline: TrackPipeline;
  readonly #cutter: AudioCutter;
  readonly #placement: GopPlacement;
  #format: TrackFormat;

  constructor(track: { readonly name: string; readonly declaredBitrate: number; readonly sampleRate: number; readonly format: TrackFormat }, placement: GopPlacement, outcome: PipelineOutcome, choice: SourceChoice) {
    const { name, declaredBitrate, sampleRate, format } = track;
    this.identity = { name, kind: 'audio', declaredBitrate, timescale: sampleRate };
    this.meter = new TrackMeter(name, 'audio', declaredBitrate);
    this.pipeline = new TrackPipeline(this.identity, outcome);
    this.#cutter = new AudioCutter(sampleRate, (run) => { this.#take(run); }, choice);
    this.#placement = placement;
    this.#format = format;
  }

  get isReceiving(): boolean {
    return this.#cutter.liveSources > 0;
  }

  useFormat(format: TrackFormat): void {
    this.#format = format;
  }

  frameArrived({ source, origin }: SourceId, ms: number, offsetSeconds: number, data: Uint8Array, nowUtcMs: number): void {
    const frame = this.#cutter.frameAt(ms, offsetSeconds);
    this.meter.frame(frame, ms + offsetSeconds * 1000, data.length, nowUtcMs);
    this.#cutter.add(source, frame, data, origin);
  }

  cutAt(seconds: number, nowMs: number): void {
    this.#cutter.cutAt(seconds, nowMs);
  }

  sourceGone(source: number): void {
    this.#cutter.sourceGone(source);
  }

  /** Gives out what is ready, and cuts by itself where the video has stopped or there is none. */
  drain(nowMs: number, isVideoExpected: boolean): void {
    const newest = this.#cutter.newestSeconds;
    const patience = isVideoExpected ? VIDEO_PATIENCE_SECONDS : NO_VIDEO_PATIENCE_SECONDS;
    for (;;) {
      const last = this.#cutter.lastCutSeconds;
      const from = last ?? this.#cutter.oldestPendingSeconds;
      if (newest === undefined || from === undefined || newest - from <= patience) break;
      this.#cutter.cutAt(last === undefined ? Math.floor(from / AUDIO_ONLY_SECONDS) * AUDIO_ONLY_SECONDS : last + AUDIO_ONLY_SECONDS, nowMs);
    }
    this.#cutter.drain(nowMs);
  }

  /** Nothing more will come: gives out all that is left. */
  flush(): void {
    const oldest = this.#cutter.oldestPendingSeconds;
    if (this.#cutter.lastCutSeconds === undefined && oldest !== undefined) this.#cutter.cutAt(oldest, 0);
    this.#cutter.flush();
  }

  #take(run: CutRun): void {
    const { timescale } = this.identity;
    this.meter.packaged(run.samples.map(({ ptsTicks }) => (
      { startMs: (ptsTicks * 1000) / timescale, endMs: ((ptsTicks + FRAME_SAMPLES) * 1000) / timescale }
    )));
    const sequence = this.#placement.place(run.boundarySeconds, run.endTicks / timescale, false);
    this.pipeline.push(run, this.#format, sequence);
  }
}
