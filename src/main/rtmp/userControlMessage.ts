// User control messages (RTMP 1.0 §6.2, §7.1.7): stream begin and end, ping and its answer.
import { CONTROL_CHUNK_STREAM } from './controlMessages.ts';
import { messageType, type RtmpMessage } from './rtmpMessage.ts';
import { RtmpProtocolError } from './rtmpProtocolError.ts';

export type UserControl =
  | { readonly event: 'streamBegin' | 'streamEof' | 'streamDry' | 'streamIsRecorded'; readonly messageStreamId: number }
  | { readonly event: 'setBufferLength'; readonly messageStreamId: number; readonly bufferMs: number }
  | { readonly event: 'pingRequest' | 'pingResponse'; readonly timestamp: number }
  /** Events that the specification does not name; peers send some (31 and 32 of Flash Media Server). */
  | { readonly event: 'unknown'; readonly eventType: number };

/** §7.1.7: event types. */
const eventTypes = { streamBegin: 0, streamEof: 1, streamDry: 2, setBufferLength: 3, streamIsRecorded: 4, pingRequest: 6, pingResponse: 7 } as const;

/** Throws RtmpProtocolError (`message_truncated`). */
export function parseUserControl(payload: Uint8Array): UserControl {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload.length < 2) throw truncated(payload);
  const eventType = view.getUint16(0);
  const first = (): number => {
    if (payload.length < 6) throw truncated(payload);
    return view.getUint32(2);
  };
  switch (eventType) {
    case eventTypes.streamBegin:
      return { event: 'streamBegin', messageStreamId: first() };
    case eventTypes.streamEof:
      return { event: 'streamEof', messageStreamId: first() };
    case eventTypes.streamDry:
      return { event: 'streamDry', messageStreamId: first() };
    case eventTypes.streamIsRecorded:
      return { event: 'streamIsRecorded', messageStreamId: first() };
    case eventTypes.setBufferLength:
      if (payload.length < 10) throw truncated(payload);
      return { event: 'setBufferLength', messageStreamId: first(), bufferMs: view.getUint32(6) };
    case eventTypes.pingRequest:
      return { event: 'pingRequest', timestamp: first() };
    case eventTypes.pingResponse:
      return { event: 'pingResponse', timestamp: first() };
    default:
      return { event: 'unknown', eventType };
  }
}

export function buildUserControl(control: Exclude<UserControl, { event: 'unknown' }>): RtmpMessage {
  const payload = new Uint8Array(control.event === 'setBufferLength' ? 10 : 6);
  const view = new DataView(payload.buffer);
  view.setUint16(0, eventTypes[control.event]);
  view.setUint32(2, 'timestamp' in control ? control.timestamp : control.messageStreamId);
  if (control.event === 'setBufferLength') view.setUint32(6, control.bufferMs);
  return { chunkStreamId: CONTROL_CHUNK_STREAM, timestampMs: 0, typeId: messageType.userControl, messageStreamId: 0, payload };
}

function truncated(payload: Uint8Array): RtmpProtocolError {
  return new RtmpProtocolError('message_truncated', `A user control message has ${payload.length} bytes.`);
}
