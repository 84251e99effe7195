// What a source is before it runs: the FFmpeg arguments, which feeds come out, and how it is paced.
import type { Pacing, RawFrame } from './feed.ts';

export type CapturePlan = {
  readonly label: string;
  /** What was chosen of the source and why, for the operator. */
  readonly note?: string;
  /** Inputs and filters; the outputs `[v]` and `[a]` are mapped to pipes by the capture worker. */
  readonly args: readonly string[];
  readonly hasVideo: boolean;
  readonly hasAudio: boolean;
  readonly pacing: Pacing;
  /** Of a push source: how long after its capture it is shown, ms. */
  readonly holdMs?: number;
  /** Time for the first whole frame (or samples) to arrive. */
  readonly readyTimeoutMs: number;
  /** Values that are shown nowhere. */
  readonly secrets: readonly string[];
  /** Added to the process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Changes a frame in place when it is taken (the test picture's numbers). */
  readonly finishFrame?: (frame: RawFrame) => void;
};
