// Names and small files of an archived asset: what it is, its tracks and their headers. Written whole or not at all.
import path from 'node:path';
import { z } from 'zod';
import { frameRateSchema } from '../../../contract/ladder.ts';
import { readIfThere, writeWhole } from '../../durable/wholeFile.ts';
import type { TrackFormat, TrackIdentity } from '../packager/fragment.ts';

const trackNameSchema = z.string().regex(/^(video|audio)_\d{1,12}$/);

const assetSchema = z.object({
  version: z.literal(1),
  eventName: z.string(),
  outputName: z.string(),
  manifestName: z.string(),
  archiveWindowSeconds: z.number().positive(),
  /** UTC of media time 0, ms; null until it is known. */
  zeroUtcMs: z.number().nullable(),
  tracks: z.array(trackNameSchema),
  hasEnded: z.boolean(),
});
export type AssetDescription = z.infer<typeof assetSchema>;

const trackSchema = z.object({
  version: z.literal(1),
  name: trackNameSchema,
  kind: z.enum(['video', 'audio']),
  declaredBitrate: z.number().nonnegative(),
  timescale: z.int().positive(),
  formats: z.array(z.object({
    codec: z.string(),
    decoderConfig: z.base64(),
    init: z.base64(),
    video: z.object({ width: z.int(), height: z.int(), frameRate: frameRateSchema.nullable() }).nullable(),
    audio: z.object({ sampleRate: z.int(), channels: z.int() }).nullable(),
  })),
});

export type TrackDescription = { readonly identity: TrackIdentity; readonly formats: readonly TrackFormat[]; readonly inits: readonly Uint8Array[] };

const ASSET_FILE = 'archive.json';

/** Data and index of a track; both only grow. */
export function trackFilesOf(assetDir: string, trackName: string): { readonly data: string; readonly index: string } {
  return { data: path.join(assetDir, `${trackName}.cmf`), index: path.join(assetDir, `${trackName}.index`) };
}

/** Undefined when the folder holds no archive. @throws when it holds one that cannot be read. */
export async function readAssetDescription(assetDir: string): Promise<AssetDescription | undefined> {
  const text = await readIfThere(path.join(assetDir, ASSET_FILE));
  return text === undefined ? undefined : assetSchema.parse(JSON.parse(text));
}

export async function writeAssetDescription(assetDir: string, description: AssetDescription): Promise<void> {
  await writeWhole(path.join(assetDir, ASSET_FILE), JSON.stringify(description, undefined, 2));
}

export async function readTrackDescription(assetDir: string, trackName: string): Promise<TrackDescription | undefined> {
  const text = await readIfThere(path.join(assetDir, `${trackName}.json`));
  if (text === undefined) return undefined;
  const { name, kind, declaredBitrate, timescale, formats } = trackSchema.parse(JSON.parse(text));
  return {
    identity: { name, kind, declaredBitrate, timescale },
    formats: formats.map(({ codec, decoderConfig, video, audio }) => ({
      codec, decoderConfig: Buffer.from(decoderConfig, 'base64'),
      ...(video ? { video: { width: video.width, height: video.height, frameRate: video.frameRate ?? undefined } } : {}),
      ...(audio ? { audio } : {}),
    })),
    inits: formats.map(({ init }) => Buffer.from(init, 'base64')),
  };
}

export async function writeTrackDescription(assetDir: string, track: TrackDescription): Promise<void> {
  const formats = track.formats.map((format, formatId) => ({
    codec: format.codec,
    decoderConfig: Buffer.from(format.decoderConfig).toString('base64'),
    init: Buffer.from(track.inits[formatId] ?? []).toString('base64'),
    video: format.video ? { ...format.video, frameRate: format.video.frameRate ?? null } : null,
    audio: format.audio ?? null,
  }));
  await writeWhole(path.join(assetDir, `${track.identity.name}.json`), JSON.stringify({ version: 1, ...track.identity, formats }, undefined, 2));
  // The header on its own as well: `cat video_….init.mp4 video_….cmf` is a file that any player opens.
  const [init] = track.inits;
  if (init) await writeWhole(path.join(assetDir, `${track.identity.name}.init.mp4`), init);
}
