// When each track of a preview last grew: what is known of arrivals at a service that has no telemetry. Remembers one event.
import { performance } from 'node:perf_hooks';
import { readPresentation } from './archiveVerifier.ts';
import type { ArrivedTrack } from './liveService.ts';
import { MediaFetcher } from './mediaFetch.ts';

const REQUEST_TIMEOUT_MS = 5000;

export class PreviewArrivals {
  readonly #ca: string | undefined;
  readonly #grown = new Map<string, { readonly lastUrl: string; readonly atMs: number }>();

  constructor(ca: string | undefined) {
    this.#ca = ca;
  }

  /** Empty while the preview cannot be read. Ages count from the look at which a track was found grown, so they are at most one look too short. */
  async read(hlsUrl: string, signal: AbortSignal): Promise<readonly ArrivedTrack[]> {
    const fetcher = new MediaFetcher({ ca: this.#ca, signal, maxConnections: 1, requestTimeoutMs: REQUEST_TIMEOUT_MS });
    try {
      const { tracks } = await readPresentation(fetcher, hlsUrl.replace('(format=m3u8-cmaf)', '(format=mpd-time-cmaf)'));
      const nowMs = performance.now();
      return tracks.map(({ name, bandwidth, segments }) => {
        const kind = /audio/i.test(name) ? 'audio' : 'video';
        const named = /_(\d{4,9})$/.exec(name)?.[1];
        const key = `${name} ${bandwidth}`;
        const lastUrl = segments.at(-1)?.url ?? '';
        if (this.#grown.get(key)?.lastUrl !== lastUrl) this.#grown.set(key, { lastUrl, atMs: nowMs });
        const grownAtMs = this.#grown.get(key)?.atMs ?? nowMs;
        return { track: name, kind, declaredKbps: Math.round((named === undefined ? bandwidth : Number(named)) / 1000), incomingKbps: undefined, ageSeconds: (nowMs - grownAtMs) / 1000, gaps: undefined };
      });
    } catch {
      return [];
    } finally {
      fetcher.close();
    }
  }
}
