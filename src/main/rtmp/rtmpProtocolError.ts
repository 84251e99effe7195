// The one error that anything in this room throws for bytes that a peer got wrong.

export type RtmpErrorCode =
  | 'handshake_version'
  | 'chunk_header'
  | 'chunk_size'
  | 'chunk_streams'
  | 'message_size'
  | 'message_truncated'
  | 'message_order'
  | 'amf_truncated'
  | 'amf_type'
  | 'amf_limits'
  | 'flv_header'
  | 'flv_tag'
  | 'codec_unsupported'
  | 'waiting_limit';

/** Bytes that break the protocol or one of our bounds. The stream they came from cannot be read further. Holds no payload and no key. */
export class RtmpProtocolError extends Error {
  readonly code: RtmpErrorCode;

  constructor(code: RtmpErrorCode, message: string) {
    super(message);
    this.name = 'RtmpProtocolError';
    this.code = code;
  }
}
