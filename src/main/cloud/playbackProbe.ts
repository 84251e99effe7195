// Waits until a stream can really be played: every rendition and the audio have a segment that can be fetched and is media.
import { OperatorError } from '../../contract/errors.ts';
import { waitFor } from './abortableWait.ts';
import { readHlsPlaylist, type HlsAudio, type HlsVariant } from './hlsPlaylist.ts';
import { boxAt, readInit } from './isoBoxes.ts';
import { MediaDamage, MediaFetcher } from './mediaFetch.ts';
import { readWhole, SegmentMissing } from './segmentReader.ts';

export type ProbeOptions = {
  readonly ca?: string | undefined;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Not content before the stream lists so many variants: a ladder's renditions may appear one after the other. Default 1. */
  readonly minVariants?: number | undefined;
  /** Between two attempts, ms. Default 250. */
  readonly pollIntervalMs?: number | undefined;
};

export type PlayableStream = {
  /** From the first request, ms. */
  readonly elapsedMs: number;
  readonly variants: readonly HlsVariant[];
  readonly audio: readonly HlsAudio[];
};

const POLL_INTERVAL_MS = 250;
const REQUEST_TIMEOUT_MS = 5000;
const MAX_PLAYLIST_BYTES = 8 * 1024 * 1024;
const MAX_INIT_BYTES = 1024 * 1024;
const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;
const HEAD_BYTES = 4096;

/**
 * Polls an HLS URL until it plays.
 * @throws OperatorError NOT_PLAYABLE after `timeoutMs` with the last reason, CLOUD_CANCELLED, CERTIFICATE_NOT_TRUSTED at once.
 */
export async function waitUntilPlayable(hlsUrl: string, options: ProbeOptions): Promise<PlayableStream> {
  if (!URL.canParse(hlsUrl)) throw new OperatorError('NOT_PLAYABLE', `“${hlsUrl}” is no playback URL.`, 'Give the address of an HLS playlist.');
  const startedAt = performance.now();
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  const fetcher = new MediaFetcher({ ca: options.ca, signal, maxConnections: 4, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  let reason = 'it gave no answer';
  try {
    for (;;) {
      try {
        const { variants, audio } = await probe(fetcher, hlsUrl, options.minVariants ?? 1);
        return { elapsedMs: performance.now() - startedAt, variants, audio };
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof OperatorError && error.code === 'CERTIFICATE_NOT_TRUSTED') throw error;
        if (!(error instanceof OperatorError || error instanceof MediaDamage || error instanceof SegmentMissing)) throw error;
        reason = error.message;
      }
      await waitFor(options.pollIntervalMs ?? POLL_INTERVAL_MS, signal);
      signal.throwIfAborted();
    }
  } catch (error) {
    if (options.signal.aborted) throw new OperatorError('CLOUD_CANCELLED', 'Waiting for the stream to play was cancelled.', 'The stream itself is not affected.');
    if (!signal.aborted) throw error;
    throw new OperatorError(
      'NOT_PLAYABLE', `The stream at ${new URL(hlsUrl).host} did not play within ${options.timeoutMs / 1000} s: ${reason.replace(/\.$/, '')}.`,
      'Check that the ladder arrives at the service, then open the playback URL in a player.',
    );
  } finally {
    fetcher.close();
  }
}

async function probe(fetcher: MediaFetcher, url: string, minVariants: number): Promise<{ variants: readonly HlsVariant[]; audio: readonly HlsAudio[] }> {
  const playlist = await fetchPlaylist(fetcher, url);
  if (playlist.kind === 'media') throw new MediaDamage('the playlist lists no renditions');
  if (playlist.variants.length < minVariants) throw new MediaDamage(`it lists ${playlist.variants.length} of ${minVariants} renditions`);
  for (const rendition of [...playlist.variants, ...playlist.audio]) {
    const media = await fetchPlaylist(fetcher, rendition.url);
    const last = media.kind === 'media' ? media.segments.filter((segment) => !segment.declaredMissing).at(-1) : undefined;
    if (media.kind !== 'media' || last === undefined) throw new MediaDamage('a rendition has no segment yet');
    if (media.init !== undefined) readInit(await readWhole(fetcher, media.init.url, media.init.range, MAX_INIT_BYTES));
    const first = last.range?.first ?? 0;
    const head = await fetcher.get(last.url, MAX_SEGMENT_BYTES, { first, last: Math.min(first + HEAD_BYTES - 1, last.range?.last ?? Number.MAX_SAFE_INTEGER) });
    if (head.status !== 200 && head.status !== 206) throw new SegmentMissing(head.status);
    // A transport stream begins with its sync byte; everything else here is MP4.
    if (media.init !== undefined) boxAt(head.bytes, first - head.first, Number.MAX_SAFE_INTEGER);
    else if (head.bytes[0] !== 0x47) throw new MediaDamage('a segment is neither MP4 nor a transport stream');
  }
  return playlist;
}

async function fetchPlaylist(fetcher: MediaFetcher, url: string) {
  return readHlsPlaylist((await readWhole(fetcher, url, undefined, MAX_PLAYLIST_BYTES)).toString('utf8'), url);
}
