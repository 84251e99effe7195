// Aggregate messages (RTMP 1.0 §7.1.6): several messages in one, framed like FLV tags. Only read; we never send them.
import { messageType, type RtmpMessage } from './rtmpMessage.ts';
import { RtmpProtocolError } from './rtmpProtocolError.ts';

/** Header of a sub-message, and the back pointer behind it. */
const HEADER_BYTES = 11;
const BACK_POINTER_BYTES = 4;

/** The messages inside, with their timestamps moved so that the first has the aggregate's. Throws RtmpProtocolError (`message_truncated`). */
export function splitAggregate(aggregate: RtmpMessage): RtmpMessage[] {
  const { payload } = aggregate;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const messages: RtmpMessage[] = [];
  let firstTimestamp: number | undefined;
  let offset = 0;
  while (offset < payload.length) {
    if (payload.length - offset < HEADER_BYTES) throw truncated();
    const first = view.getUint32(offset);
    const time = view.getUint32(offset + 4);
    const timestamp = ((time >>> 8) | ((time & 0xff) << 24)) >>> 0;
    const start = offset + HEADER_BYTES;
    const end = start + (first & 0xff_ffff);
    if (end > payload.length) throw truncated();
    firstTimestamp ??= timestamp;
    const typeId = first >>> 24;
    // An aggregate in an aggregate has no meaning, and taking it apart would recurse as deep as a peer likes.
    if (typeId !== messageType.aggregate) {
      messages.push({ ...aggregate, typeId, timestampMs: (aggregate.timestampMs + timestamp - firstTimestamp) >>> 0, payload: payload.subarray(start, end) });
    }
    // The last back pointer is missing in some peers' aggregates.
    offset = end + BACK_POINTER_BYTES;
  }
  return messages;
}

function truncated(): RtmpProtocolError {
  return new RtmpProtocolError('message_truncated', 'An aggregate message ends inside one of its messages.');
}
