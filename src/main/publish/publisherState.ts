// What a publisher says of itself.
import type { PublishFailure } from './publishFailure.ts';

export type PublisherState =
  | { readonly state: 'idle' }
  /** `attempt` counts from 1. */
  | { readonly state: 'connecting'; readonly attempt: number }
  /** The server has accepted the stream. */
  | { readonly state: 'publishing' }
  /** `sinceMs`: `performance.now()`; `failures` in a row. */
  | { readonly state: 'waiting'; readonly retryInMs: number; readonly sinceMs: number; readonly failures: number; readonly failure: PublishFailure }
  /** Asked to give way; media is dropped, or kept for later, as the policy says. */
  | { readonly state: 'held' }
  | { readonly state: 'stopped' }
  /** Asking again makes no sense; nothing happens any more. */
  | { readonly state: 'failed'; readonly failure: PublishFailure };

export type PublisherEvent =
  | { readonly type: 'state'; readonly state: PublisherState }
  /** The first video frame of a connection has arrived; `acknowledged` is false with a server that says nothing and merely keeps taking bytes. */
  | { readonly type: 'mediaTaken'; readonly acknowledged: boolean }
  /** The disk that keeps the backlog has failed. */
  | { readonly type: 'spoolFailed'; readonly failure: PublishFailure };

/** Totals over all connections of one publisher; `isMediaTaken`, `queuedMs`, `arrivingKbps`, `sendBufferMs` and `roundTripMs` are of now. */
export type PublisherStats = {
  readonly rendition: string;
  /** The one in use or tried last, without its key. */
  readonly endpoint: string;
  /** The server has taken media on the connection that stands now. */
  readonly isMediaTaken: boolean;
  readonly sentBytes: number;
  readonly acknowledgedBytes: number;
  /** Connections that were accepted after the first one. */
  readonly reconnects: number;
  /** From the loss of an accepted connection until the next one was accepted. */
  readonly disconnectedMs: number;
  /** Video that was never sent, since the first frame that was: frames, and their media time. */
  readonly droppedFrames: number;
  readonly droppedMs: number;
  /** Video that was sent, will not be sent again, and was not acknowledged when its connection broke, frames. */
  readonly lostFrames: number;
  /** In memory, on disk, and in the socket's own buffer. */
  readonly queuedMs: number;
  /** What the server acknowledged in the last seconds. */
  readonly arrivingKbps: number | undefined;
  /** What was written and not acknowledged yet takes so long to arrive, at the rate of the last seconds. */
  readonly sendBufferMs: number | undefined;
  readonly roundTripMs: number | undefined;
  readonly sentVideoFrames: number;
  readonly sentAudioFrames: number;
  readonly lastError: { readonly code: string; readonly message: string } | undefined;
};
