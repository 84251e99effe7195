// What a service really serves, counted as a viewer would find it: every frame of every track that the manifest promises.
// Works with any compatible service, because it uses nothing but the public playback URL.
import { OperatorError } from '../../contract/errors.ts';
import { readDashManifest } from './dashManifest.ts';
import { readHlsPlaylist } from './hlsPlaylist.ts';
import { readInit, type InitTrack } from './isoBoxes.ts';
import { MediaDamage, MediaFetcher } from './mediaFetch.ts';
import { MAX_TRACKS, type MediaPresentation, type SegmentPromise, type TrackPromise } from './mediaPresentation.ts';
import { readSegment, readWhole, SegmentMissing } from './segmentReader.ts';
import { continuityOf, type Continuity, type SegmentFinding } from './trackContinuity.ts';

export type ArchiveTrack = Continuity & {
  /** `video_2500000`: kind and declared bitrate in bit/s. */
  readonly track: string;
  readonly kind: 'video' | 'audio';
  /** Segments that the manifest lists. */
  readonly segments: number;
  /** Those of them that are missing or unusable; their frames are not counted. */
  readonly damaged: readonly { readonly atSeconds: number | undefined; readonly reason: string }[];
};

export type ArchiveReport = { readonly live: boolean; readonly tracks: readonly ArchiveTrack[] };

export type ArchiveOptions = {
  readonly ca?: string | undefined;
  readonly signal: AbortSignal;
  /** For everything together. Default 5 minutes. */
  readonly timeoutMs?: number | undefined;
  /** For one request, ms. Default 15 000. */
  readonly requestTimeoutMs?: number | undefined;
};

const TIMEOUT_MS = 300_000;
const REQUEST_TIMEOUT_MS = 15_000;
const CONCURRENCY = 4;
const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;
const MAX_INIT_BYTES = 1024 * 1024;

/**
 * Reads a DASH or HLS manifest and the header of every fragment behind it.
 * A segment that is missing or damaged is reported, not thrown.
 * @throws OperatorError ARCHIVE_UNREADABLE for a manifest or initialisation segment that cannot be used, ARCHIVE_TIMEOUT, CLOUD_CANCELLED,
 *   and what a connection that fails maps to.
 */
export async function verifyArchive(manifestUrl: string, options: ArchiveOptions): Promise<ArchiveReport> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([options.signal, deadline]);
  const fetcher = new MediaFetcher({ ca: options.ca, signal, maxConnections: CONCURRENCY, requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS });
  try {
    const presentation = await readPresentation(fetcher, manifestUrl);
    const tracks: ArchiveTrack[] = [];
    for (const promise of presentation.tracks) tracks.push(...await readTrack(fetcher, promise, signal));
    return { live: presentation.live, tracks };
  } catch (error) {
    if (options.signal.aborted) throw new OperatorError('CLOUD_CANCELLED', 'Reading the archive back was cancelled.', 'The archive itself is not affected.');
    if (signal.aborted) {
      throw new OperatorError('ARCHIVE_TIMEOUT', `Reading the archive back took longer than ${timeoutMs / 1000} s.`, 'Check the network connection; the archive itself is not affected.');
    }
    if (error instanceof MediaDamage || error instanceof SegmentMissing) {
      throw new OperatorError('ARCHIVE_UNREADABLE', `The stream at ${new URL(manifestUrl).host} could not be read: ${error.message}.`, 'Open the playback URL in a player; if it does not play there either, ask the service\'s owner.');
    }
    throw error;
  } finally {
    fetcher.close();
  }
}

/** The tracks of a manifest, DASH or HLS. @throws MediaDamage, OperatorError */
export async function readPresentation(fetcher: MediaFetcher, url: string): Promise<MediaPresentation> {
  const text = await manifestText(fetcher, url);
  if (!text.replace(/^\ufeff/, '').trimStart().startsWith('#EXTM3U')) return readDashManifest(text, url);
  const playlist = readHlsPlaylist(text, url);
  const renditions = playlist.kind === 'media'
    ? [{ url, name: '', bandwidth: 0 }]
    : [...playlist.variants.map((variant) => ({ ...variant, name: '' })), ...playlist.audio.map((audio) => ({ ...audio, bandwidth: 0 }))].slice(0, MAX_TRACKS);
  let live = false;
  const tracks: TrackPromise[] = [];
  for (const rendition of renditions) {
    const media = rendition.url === url && playlist.kind === 'media' ? playlist : readHlsPlaylist(await manifestText(fetcher, rendition.url), rendition.url);
    if (media.kind !== 'media') throw new MediaDamage('a rendition\'s playlist lists renditions again');
    if (media.init === undefined) throw new MediaDamage('the HLS segments are not fragmented MP4');
    live ||= !media.ended;
    tracks.push({ name: rendition.name, bandwidth: rendition.bandwidth, init: media.init, segments: media.segments });
  }
  return { live, tracks };
}

async function manifestText(fetcher: MediaFetcher, url: string): Promise<string> {
  if (!URL.canParse(url)) throw new OperatorError('ARCHIVE_UNREADABLE', `“${url}” is no playback URL.`, 'Give the address of a DASH or HLS manifest.');
  return (await readWhole(fetcher, url, undefined, MAX_MANIFEST_BYTES)).toString('utf8');
}

async function readTrack(fetcher: MediaFetcher, promise: TrackPromise, signal: AbortSignal): Promise<ArchiveTrack[]> {
  const tracks = readInit(await readWhole(fetcher, promise.init.url, promise.init.range, MAX_INIT_BYTES));
  const damaged: { atSeconds: number | undefined; reason: string }[] = [];
  const findings = await inParallel(promise.segments, CONCURRENCY, async (segment): Promise<SegmentFinding> => {
    signal.throwIfAborted();
    const found = await findSegment(fetcher, segment, tracks);
    if (typeof found !== 'string') return { fragments: found, newTimeline: segment.newTimeline };
    damaged.push({ atSeconds: segment.atSeconds, reason: found });
    return { fragments: undefined, newTimeline: segment.newTimeline };
  });
  damaged.sort((a, b) => (a.atSeconds ?? 0) - (b.atSeconds ?? 0));
  return tracks.map((track) => ({
    track: /(?:video|audio)_\d{4,}$/.exec(promise.name)?.[0] ?? `${track.kind}_${promise.bandwidth}`,
    kind: track.kind,
    ...continuityOf(track, findings),
    segments: promise.segments.length,
    damaged,
  }));
}

/** The fragments, or the reason why there are none. */
async function findSegment(fetcher: MediaFetcher, segment: SegmentPromise, tracks: readonly InitTrack[]) {
  if (segment.declaredMissing) return 'the manifest marks it as missing';
  try {
    return await readSegment(fetcher, segment.url, segment.range, tracks);
  } catch (error) {
    if (error instanceof MediaDamage || error instanceof SegmentMissing) return error.message;
    throw error;
  }
}

/** Maps in order of `items`, with `width` at once; the first rejection ends it. */
async function inParallel<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = Array.from<R>({ length: items.length });
  let next = 0;
  let failed = false;
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, async () => {
    while (next < items.length && !failed) {
      const index = next;
      next += 1;
      const item = items[index];
      if (item === undefined) continue;
      try {
        results[index] = await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }));
  return results;
}
