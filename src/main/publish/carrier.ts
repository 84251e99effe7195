// The seam between a publisher's loop, which is the same for every protocol, and the protocols: one endpoint, one connection to it, and
// what moves packets onto that. Types only.
import type { MediaPacket } from '../media/packets.ts';
import type { Backlog } from './backlog.ts';
import type { PendingCues } from './pendingCues.ts';
import type { PublishFailure } from './publishFailure.ts';
import type { VideoHeaders } from './videoHeaders.ts';

/** One address that takes the stream. */
export type Endpoint = {
  /** Without its key. */
  readonly label: string;
  /** Begins to connect. @param onProgress the connection may take more again, or has news of what arrived */
  readonly open: (onProgress: () => void) => Line;
};

export type Line = {
  readonly connection: Connection;
  /** Once, when the connection has been opened. */
  readonly carry: (stream: CarriedPackets, events: FeedEvents) => Feed;
};

/** What is to be sent, whatever connection carries it. */
export type CarriedPackets = {
  readonly backlog: Backlog;
  readonly cues: PendingCues;
  /** Parameter sets of the video by time. */
  readonly headers: VideoHeaders;
};

export interface Connection {
  /** Resolves when the server has accepted the stream; rejects with a PublishFailure. */
  readonly opened: Promise<void>;
  /** Resolves when the connection is over, with the cause; undefined after `finish` or `destroy`. */
  readonly ended: Promise<PublishFailure | undefined>;
  /** Bytes that have left this process. */
  readonly flushedBytes: number;
  /** Bytes that wait in this process and can no longer be dropped. */
  readonly bufferedBytes: number;
  /** Bytes that the server said it has. */
  readonly acknowledgedBytes: number;
  /** Kbit/s that the server has acknowledged of late; undefined with one that does not. */
  readonly arrivingKbps: number | undefined;
  /** How long what was written and is not acknowledged takes to arrive. */
  readonly sendBufferMs: number | undefined;
  readonly roundTripMs: number | undefined;
  /** Ends the stream in good order; bounded. True when the server has read all of it. */
  finish(): Promise<boolean>;
  /** Ends at once. */
  destroy(): void;
}

export type FeedEvents = {
  /** `endsAtByte`: count of bytes sent on the connection when the packet's last byte was. */
  readonly onSent: (packet: MediaPacket, endsAtByte: number) => void;
  /** The server has taken the connection's bytes up to here. */
  readonly onTaken: (byte: number) => void;
  /** `acknowledged` is false with a server that says nothing and merely keeps taking bytes. */
  readonly onMediaTaken: (acknowledged: boolean) => void;
};

export interface Feed {
  /** True once the server has taken media on this connection. */
  readonly isTaken: boolean;
  /** Resolves when the connection stands where it may give way, after {@link hold}, or where another one has to go on. */
  readonly holdPoint: Promise<'hold'>;
  /** Moves what the connection takes; what it does not take stays droppable. */
  pump(): void;
  /** Stops at the end of the GOP that is being sent, or a little later in the middle of it. */
  hold(): void;
  /** Takes {@link hold} back, unless the hold point was reached. */
  release(): void;
  /** From now on one track no longer waits for the other; resolves when nothing is left to send, or `giveUp` is called. */
  flush(): Promise<void>;
  giveUp(): void;
  /** Sends up to so many bytes that mean nothing to anybody, as long as they hold up no media. Returns how many were sent. */
  fill(bytes: number): number;
  /** The connection is over: packets that were taken and not sent go back to the backlog. */
  close(): void;
}
