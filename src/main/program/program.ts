// The program clock: one picture and its samples for every tick of the timeline, whatever sources and encoders do.
// It reads UTC once, at its start; a system clock that is set later moves nothing.
import type { AudioFeed, VideoFeed } from '../capture/feed.ts';
import type { Lease } from '../media/framePool.ts';
import { exactMsOfFrame, utcMsOfFrame, type FrameIndex, type Timeline } from '../media/timeline.ts';
import { AudioPicker, type AudioPickerStats } from './audioPicker.ts';
import { LiveDelay } from './liveDelay.ts';
import { PictureDelay } from './pictureDelay.ts';
import { systemClock, type ClockSource } from './clockSource.ts';
import type { SoundResampler } from './resample.ts';
import { sampleOfFrame } from './sampleGrid.ts';
import { VideoPicker, type VideoPickerStats } from './videoPicker.ts';

/**
 * How late a tick may get for a pull source that is behind for a moment (a file on a busy machine): the frame that comes a little
 * late is better than a repeat, because nothing of such a source is tied to the wall clock.
 */
const PULL_PATIENCE_MS = 1000;
const PULL_POLL_MS = 2;
/** After so many ticks in a row without anything from it, a pull source has ended or hangs: it is not waited for until it is back. */
const TICKS_UNTIL_DEAD = 30;
/** Ticks in one go after a stall, before sockets and pipes get their turn. */
const MAX_BURST_TICKS = 8;

export type ProgramFeeds = { readonly video: VideoFeed | undefined; readonly audio: AudioFeed | undefined };

export type ProgramOptions = {
  readonly timeline: Timeline;
  /** Of every feed and of every frame that goes out. */
  readonly width: number;
  readonly height: number;
  /** The first frame; its tick comes at its UTC time, or at once when that has passed. */
  readonly startFrame: FrameIndex;
  readonly feeds: ProgramFeeds;
  /**
   * One for each tick, indices without a hole. `pieces` are consecutive parts of one yuv420p frame and the same object when repeated;
   * whoever keeps them beyond the call holds `lease` (undefined where the pieces are never used again).
   */
  readonly onFrame: (frame: FrameIndex, pieces: readonly Uint8Array[], lease: Lease | undefined) => void;
  /** The samples between this frame and the next: 48 kHz, stereo, interleaved, without a hole; and where they were taken from. */
  readonly onAudio: (firstSample: number, samples: Float32Array, feed: AudioFeed | undefined) => void;
  readonly clock?: ClockSource;
  readonly resampler?: SoundResampler;
};

export type ProgramStats = VideoPickerStats & AudioPickerStats & {
  /** Ticks so far. */
  readonly frames: number;
  /** Ticks that came more than half a frame after their time, and the worst of them. */
  readonly lateTicks: number;
  readonly maxLateMs: number;
  /** Ticks that came a whole frame late or more, made up for in a burst. */
  readonly caughtUpTicks: number;
  /** What the delay of everything live has grown by, ms. */
  readonly liveDelayMs: number;
};

export class Program {
  /** Resolves with the first frame that is no more shown, once the end is reached or the program is stopped. */
  readonly ended: Promise<FrameIndex>;
  readonly #options: ProgramOptions;
  readonly #clock: ClockSource;
  readonly #frameMs: number;
  readonly #liveDelay = new LiveDelay();
  readonly #video: VideoPicker;
  readonly #audio: AudioPicker;
  readonly #pictureDelay = new PictureDelay();
  #pictureDelayFrames = 0;
  /** Sound that is to follow a picture that is still kept back. */
  #audioAhead: { readonly feed: AudioFeed | undefined; readonly atFrame: number } | undefined;
  #resolveEnded: (frame: FrameIndex) => void = () => {};
  #state: 'idle' | 'running' | 'ended' = 'idle';
  #nextFrame: number;
  #endFrame = Infinity;
  /** Monotonic time of the timeline's zero. */
  #zeroAtMs = 0;
  #cancelTimer: () => void = () => {};
  #ticksWithoutVideo = 0;
  #ticksWithoutAudio = 0;
  #lateTicks = 0;
  #maxLateMs = 0;
  #caughtUpTicks = 0;

  /** @throws RangeError for a feed of another size than the program's. */
  constructor(options: ProgramOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#frameMs = exactMsOfFrame(1, options.timeline.frameRate);
    this.#video = new VideoPicker(options.width, options.height, this.#frameMs, this.#liveDelay);
    this.#audio = new AudioPicker(this.#liveDelay, options.resampler);
    this.#nextFrame = options.startFrame;
    this.ended = new Promise((resolve) => { this.#resolveEnded = resolve; });
    this.setFeeds(options.feeds);
  }

  /** The frame of the next tick. */
  get nextFrame(): FrameIndex {
    return this.#nextFrame as FrameIndex;
  }

  get stats(): ProgramStats {
    return {
      ...this.#video.stats, ...this.#audio.stats,
      frames: this.#nextFrame - this.#options.startFrame,
      lateTicks: this.#lateTicks, maxLateMs: this.#maxLateMs, caughtUpTicks: this.#caughtUpTicks, liveDelayMs: this.#liveDelay.ms,
    };
  }

  /** Takes the next tick's picture and sound from other feeds; the last picture stays until the new one has come. */
  setFeeds(feeds: ProgramFeeds): void {
    this.#video.setFeed(feeds.video);
    this.#audioAhead = { feed: feeds.audio, atFrame: this.#nextFrame + (this.#state === 'running' ? this.#pictureDelayFrames : 0) };
    this.#followSound();
    this.#ticksWithoutVideo = 0;
    this.#ticksWithoutAudio = 0;
  }

  /** Every picture goes out so many ticks later, for sound that arrives later than its picture. */
  set pictureDelayFrames(frames: number) {
    this.#pictureDelayFrames = frames;
    this.#pictureDelay.frames = frames;
  }

  /** Anchors the timeline to the monotonic clock and begins to tick. @throws Error when it has been started before. */
  start(): void {
    if (this.#state !== 'idle') throw new Error('A program is started once.');
    this.#state = 'running';
    const utcMs = this.#clock.utcMs();
    this.#zeroAtMs = this.#clock.nowMs() + (utcMsOfFrame(this.#options.timeline, 0) - utcMs);
    this.#run();
  }

  /** The program ends before `frame`, or at once where that has passed. May be called again with another frame. */
  endBefore(frame: number): void {
    this.#endFrame = frame;
    if (this.#nextFrame >= frame) this.stop();
  }

  /** Ends at once; returns the first frame that was not shown. */
  stop(): FrameIndex {
    if (this.#state !== 'ended') {
      this.#state = 'ended';
      this.#cancelTimer();
      this.#resolveEnded(this.nextFrame);
    }
    return this.nextFrame;
  }

  #run(): void {
    for (let burst = 0; this.#state === 'running'; burst += 1) {
      const lateMs = this.#clock.nowMs() - this.#dueMs();
      if (lateMs < 0) return this.#wakeAfter(-lateMs);
      if (lateMs < PULL_PATIENCE_MS && this.#isWorthWaiting()) return this.#wakeAfter(PULL_POLL_MS);
      if (burst === MAX_BURST_TICKS) return this.#wakeAfter(0);
      this.#tick(lateMs);
    }
  }

  #tick(lateMs: number): void {
    if (lateMs > this.#frameMs / 2) this.#lateTicks += 1;
    if (lateMs >= this.#frameMs) this.#caughtUpTicks += 1;
    this.#maxLateMs = Math.max(this.#maxLateMs, lateMs);
    const frame = this.nextFrame;
    const firstSample = this.#sampleOf(frame);
    const tickSamples = this.#tickSamples();
    this.#ticksWithoutVideo = this.#video.isWaiting ? this.#ticksWithoutVideo + 1 : 0;
    this.#ticksWithoutAudio = this.#audio.isWaiting(tickSamples) ? this.#ticksWithoutAudio + 1 : 0;
    // The time that the tick is for, not the moment at which it came: a late tick shows what a punctual one would have.
    const dueMs = this.#dueMs();
    const { pieces, lease } = this.#pictureDelay.pass(this.#video.next(dueMs));
    this.#followSound();
    const samples = this.#audio.next(tickSamples, dueMs);
    this.#nextFrame += 1;
    this.#options.onFrame(frame, pieces, lease);
    this.#options.onAudio(firstSample, samples, this.#audio.feed);
    if (this.#nextFrame >= this.#endFrame) this.stop();
  }

  #followSound(): void {
    if (this.#audioAhead === undefined || this.#audioAhead.atFrame > this.#nextFrame) return;
    this.#audio.setFeed(this.#audioAhead.feed);
    this.#audioAhead = undefined;
  }

  #isWorthWaiting(): boolean {
    const isVideoBehind = this.#video.isWaiting && this.#ticksWithoutVideo < TICKS_UNTIL_DEAD;
    return isVideoBehind || (this.#audio.isWaiting(this.#tickSamples()) && this.#ticksWithoutAudio < TICKS_UNTIL_DEAD);
  }

  #tickSamples(): number {
    return this.#sampleOf(this.#nextFrame + 1) - this.#sampleOf(this.#nextFrame);
  }

  #sampleOf(frame: number): number {
    return sampleOfFrame(frame, this.#options.timeline.frameRate);
  }

  #dueMs(): number {
    return this.#zeroAtMs + exactMsOfFrame(this.#nextFrame, this.#options.timeline.frameRate);
  }

  #wakeAfter(ms: number): void {
    this.#cancelTimer = this.#clock.after(ms, () => this.#run());
  }
}
