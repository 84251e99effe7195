// What a publisher declares about its tracks: `onMetaData`, and the query of the stream name for encoders that send none. Pure.
import type { FrameRate } from '../../../contract/ladder.ts';
import { recogniseFrameRate } from '../../media/frameRate.ts';

export type DeclaredTracks = {
  readonly videoBitrate: number | undefined;
  readonly audioBitrate: number | undefined;
  readonly frameRate: FrameRate | undefined;
};

/** kbit/s; beyond it is no bitrate but a mistake in the unit. */
const MAX_KBPS = 1_000_000;

/** Rates from `name?videodatarate=…&audiodatarate=…`, kbit/s. */
export function tracksOfStreamName(streamName: string): DeclaredTracks {
  const question = streamName.indexOf('?');
  const query = new URLSearchParams(question < 0 ? '' : streamName.slice(question + 1));
  return {
    videoBitrate: bitrateOf(Number(query.get('videodatarate') ?? Number.NaN)),
    audioBitrate: bitrateOf(Number(query.get('audiodatarate') ?? Number.NaN)),
    frameRate: undefined,
  };
}

/** Rates and frame rate from `onMetaData`; what it leaves out or says as 0 is taken from `fallback`. */
export function tracksOfMetadata(values: { readonly [key: string]: unknown }, fallback: DeclaredTracks): DeclaredTracks {
  const framerate = values['framerate'];
  return {
    videoBitrate: bitrateOf(values['videodatarate']) ?? fallback.videoBitrate,
    audioBitrate: bitrateOf(values['audiodatarate']) ?? fallback.audioBitrate,
    frameRate: recogniseFrameRate(typeof framerate === 'number' ? framerate : undefined) ?? fallback.frameRate,
  };
}

/** `video_2500000`: how the service names a track that was declared with 2500 kbit/s. */
export function trackNameOf(kind: 'video' | 'audio', declaredBitrate: number): string {
  return `${kind}_${declaredBitrate}`;
}

/** The token of the RTMP app `live/<token>`, as the API writes it; undefined for any other app. */
export function tokenOfApp(app: string): string | undefined {
  const match = /^\/*live\/+([0-9a-f-]{1,64})\/*$/i.exec(app);
  return match?.[1]?.replaceAll('-', '').toLowerCase();
}

function bitrateOf(kbps: unknown): number | undefined {
  return typeof kbps === 'number' && kbps > 0 && kbps <= MAX_KBPS ? Math.round(kbps * 1000) : undefined;
}
