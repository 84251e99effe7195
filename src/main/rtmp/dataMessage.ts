// Data messages (RTMP 1.0 §7.1.2): `@setDataFrame onMetaData` and whatever else a publisher names.
import { readAmf0 } from './amf0Reader.ts';
import type { AmfValue } from './amf0Value.ts';
import { writeAmf0 } from './amf0Writer.ts';
import { messageType, type RtmpMessage } from './rtmpMessage.ts';
import { RtmpProtocolError } from './rtmpProtocolError.ts';

export type RtmpData = {
  /** The handler's name, without the `@setDataFrame` before it. */
  readonly name: string;
  readonly values: readonly AmfValue[];
};

/** Asks a server to keep the value for players that come later; Flash Media Server's convention, demanded by live services. */
const SET_DATA_FRAME = '@setDataFrame';
/** Between the chunk streams of audio (4) and video (6), by custom. */
const DATA_CHUNK_STREAM = 5;

/** The data in a message of type 18, or of type 15 (one byte 0 before the AMF0 values). */
export function parseData(message: RtmpMessage): RtmpData {
  const bytes = message.typeId === messageType.dataAmf3 && message.payload[0] === 0 ? message.payload.subarray(1) : message.payload;
  const values = readAmf0(bytes);
  if (values[0] === SET_DATA_FRAME) values.shift();
  const name = values.shift();
  if (typeof name !== 'string') throw new RtmpProtocolError('amf_type', 'A data message does not begin with a name.');
  return { name, values };
}

/** `@setDataFrame <name> …` on a message stream. */
export function buildDataFrame(messageStreamId: number, timestampMs: number, { name, values }: RtmpData): RtmpMessage {
  return dataMessage(messageStreamId, timestampMs, [SET_DATA_FRAME, name, ...values]);
}

/** `<name> …`: said once, to those that listen now. */
export function buildData(messageStreamId: number, timestampMs: number, { name, values }: RtmpData): RtmpMessage {
  return dataMessage(messageStreamId, timestampMs, [name, ...values]);
}

function dataMessage(messageStreamId: number, timestampMs: number, values: readonly AmfValue[]): RtmpMessage {
  return { chunkStreamId: DATA_CHUNK_STREAM, timestampMs: timestampMs >>> 0, typeId: messageType.dataAmf0, messageStreamId, payload: writeAmf0(values) };
}
