// What an operator asks of the uploader, and what it tells about each upload.
import { z } from 'zod';
import { failureSchema, type Failure } from './report.ts';

/** Files go to an account; a plain RTMP server takes none. */
export const uploadDestinationSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('embedded'), home: z.string().min(1).max(4096).optional() }),
  z.object({ kind: z.literal('arm'), address: z.string().max(2048) }),
]);
export type UploadDestination = z.infer<typeof uploadDestinationSchema>;

/**
 * `copy` cuts H.264 and AAC for streaming without encoding; `contentAware` uses as little bitrate as the content needs. These and
 * `adaptive` are the service's work after the upload; `local` encodes on this computer before it.
 */
export const uploadEncodingSchema = z.enum(['none', 'copy', 'adaptive', 'contentAware', 'local']);
export type UploadEncoding = z.infer<typeof uploadEncodingSchema>;

/** How the public stream is encrypted: not at all, or with AES-128 whose key everyone gets (`open`) or only the bearer of a token. */
export const protectionSchema = z.enum(['none', 'open', 'token']);
export type Protection = z.infer<typeof protectionSchema>;

const assetPlaybackSchema = z.object({ /** Missing where it is encrypted for PlayReady and Widevine alone. */ hls: z.string().optional(), /** Missing where it is encrypted with AES-128 or for FairPlay alone. */ dash: z.string().optional() });
export type AssetPlayback = z.infer<typeof assetPlaybackSchema>;

/** Of a protection that was made in the account. */
export const protectionNameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/, 'a name has up to 128 letters, digits, hyphens and underscores');

/** A published stream, and the name that its addresses have for its manifest. */
export const replacedStreamSchema = z.object({ assetName: z.string().min(1).max(260), manifestName: z.string().min(1).max(128) });

export const uploadRequestSchema = z.object({
  /** Files and folders, absolute; each becomes an asset of its own. */
  paths: z.array(z.string().min(1).max(4096)).min(1).max(256),
  destination: uploadDestinationSchema,
  /** What is made of the file: nothing, its streams as they are, or a set of renditions. */
  encode: uploadEncodingSchema.default('none'),
  /** Make it public at the end. */
  publish: z.boolean(),
  protection: protectionSchema.default('none'),
  /** A protection that was made before; it goes before `protection`. */
  policy: protectionNameSchema.optional(),
  /** What is encoded takes over the addresses of this stream. One path, encoded; it is published in any case. */
  replaces: replacedStreamSchema.optional(),
});
export type UploadRequest = z.input<typeof uploadRequestSchema>;

/** kbit/s that uploads may use together; null for all there is. Below 64 a block would outlast its connection. */
export const uploadLimitSchema = z.number().min(64).max(100_000_000).nullable();

export type UploadLimit = {
  readonly kbps: number | null;
  /** A show has the line: what goes over it waits. */
  readonly isHeld: boolean;
};

/** A file that a browser hands over as bytes; by these the engine knows it again. */
export const droppedFileSchema = z.object({ name: z.string().min(1).max(255), sizeBytes: z.int().min(0), modifiedMs: z.number() });
export type DroppedFile = z.infer<typeof droppedFileSchema>;
/** `path` is what an upload is asked for with once all bytes are there. */
export type ReceivedFile = { readonly id: string; readonly path: string; readonly receivedBytes: number };

export const uploadStateSchema = z.enum(['queued', 'uploading', 'encoding', 'publishing', 'paused', 'interrupted', 'done', 'failed', 'cancelled']);
export type UploadState = z.infer<typeof uploadStateSchema>;

export const uploadResultSchema = z.object({
  files: z.array(z.object({ blobName: z.string(), sizeBytes: z.number(), sha256: z.string() })),
  playback: assetPlaybackSchema.optional(),
});
export type UploadResult = z.infer<typeof uploadResultSchema>;
export const uploadFailureSchema = failureSchema;

/** One upload as it is now. */
export type UploadStatus = {
  readonly type: 'upload';
  readonly id: string;
  readonly path: string;
  readonly assetName: string;
  readonly destination: UploadDestination['kind'];
  readonly state: UploadState;
  /** What is happening, for a person. */
  readonly sentence: string;
  readonly fileCount: number;
  readonly sizeBytes: number;
  /** Arrived at the destination, or on the way there. */
  readonly doneBytes: number;
  /** Mean of the last seconds; 0 while nothing moves. */
  readonly bitsPerSecond: number;
  readonly secondsLeft?: number;
  /** Of the encoding, 0 to 100. */
  readonly encodedPercent?: number;
  readonly failure?: Failure;
  readonly result?: UploadResult;
  /** The asset whose addresses it takes over. */
  readonly replaces?: string;
};
