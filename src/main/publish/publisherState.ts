// What a publisher says of itself.
import type { PublishFailure } from './publishFailure.ts';

export type PublisherState =
  | { readonly state: 'idle' }
  /** `attempt` counts from 1. */
  | { readonly state: 'connecting'; readonly attempt: number }
  /** The server has accepted the stream. */
  | { readonly state: 'publishing' }
  | { readonly state: 'waiting'; readonly retryInMs: number; readonly failure: PublishFailure }
  | { readonly state: 'stopped' }
  /** Asking again makes no sense; nothing happens any more. */
  | { readonly state: 'failed'; readonly failure: PublishFailure };

export type PublisherEvent =
  | { readonly type: 'state'; readonly state: PublisherState }
  /** The first video frame of a connection has arrived; `acknowledged` is false with a server that says nothing and merely keeps taking bytes. */
  | { readonly type: 'mediaTaken'; readonly acknowledged: boolean };

/** Totals over all connections of one publisher; `queuedMs` and `roundTripMs` are of now. */
export type PublisherStats = {
  readonly rendition: string;
  /** Without its key. */
  readonly endpoint: string;
  readonly sentBytes: number;
  readonly acknowledgedBytes: number;
  /** Connections that were accepted after the first one. */
  readonly reconnects: number;
  /** Video that was never sent, since the first frame that was: frames, and their media time. */
  readonly droppedFrames: number;
  readonly droppedMs: number;
  readonly queuedMs: number;
  readonly roundTripMs: number | undefined;
  readonly sentVideoFrames: number;
  readonly sentAudioFrames: number;
  readonly lastError: { readonly code: string; readonly message: string } | undefined;
};
