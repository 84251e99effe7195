// How long each step of a connection may take. Data only.

export type PublishTimeouts = {
  /** TCP, and TLS where it is used. */
  readonly connectMs: number;
  /** RTMP handshake. */
  readonly handshakeMs: number;
  /** From the request to publish to its answer. */
  readonly publishMs: number;
  /** Nothing sent or acknowledged for so long: the connection is dead. */
  readonly stallMs: number;
  /** Most time for what is queued at a stop, and again for the farewell. */
  readonly drainMs: number;
};

export const defaultPublishTimeouts: PublishTimeouts = { connectMs: 10_000, handshakeMs: 10_000, publishMs: 15_000, stallMs: 5000, drainMs: 3000 };
