// Command messages (RTMP 1.0 §7.1.1, §7.2): a name, a transaction, a command object, arguments.
import { readAmf0 } from './amf0Reader.ts';
import { amfMembersOf, type AmfObject, type AmfValue } from './amf0Value.ts';
import { writeAmf0 } from './amf0Writer.ts';
import { messageType, type RtmpMessage } from './rtmpMessage.ts';
import { RtmpProtocolError } from './rtmpProtocolError.ts';

export type RtmpCommand = {
  readonly name: string;
  /** 0: no answer is wanted. */
  readonly transactionId: number;
  readonly object: AmfValue;
  readonly args: readonly AmfValue[];
};

/** By custom commands travel on chunk stream 3 (§5.3.1.1 leaves it free). */
const COMMAND_CHUNK_STREAM = 3;

/** The command in a message of type 20, or of type 17 (one byte 0 before the AMF0 values, as clients with objectEncoding 3 send it). */
export function parseCommand(message: RtmpMessage): RtmpCommand {
  const bytes = message.typeId === messageType.commandAmf3 && message.payload[0] === 0 ? message.payload.subarray(1) : message.payload;
  const [name, transactionId, object, ...args] = readAmf0(bytes);
  if (typeof name !== 'string') throw new RtmpProtocolError('amf_type', 'A command message does not begin with the name of a command.');
  return { name, transactionId: typeof transactionId === 'number' ? transactionId : 0, object, args };
}

export function buildCommand(messageStreamId: number, command: RtmpCommand): RtmpMessage {
  return {
    chunkStreamId: COMMAND_CHUNK_STREAM,
    timestampMs: 0,
    typeId: messageType.commandAmf0,
    messageStreamId,
    payload: writeAmf0([command.name, command.transactionId, command.object, ...command.args]),
  };
}

/** What an information object (§7.2.2: level, code, description) says. */
export type RtmpStatus = { readonly level: string; readonly code: string; readonly description: string };

/** The status in the arguments of `onStatus`, `_result` and `_error`; empty strings where the peer left something out. */
export function statusOf(command: RtmpCommand): RtmpStatus {
  const info: AmfObject = command.args.map(amfMembersOf).find((members) => members !== undefined) ?? {};
  return { level: textOf(info['level']), code: textOf(info['code']), description: textOf(info['description']) };
}

function textOf(value: AmfValue): string {
  return typeof value === 'string' ? value : '';
}
