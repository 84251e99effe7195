// Why the ingest refuses a publisher, in the codes that encoders know from Media Services (ingest error codes of the live event documentation).

export type IngestRefusalCode =
  | 'MPE_RTMP_APPID_AUTH_FAILURE'
  | 'MPE_INGEST_ENCODER_CONNECTION_DENIED'
  | 'MPE_INGEST_RTMP_SETDATAFRAME_NOT_RECEIVED'
  | 'MPE_INGEST_CODEC_NOT_SUPPORTED'
  | 'MPE_INGEST_DESCRIPTION_INFO_NOT_RECEIVED'
  | 'MPE_INGEST_MEDIA_QUALITIES_EXCEEDED'
  | 'MPE_INGEST_RTMP_TOO_LARGE_UNPROCESSED_FLV'
  | 'MPE_RTMP_FLV_TAG_TIMESTAMP_INVALID'
  | 'MPE_RTMP_SESSION_IDLE_TIMEOUT'
  | 'MPE_CAPACITY_LIMIT_REACHED'
  | 'MPI_REST_API_CHANNEL_STOP'
  | 'MPI_SYSTEM_MAINTENANCE';

/** Ends one connection; the message goes to the encoder and to the log, so it names no token. */
export class IngestRefusal extends Error {
  readonly code: IngestRefusalCode;

  constructor(code: IngestRefusalCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'IngestRefusal';
    this.code = code;
  }
}
