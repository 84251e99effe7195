// The unit between the chunk stream and the message families (RTMP 1.0 §6.1), and the numbers that name the families.

export type RtmpMessage = {
  /** Carries the message on the connection (RTMP 1.0 §5.3.1.1); says nothing of its meaning. */
  readonly chunkStreamId: number;
  /** Unsigned 32 bits; wraps after 49.7 days. */
  readonly timestampMs: number;
  readonly typeId: number;
  readonly messageStreamId: number;
  /** Of a message that is sent: its first bytes, where they lie apart from the others, so that nothing is copied to join them. */
  readonly head?: Uint8Array;
  readonly payload: Uint8Array;
};

/** RTMP 1.0 §5.4, §6.2, §7.1. */
export const messageType = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAcknowledgementSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  dataAmf0: 18,
  commandAmf0: 20,
  aggregate: 22,
} as const;
