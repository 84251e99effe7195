// The live event as the API shows it → as a show needs it. Tolerates nulls and missing parts, refuses what is no live event.
import type { LiveEvent } from '@azure/arm-mediaservices';
import { ingestEndpointsOf } from './ingestEndpoints.ts';
import type { LiveEventInfo, LiveEventState, ServiceCapabilities } from './liveService.ts';
import { withFormat } from './playbackUrls.ts';

const STATES: readonly LiveEventState[] = ['Stopped', 'Allocating', 'StandBy', 'Starting', 'Running', 'Stopping', 'Deleting'];

/** How a service's addresses are to be read. */
type IngestWays = Pick<ServiceCapabilities, 'streamKey' | 'endpoints'>;

/**
 * Undefined where the answer is no live event in a state that this API version knows; the caller knows the sentence.
 * @param playbackBase where this service's streams are fetched from, if that differs from what its answers say.
 */
export function eventInfoOf(event: LiveEvent, playbackBase: string | undefined, ways: IngestWays): LiveEventInfo | undefined {
  const state = stateOf(event.resourceState);
  if (typeof event.name !== 'string' || event.name === '' || state === undefined) return undefined;
  return {
    name: event.name,
    state,
    tags: tagsOf(event.tags),
    ingest: ingestOf(event, ways),
    previewHlsUrl: previewOf(event.preview?.endpoints, playbackBase),
    createdAt: event.created instanceof Date && !Number.isNaN(event.created.getTime()) ? event.created : undefined,
  };
}

/** Where the token is the stream's name, an address without one is of no use. */
function ingestOf({ input }: LiveEvent, { streamKey, endpoints: order }: IngestWays): LiveEventInfo['ingest'] {
  const listed = ingestEndpointsOf(input?.endpoints);
  const endpoints = order === 'one of each scheme' ? listed.map((endpoint) => ({ ...endpoint, role: 'primary' as const })) : listed;
  if (streamKey === 'in address') return endpoints;
  const { accessToken } = input ?? {};
  return typeof accessToken !== 'string' || accessToken === '' ? [] : endpoints.map((endpoint) => ({ ...endpoint, streamName: accessToken }));
}

/** `Creating` is what a PUT answers before the event exists as `Stopped`; services differ in the case of the words. */
export function stateOf(text: unknown): LiveEventState | undefined {
  if (typeof text !== 'string') return undefined;
  const lower = text.toLowerCase();
  return lower === 'creating' ? 'Stopped' : STATES.find((state) => state.toLowerCase() === lower);
}

/** True from the PUT until the event can be used. */
export function isBeingCreated(event: LiveEvent): boolean {
  return typeof event.resourceState === 'string' && event.resourceState.toLowerCase() === 'creating';
}

function tagsOf(tags: unknown): Record<string, string> {
  if (typeof tags !== 'object' || tags === null) return {};
  return Object.fromEntries(Object.entries(tags).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function previewOf(endpoints: unknown, playbackBase: string | undefined): string | undefined {
  if (!Array.isArray(endpoints)) return undefined;
  for (const endpoint of endpoints as unknown[]) {
    const url = typeof endpoint === 'object' && endpoint !== null && 'url' in endpoint ? endpoint.url : undefined;
    if (typeof url === 'string' && /^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
      const { pathname, search } = new URL(url);
      return withFormat(playbackBase === undefined ? url : `${playbackBase}${pathname}${search}`, 'm3u8-cmaf');
    }
  }
  return undefined;
}
