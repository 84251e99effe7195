// One audio track from all connections that carry it: one copy of each AAC frame on its grid, cut where the video's GOPs begin. The frames of
// a GOP come from one instance; only where none has all of them does another one go on where the first has nothing.
import type { Sample, SampleRun } from './fragment.ts';
import { SourceChoice } from './sourceChoice.ts';

/** Samples of an AAC frame at its core rate (ISO/IEC 14496-3). */
export const FRAME_SAMPLES = 1024;
/** A frame that claims the timeline's own grid is at most this far from it: half a millisecond of rounding. */
const GRID_TOLERANCE_MS = 0.52;
/** Audio that begins before the first GOP by no more than this stays in the first fragment. */
const LEAD_IN_SECONDS = 0.5;
/** How long a missing frame may still come from another connection. */
const PATIENCE_MS = 2500;
/** How long the whole sound of another instance waits for that of the instance that is shown, while that one still sends. */
const GRACE_MS = 800;
/** Instances of which a copy of one frame is kept. */
const MAX_COPIES = 3;
/** Frames kept while nothing cuts them: about a minute. */
const MAX_PENDING_FRAMES = 3000;
/** Cuts nearer to each other than this are one (renditions that are not aligned). */
const SHORTEST_CUT_SECONDS = 0.25;

export type CutRun = SampleRun & { /** Where the GOP begins that it goes with, s. */ readonly boundarySeconds: number };

type Cut = { readonly frame: number; readonly seconds: number; readonly sinceMs: number };

export class AudioCutter {
  readonly sampleRate: number;
  readonly #emit: (run: CutRun) => void;
  readonly #choice: SourceChoice;
  /** Copies of each frame by instance. */
  readonly #pending = new Map<number, Map<string, Uint8Array>>();
  /** Newest frame of each live connection. */
  readonly #progress = new Map<number, { readonly frame: number; readonly origin: string }>();
  /** The instance of the last frame that was given out. */
  #heard: string | undefined;
  #cuts: Cut[] = [];
  #lastCut: Cut | undefined;
  /** Constant distance of the frames from the grid of the timeline, in samples; 0 for encoders that know the timeline. */
  #phase: number | undefined;
  #emittedUpTo = Number.NEGATIVE_INFINITY;
  /** The frame behind the last one that was given out; less than `#emittedUpTo` where there is a hole. */
  #filledUpTo = Number.NEGATIVE_INFINITY;
  #newestFrame = Number.NEGATIVE_INFINITY;
  /** When it was last seen that no connection carries the audio: until then nothing could come that is missing. */
  #silentAtMs = Number.NEGATIVE_INFINITY;

  /** @param choice shared by the tracks of a channel */
  constructor(sampleRate: number, emit: (run: CutRun) => void, choice = new SourceChoice()) {
    this.sampleRate = sampleRate;
    this.#choice = choice;
    this.#emit = emit;
  }

  get liveSources(): number {
    return this.#progress.size;
  }

  /** Time up to which frames have arrived, s; undefined before the first. */
  get newestSeconds(): number | undefined {
    return Number.isFinite(this.#newestFrame) ? this.#secondsOf(this.#newestFrame + 1) : undefined;
  }

  get oldestPendingSeconds(): number | undefined {
    return this.#pending.size === 0 ? undefined : this.#secondsOf(Math.min(...this.#pending.keys()));
  }

  get lastCutSeconds(): number | undefined {
    return this.#lastCut?.seconds;
  }

  /** Index on the track's grid of a frame at `ms` (plus whole seconds) of the timeline. */
  frameAt(ms: number, offsetSeconds: number): number {
    const exact = (ms * this.sampleRate) / 1000 + offsetSeconds * this.sampleRate;
    if (this.#phase === undefined) {
      const nearest = Math.round(exact / FRAME_SAMPLES);
      const deviationMs = Math.abs(exact - nearest * FRAME_SAMPLES) * (1000 / this.sampleRate);
      this.#phase = deviationMs <= GRID_TOLERANCE_MS ? 0 : Math.round(exact - Math.floor(exact / FRAME_SAMPLES) * FRAME_SAMPLES);
    }
    return Math.round((exact - this.#phase) / FRAME_SAMPLES);
  }

  /** Keeps the frame; false when its place is taken or has been packaged already. */
  add(source: number, frame: number, data: Uint8Array, origin = ''): boolean {
    this.#progress.set(source, { frame: Math.max(frame, this.#progress.get(source)?.frame ?? frame), origin });
    if (frame < this.#emittedUpTo) return false;
    const copies = this.#pending.get(frame);
    if (copies !== undefined) {
      if (!copies.has(origin) && copies.size < MAX_COPIES) copies.set(origin, data);
      return false;
    }
    this.#pending.set(frame, new Map([[origin, data]]));
    this.#newestFrame = Math.max(this.#newestFrame, frame);
    if (this.#pending.size > MAX_PENDING_FRAMES) this.#pending.delete(Math.min(...this.#pending.keys()));
    return true;
  }

  sourceGone(source: number): void {
    this.#progress.delete(source);
  }

  /** A GOP begins here: the fragment before it ends with the nearest frame. */
  cutAt(seconds: number, nowMs: number): void {
    const last = this.#lastCut;
    if (last && seconds < last.seconds + SHORTEST_CUT_SECONDS) return;
    const frame = Math.round((seconds * this.sampleRate - (this.#phase ?? 0)) / FRAME_SAMPLES);
    this.#lastCut = { frame, seconds, sinceMs: nowMs };
    this.#cuts.push(this.#lastCut);
    this.drain(nowMs);
  }

  /** Gives out fragments that are complete, or that have waited long enough. */
  drain(nowMs: number): void {
    if (this.#progress.size === 0) this.#silentAtMs = nowMs;
    for (;;) {
      const [from, to] = this.#cuts;
      if (!from || !to || !this.#isReady(from, to, nowMs)) return;
      this.#giveOut(from, to.frame);
      this.#cuts.shift();
    }
  }

  /** Gives out all frames that are left, the last ones as a fragment that nothing has cut. */
  flush(): void {
    for (;;) {
      const [from, to] = this.#cuts;
      if (!from) return;
      this.#giveOut(from, to ? to.frame : this.#newestFrame + 1);
      if (!to) return;
      this.#cuts.shift();
    }
  }

  #isReady(from: Cut, to: Cut, nowMs: number): boolean {
    if (nowMs - Math.max(to.sinceMs, this.#silentAtMs) >= PATIENCE_MS) return true;
    const live = [...this.#progress.values()];
    if (live.every(({ frame }) => frame >= to.frame) && this.#newestFrame >= to.frame) return true;
    // Behind a hole the audio begins with the first frame that starts in the GOP, which may be one after the nearest.
    const isBehindHole = this.#filledUpTo < from.frame && !this.#pending.has(from.frame);
    const first = isBehindHole ? from.frame + 1 : Math.max(from.frame, this.#emittedUpTo);
    const preferred = this.#preferred;
    const whole = this.#originsFrom(first, to.frame);
    if (whole.length === 0) return false;
    if (preferred === undefined || whole.includes(preferred) || nowMs - to.sinceMs >= GRACE_MS) return true;
    return live.every(({ origin, frame }) => origin !== preferred || frame >= to.frame);
  }

  /** The instance that the channel shows, where it sends this track; else the one that was heard last. */
  get #preferred(): string | undefined {
    const { origin } = this.#choice;
    return origin !== undefined && [...this.#progress.values()].some((one) => one.origin === origin) ? origin : this.#heard;
  }

  /** Instances that have every frame from `first` up to `end`. */
  #originsFrom(first: number, end: number): string[] {
    let origins: string[] | undefined;
    for (let frame = first; frame < end; frame += 1) {
      const copies = this.#pending.get(frame);
      origins = origins === undefined ? [...copies?.keys() ?? []] : origins.filter((origin) => copies?.has(origin));
      if (origins.length === 0) return origins;
    }
    return origins ?? [this.#heard ?? ''];
  }

  #giveOut(from: Cut, endFrame: number): void {
    const isFirst = !Number.isFinite(this.#emittedUpTo);
    const earliest = isFirst ? from.frame - Math.floor((LEAD_IN_SECONDS * this.sampleRate) / FRAME_SAMPLES) : this.#emittedUpTo;
    const frames: number[] = [];
    const taken: number[] = [];
    for (const frame of this.#pending.keys()) {
      if (frame >= endFrame) continue;
      taken.push(frame);
      if (frame >= earliest) frames.push(frame);
    }
    frames.sort((one, other) => one - other);
    const samples = this.#fromOneInstance(frames).map(({ frame, data }) => this.#sampleOf(frame, data));
    for (const frame of taken) this.#pending.delete(frame);
    const [first] = samples;
    const last = samples.at(-1);
    if (!first || !last) return;
    this.#emittedUpTo = endFrame;
    this.#filledUpTo = (frames.at(-1) ?? endFrame) + 1;
    this.#emit({ startTicks: first.ptsTicks, endTicks: last.ptsTicks + FRAME_SAMPLES, samples, boundarySeconds: from.seconds });
  }

  /** The frames as the instance has them that is shown, or that has most of them; another one only from where that one has nothing. */
  #fromOneInstance(frames: readonly number[]): { readonly frame: number; readonly data: Uint8Array }[] {
    const counts = new Map<string, number>();
    for (const frame of frames) for (const origin of this.#pending.get(frame)?.keys() ?? []) counts.set(origin, (counts.get(origin) ?? 0) + 1);
    const preferred = this.#preferred;
    const most = Math.max(0, ...counts.values());
    let origin = preferred !== undefined && counts.get(preferred) === most ? preferred : [...counts].find(([, count]) => count === most)?.[0] ?? '';
    const taken = frames.flatMap((frame) => {
      const copies = this.#pending.get(frame);
      if (copies === undefined) return [];
      if (!copies.has(origin)) origin = copies.keys().next().value ?? origin;
      const data = copies.get(origin);
      return data === undefined ? [] : [{ frame, data }];
    });
    if (taken.length > 0) this.#heard = origin;
    return taken;
  }

  #sampleOf(frame: number, data: Uint8Array): Sample {
    return { ptsTicks: frame * FRAME_SAMPLES + (this.#phase ?? 0), durationTicks: FRAME_SAMPLES, isSync: true, data };
  }

  #secondsOf(frame: number): number {
    return (frame * FRAME_SAMPLES + (this.#phase ?? 0)) / this.sampleRate;
  }
}
