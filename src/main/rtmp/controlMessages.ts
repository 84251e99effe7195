// Protocol control messages (RTMP 1.0 §5.4): four or five bytes on chunk stream 2 and message stream 0.
import { messageType, type RtmpMessage } from './rtmpMessage.ts';
import { RtmpProtocolError } from './rtmpProtocolError.ts';

/** §5.4: control messages travel here with timestamp 0. */
export const CONTROL_CHUNK_STREAM = 2;
/** §5.4.1: no message is longer, so larger chunk sizes mean the same. */
export const MAX_CHUNK_SIZE = 0xff_ffff;
/** §5.4.1: the size before any Set Chunk Size. */
export const DEFAULT_CHUNK_SIZE = 128;

/** §5.4.5: how the receiver of Set Peer Bandwidth treats the limit. */
export type PeerBandwidthLimit = 'hard' | 'soft' | 'dynamic';
const limits: readonly PeerBandwidthLimit[] = ['hard', 'soft', 'dynamic'];

/** §5.4.1. Throws RtmpProtocolError (`chunk_size`) for 0 and for a set top bit. */
export function parseSetChunkSize(payload: Uint8Array): number {
  const size = uint32(payload, 'Set Chunk Size');
  if (size === 0 || size > 0x7fff_ffff) throw new RtmpProtocolError('chunk_size', `A chunk size of ${size} bytes is not possible.`);
  return Math.min(size, MAX_CHUNK_SIZE);
}

/** §5.4.2: the chunk stream whose unfinished message is given up. */
export function parseAbort(payload: Uint8Array): number {
  return uint32(payload, 'Abort');
}

/** §5.4.3: sequence number, the bytes received so far modulo 2^32. */
export function parseAcknowledgement(payload: Uint8Array): number {
  return uint32(payload, 'Acknowledgement');
}

/** §5.4.4: after how many bytes the peer wants an acknowledgement. */
export function parseWindowAcknowledgementSize(payload: Uint8Array): number {
  return uint32(payload, 'Window Acknowledgement Size');
}

/** §5.4.5. A missing or unknown limit type reads as dynamic. */
export function parseSetPeerBandwidth(payload: Uint8Array): { readonly windowBytes: number; readonly limit: PeerBandwidthLimit } {
  return { windowBytes: uint32(payload, 'Set Peer Bandwidth'), limit: limits[payload[4] ?? 2] ?? 'dynamic' };
}

export function buildSetChunkSize(size: number): RtmpMessage {
  return control(messageType.setChunkSize, uint32Bytes(size));
}

export function buildAbort(chunkStreamId: number): RtmpMessage {
  return control(messageType.abort, uint32Bytes(chunkStreamId));
}

export function buildAcknowledgement(receivedBytes: number): RtmpMessage {
  return control(messageType.acknowledgement, uint32Bytes(receivedBytes));
}

export function buildWindowAcknowledgementSize(windowBytes: number): RtmpMessage {
  return control(messageType.windowAcknowledgementSize, uint32Bytes(windowBytes));
}

export function buildSetPeerBandwidth(windowBytes: number, limit: PeerBandwidthLimit): RtmpMessage {
  return control(messageType.setPeerBandwidth, Uint8Array.of(...uint32Bytes(windowBytes), limits.indexOf(limit)));
}

function control(typeId: number, payload: Uint8Array): RtmpMessage {
  return { chunkStreamId: CONTROL_CHUNK_STREAM, timestampMs: 0, typeId, messageStreamId: 0, payload };
}

function uint32(payload: Uint8Array, name: string): number {
  if (payload.length < 4) throw new RtmpProtocolError('message_truncated', `A ${name} message has ${payload.length} bytes.`);
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}

function uint32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0);
  return bytes;
}
