// A second, plain encoder of chunks, written from RTMP 1.0 §5.3 alone, so that the reader is not tested with its own writer's opinions.
import type { RtmpMessage } from '../../src/main/rtmp/rtmpMessage.ts';

export type ChunkPlan = {
  /** Header type of the first chunk; the caller keeps the promise that what it leaves out is known. */
  readonly fmt: 0 | 1 | 2 | 3;
  /** Timestamp for type 0, delta for 1 and 2; what type 3 repeats. */
  readonly timestampField: number;
  /** False: the extended timestamp is missing in type 3 chunks, as in old Flash players. */
  readonly repeatsExtendedTimestamp: boolean;
  readonly chunkSize: number;
};

/** The chunks of one message, one element each, so that a test can interleave them. */
export function chunksOf(message: RtmpMessage, plan: ChunkPlan): Uint8Array[] {
  const { payload } = message;
  const isExtended = plan.timestampField >= 0xff_ffff;
  const pieces: Uint8Array[] = [];
  for (let from = 0; pieces.length === 0 || from < payload.length; from += plan.chunkSize) {
    const isFirst = pieces.length === 0;
    const fmt = isFirst ? plan.fmt : 3;
    const field = isExtended ? 0xff_ffff : plan.timestampField;
    const header = [...basicHeader(fmt, message.chunkStreamId)];
    if (fmt <= 2) header.push(field >>> 16, (field >>> 8) & 0xff, field & 0xff);
    if (fmt <= 1) header.push(payload.length >>> 16, (payload.length >>> 8) & 0xff, payload.length & 0xff, message.typeId);
    if (fmt === 0) header.push(...littleEndian(message.messageStreamId));
    if (isExtended && (isFirst || plan.repeatsExtendedTimestamp)) header.push(...littleEndian(plan.timestampField).reverse());
    pieces.push(Uint8Array.from([...header, ...payload.subarray(from, from + plan.chunkSize)]));
  }
  return pieces;
}

function basicHeader(fmt: number, id: number): number[] {
  if (id < 64) return [(fmt << 6) | id];
  if (id < 320) return [fmt << 6, id - 64];
  return [(fmt << 6) | 1, (id - 64) & 0xff, (id - 64) >> 8];
}

function littleEndian(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}
