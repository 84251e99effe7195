// What a source hands to the program clock: raw frames and PCM, each through a small bounded queue.
// A feed never blocks its reader; an empty queue is an answer.
import type { Lease } from '../media/framePool.ts';

/** One raw yuv420p frame of the feed's size, as the consecutive pieces in which it was read (so that it is never copied). */
export type RawFrame = {
  readonly pieces: readonly Uint8Array[];
  /** `performance.now()` of the arrival of its last byte. */
  readonly arrivedAtMs: number;
  /** Of a push source: when it was captured, the jitter of its arrival taken out (`performance.now()`, up to a constant). */
  readonly capturedAtMs?: number;
  /** Count of the frame at its source, from 0; starts again from 0 when the worker is started again. */
  readonly sourceFrame: number;
  /** Where the pieces are used again: held once for whoever takes the frame, who releases it when it is done with. */
  readonly lease?: Lease;
};

/** `pull`: the source makes frames as fast as they are taken (file, test). `push`: it makes them by its own clock (camera, screen). */
export type Pacing = 'pull' | 'push';

/** How the frames of a push feed stand in time. */
export type VideoTiming = {
  /** Mean time between two frames, ms. */
  readonly intervalMs: number;
  /** A frame is shown so long after it was captured, so that a late one is not missed, ms. */
  readonly holdMs: number;
};

/** How the samples of a push feed stand in time. */
export type AudioTiming = {
  /** When the oldest waiting sample was captured (`performance.now()`, up to a constant). */
  readonly oldestAtMs: number;
  /** A sample is heard so long after it was captured, ms. */
  readonly holdMs: number;
  /** How much faster than nominal the device's clock is, in millionths; undefined until it is known. */
  readonly driftPpm: number | undefined;
};

export interface VideoFeed {
  readonly pacing: Pacing;
  readonly width: number;
  readonly height: number;
  /** Frames waiting, oldest first. A full queue makes a pull source wait and makes a push source drop its oldest frame. */
  readonly queued: readonly RawFrame[];
  /** Removes and returns the oldest frame, or undefined when none has arrived yet. */
  take(): RawFrame | undefined;
  /** Frames that a full queue has dropped since the start. */
  readonly droppedFrames: number;
  /** Undefined for a pull feed, and for one whose frames are shown as they come. */
  readonly timing: VideoTiming | undefined;
  /** Called after each frame that has come, as long as the feed lives. Absent where nobody could be earlier than the program. */
  readonly onArrival?: (listener: () => void) => void;
}

export interface AudioFeed {
  readonly pacing: Pacing;
  /** Samples per channel waiting in the queue. */
  readonly queuedSamples: number;
  /** Removes `samples` samples per channel of interleaved stereo 48 kHz float PCM; undefined when fewer are waiting (nothing is removed then). */
  take(samples: number): Float32Array | undefined;
  /** Samples per channel that a full queue has dropped since the start. */
  readonly droppedSamples: number;
  /** Undefined for a pull feed, and until the first samples of a push feed. */
  readonly timing: AudioTiming | undefined;
}

export type SourceState =
  | { readonly state: 'starting' }
  | { readonly state: 'running' }
  | { readonly state: 'ended'; readonly reason: string }
  | { readonly state: 'failed'; readonly code: string; readonly message: string; readonly action: string };

/** A running source. Exactly one owner stops it; `stop` is bounded in time and leaves no process. */
export interface Source {
  readonly label: string;
  /** What was chosen of it and why, for the operator: the mode of a camera. */
  readonly note?: string | undefined;
  readonly video: VideoFeed | undefined;
  readonly audio: AudioFeed | undefined;
  readonly state: SourceState;
  /** Called on every change of state until the source is stopped. */
  onState(listener: (state: SourceState) => void): void;
  /** Resolves with the first frame (or the first samples of an audio-only source); rejects with an OperatorError. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}
