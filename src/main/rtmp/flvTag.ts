// FLV file header and tags (Adobe Flash Video File Format 10.1, annex E): the types and the writer.

export type FlvTagType = 'audio' | 'video' | 'script';

export type FlvTag = {
  readonly type: FlvTagType;
  /** Decode timestamp, unsigned 32 bits. */
  readonly timestampMs: number;
  /** The tag's body: VIDEODATA, AUDIODATA or AMF0 values. May share memory with the bytes that were read. */
  readonly payload: Uint8Array;
};

/** E.4.1: TagType. */
export const flvTagTypeIds: Readonly<Record<FlvTagType, number>> = { audio: 8, video: 9, script: 18 };
/** E.4.1: bytes of a tag before its body. */
export const FLV_TAG_HEADER_BYTES = 11;
/** E.2: bytes of the file header. */
export const FLV_FILE_HEADER_BYTES = 9;

/** The file header (E.2) with PreviousTagSize0 behind it (E.3). */
export function writeFlvFileHeader(hasAudio: boolean, hasVideo: boolean): Uint8Array {
  return Uint8Array.of(0x46, 0x4c, 0x56, 1, (hasAudio ? 4 : 0) | (hasVideo ? 1 : 0), 0, 0, 0, FLV_FILE_HEADER_BYTES, 0, 0, 0, 0);
}

/** One tag (E.4.1) with the PreviousTagSize behind it. Throws RangeError for a body above 24 bits of length. */
export function writeFlvTag(tag: FlvTag): Uint8Array {
  const size = tag.payload.length;
  if (size > 0xff_ffff) throw new RangeError('The body of an FLV tag is at most 16777215 bytes.');
  const bytes = new Uint8Array(FLV_TAG_HEADER_BYTES + size + 4);
  const view = new DataView(bytes.buffer);
  const timestamp = tag.timestampMs >>> 0;
  view.setUint32(0, (flvTagTypeIds[tag.type] << 24) | size);
  // Timestamp holds the lower 24 bits, TimestampExtended the upper 8.
  view.setUint32(4, ((timestamp & 0xff_ffff) << 8) | (timestamp >>> 24));
  bytes.set(tag.payload, FLV_TAG_HEADER_BYTES);
  view.setUint32(FLV_TAG_HEADER_BYTES + size, FLV_TAG_HEADER_BYTES + size);
  return bytes;
}
