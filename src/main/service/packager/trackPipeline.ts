// The way of one track from ordered sample runs to fragments: one run is packaged at a time, none is overtaken, the queue is bounded.
import { setImmediate as breathe } from 'node:timers/promises';
import { packageRun } from './cmafPackager.ts';
import type { Cue } from './cue.ts';
import { withEventMessages } from './eventMessage.ts';
import { isSameFormat, type Fragment, type SampleRun, type TrackFormat, type TrackIdentity } from './fragment.ts';

/** Publishers are asked to wait when this much is queued: a reconnected one sends its backlog as fast as it can. */
const PATIENT_BYTES = 32 * 1024 * 1024;
const PATIENT_RUNS = 8;
/** What publishers sent all the same; beyond it something is wrong, and fragments are dropped. */
const MAX_QUEUED_BYTES = 256 * 1024 * 1024;

export type PipelineOutcome = {
  /** What stands on the timeline during a run of this track, and belongs into its segment. */
  readonly cuesIn: (track: TrackIdentity, run: SampleRun) => readonly Cue[];
  readonly onFragment: (fragment: Fragment) => void; readonly onFailure: (error: unknown) => void;
};

export class TrackPipeline {
  readonly track: TrackIdentity;
  readonly #outcome: PipelineOutcome;
  #format: TrackFormat | undefined;
  #init: Uint8Array | undefined;
  #lastSequence = -1;
  #queuedRuns = 0;
  #queuedBytes = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(track: TrackIdentity, outcome: PipelineOutcome) {
    this.track = track;
    this.#outcome = outcome;
  }

  /** True when publishers should wait until it is idle. */
  get isBehind(): boolean {
    return this.#queuedRuns >= PATIENT_RUNS || this.#queuedBytes >= PATIENT_BYTES;
  }

  /** Takes the run; its fragment comes out later, after all that were taken before. */
  push(run: SampleRun, format: TrackFormat, sequence: number): void {
    const bytes = run.samples.reduce((sum, sample) => sum + sample.data.length, 0);
    if (this.#queuedBytes + bytes > MAX_QUEUED_BYTES) {
      this.#outcome.onFailure(new Error('Packaging is too far behind; a fragment was dropped.'));
      return;
    }
    this.#queuedRuns += 1;
    this.#queuedBytes += bytes;
    this.#tail = this.#tail.then(() => this.#package(run, format, sequence)).catch(this.#outcome.onFailure).finally(() => {
      this.#queuedRuns -= 1;
      this.#queuedBytes -= bytes;
    });
  }

  /** Resolves when everything that was pushed before has come out. */
  async idle(): Promise<void> {
    await this.#tail;
  }

  async #package(run: SampleRun, format: TrackFormat, wanted: number): Promise<void> {
    // All renditions close their GOP at once; each is packaged in a turn of its own.
    await breathe();
    const sequence = Math.max(wanted, this.#lastSequence + 1);
    const { init, bytes } = await packageRun(run, format, this.track.timescale, sequence);
    if (!this.#format || !this.#init || !isSameFormat(this.#format, format)) {
      this.#format = format;
      this.#init = init;
    }
    this.#lastSequence = sequence;
    this.#outcome.onFragment({
      track: this.track, format: this.#format, init: this.#init, sequence, startTicks: run.startTicks,
      durationTicks: run.endTicks - run.startTicks, frames: run.samples.length,
      bytes: withEventMessages(bytes, this.#outcome.cuesIn(this.track, run), this.track.timescale),
    });
  }
}
