// AUDIODATA of FLV and RTMP for AAC (Adobe Flash Video File Format 10.1, E.4.2.1): two bytes before the frame.
import { RtmpProtocolError } from './rtmpProtocolError.ts';

export type AudioPayload = {
  /** `config`: AudioSpecificConfig. `raw`: one AAC frame without ADTS header. */
  readonly aacPacketType: 'config' | 'raw';
  /** Shares memory with the payload. */
  readonly data: Uint8Array;
};

const FORMAT_AAC = 10;
/** E.4.2.1: for AAC SoundRate is 3, SoundSize 1 and SoundType 1 whatever the stream holds; players read AudioSpecificConfig. */
const AAC_FIRST_BYTE = 0xaf;

/** Throws RtmpProtocolError: `codec_unsupported` for anything but AAC, `message_truncated` for too few bytes (an empty body, too). */
export function parseAudioPayload(payload: Uint8Array): AudioPayload {
  const [first, typeId] = payload;
  if (first === undefined) throw new RtmpProtocolError('message_truncated', 'An audio message is empty.');
  if (first >> 4 !== FORMAT_AAC) throw new RtmpProtocolError('codec_unsupported', `The audio is not AAC (FLV sound format ${first >> 4}).`);
  if (typeId === undefined) throw new RtmpProtocolError('message_truncated', 'An audio message ends inside its header.');
  if (typeId > 1) throw new RtmpProtocolError('flv_tag', `An audio message has the unknown AAC packet type ${typeId}.`);
  return { aacPacketType: typeId === 0 ? 'config' : 'raw', data: payload.subarray(2) };
}

/** The inverse of {@link parseAudioPayload}; copies `data` once. */
export function buildAudioPayload({ aacPacketType, data }: AudioPayload): Uint8Array {
  const head = buildAudioHead(aacPacketType);
  const payload = new Uint8Array(head.length + data.length);
  payload.set(head);
  payload.set(data, head.length);
  return payload;
}

/** The bytes that stand before the data of {@link buildAudioPayload}. */
export function buildAudioHead(aacPacketType: AudioPayload['aacPacketType']): Uint8Array {
  return Uint8Array.of(AAC_FIRST_BYTE, aacPacketType === 'config' ? 0 : 1);
}
