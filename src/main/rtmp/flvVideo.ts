// VIDEODATA of FLV and RTMP for AVC (Adobe Flash Video File Format 10.1, E.4.3.1): five bytes before the access unit.
import { RtmpProtocolError } from './rtmpProtocolError.ts';

/** `disposable`: no other frame refers to it. `command`: no picture (FrameType 5). */
export type FlvFrameType = 'key' | 'inter' | 'disposable' | 'generatedKey' | 'command';
/** `config`: AVCDecoderConfigurationRecord. `nalu`: one access unit, NAL units with length prefix. `end`: end of sequence. */
export type AvcPacketType = 'config' | 'nalu' | 'end' | 'command';

export type VideoPayload = {
  readonly frameType: FlvFrameType;
  readonly avcPacketType: AvcPacketType;
  /** Presentation time minus decode time (the tag's timestamp), ms, signed 24 bits. */
  readonly compositionMs: number;
  /** Shares memory with the payload. */
  readonly data: Uint8Array;
};

const CODEC_AVC = 7;
const HEADER_BYTES = 5;
const frameTypes: readonly (FlvFrameType | undefined)[] = [undefined, 'key', 'inter', 'disposable', 'generatedKey', 'command'];
const packetTypes: readonly AvcPacketType[] = ['config', 'nalu', 'end'];

/** Throws RtmpProtocolError: `codec_unsupported` for anything but AVC, `message_truncated` for too few bytes (an empty body, too). */
export function parseVideoPayload(payload: Uint8Array): VideoPayload {
  const first = payload[0];
  if (first === undefined) throw new RtmpProtocolError('message_truncated', 'A video message is empty.');
  // Enhanced RTMP sets the top bit (IsExHeader) and names the codec by a FourCC.
  if ((first & 0x80) !== 0 || (first & 0x0f) !== CODEC_AVC) {
    throw new RtmpProtocolError('codec_unsupported', 'The video is not H.264 (FLV codec 7).');
  }
  const frameType = frameTypes[first >> 4];
  if (frameType === undefined) throw new RtmpProtocolError('flv_tag', `A video message has the reserved frame type ${first >> 4}.`);
  if (frameType === 'command') return { frameType, avcPacketType: 'command', compositionMs: 0, data: payload.subarray(1) };
  const [, typeId, high, middle, low] = payload;
  if (typeId === undefined || high === undefined || middle === undefined || low === undefined) {
    throw new RtmpProtocolError('message_truncated', 'A video message ends inside its header.');
  }
  const avcPacketType = packetTypes[typeId];
  if (avcPacketType === undefined) throw new RtmpProtocolError('flv_tag', `A video message has the unknown AVC packet type ${typeId}.`);
  const compositionMs = ((high << 24) | (middle << 16) | (low << 8)) >> 8;
  return { frameType, avcPacketType, compositionMs, data: payload.subarray(HEADER_BYTES) };
}

/** The inverse of {@link parseVideoPayload}; copies `data` once. Throws RangeError for a composition time beyond 24 bits. */
export function buildVideoPayload(video: VideoPayload): Uint8Array {
  const head = buildVideoHead(video);
  const payload = new Uint8Array(head.length + video.data.length);
  payload.set(head);
  payload.set(video.data, head.length);
  return payload;
}

/** The bytes that stand before the data of {@link buildVideoPayload}. Throws RangeError for a composition time beyond 24 bits. */
export function buildVideoHead({ frameType, avcPacketType, compositionMs }: Omit<VideoPayload, 'data'>): Uint8Array {
  if (compositionMs < -0x80_0000 || compositionMs > 0x7f_ffff) throw new RangeError('A composition time has 24 bits.');
  const first = (frameTypes.indexOf(frameType) << 4) | CODEC_AVC;
  if (avcPacketType === 'command') return Uint8Array.of(first);
  return Uint8Array.of(first, packetTypes.indexOf(avcPacketType), (compositionMs >> 16) & 0xff, (compositionMs >> 8) & 0xff, compositionMs & 0xff);
}
