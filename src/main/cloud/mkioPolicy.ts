// Lets the Media Services client speak to MK.IO: other paths, no api-version, no account resource, another form of pages, states of their own
// (media-services.md §5.2; docs.mediakind.com "Pagination and filtering", "Resource states"). One request in, one or two out.
import { createPipelineRequest, type PipelinePolicy, type PipelineRequest, type PipelineResponse, type SendRequest } from '@azure/core-rest-pipeline';
import type { MkioAddress } from './mkioAddress.ts';

const ACCOUNT = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Media\/mediaservices\/[^/]+(\/.*)?$/i;
/** Whose full record may lack the state that `/state` tells. */
const STATEFUL = /^\/(liveEvents\/[^/]+(\/liveOutputs\/[^/]+)?|streamingEndpoints\/[^/]+)$/i;
const ASSET = /^\/assets\/([^/]+)$/i;
/** What an endpoint that has never run is called there. */
const STOPPED_STATES = new Set(['Created']);

type Json = Record<string, unknown>;

/** To be the innermost policy of a client: it must see raw answers, before they are parsed. */
export function mkioPolicy(address: MkioAddress): PipelinePolicy {
  const name = encodeURIComponent(address.name);
  const base = address.generation === 'current' ? `/api/v1/projects/${name}/media` : `/api/ams/${name}`;
  return {
    name: 'mkioPolicy',
    async sendRequest(request, send) {
      // The client knows an answer by the request that it belongs to, which is its own.
      const next: SendRequest = async (changed) => ({ ...await send(changed), request });
      const url = new URL(request.url);
      const found = ACCOUNT.exec(url.pathname);
      if (found === null) return paged(await next(request), url);
      const path = (found[1] ?? '').replace(/\/+$/, '');
      url.searchParams.delete('api-version');
      if (path === '') return await accountOf(address, base, url, request, next);
      url.pathname = base + path;
      const response = await next(rewritten(request, url, path, address));
      if (request.method !== 'GET') return response;
      return STATEFUL.test(path) ? await stated(response, url, request, path, next) : paged(response, url);
    },
  };
}

/** There is no account resource: that a list can be read proves address, token and rights. */
async function accountOf({ name, location }: MkioAddress, base: string, url: URL, request: PipelineRequest, next: SendRequest): Promise<PipelineResponse> {
  url.pathname = `${base}/liveEvents`;
  url.searchParams.set('$top', '1');
  const response = await next(copyOf(request, url));
  return response.status === 200 ? { ...response, bodyAsText: JSON.stringify({ name, location: location ?? 'mkio' }) } : response;
}

function rewritten(request: PipelineRequest, url: URL, path: string, address: MkioAddress): PipelineRequest {
  const body = jsonOf(typeof request.body === 'string' ? request.body : undefined);
  if (body === undefined) return copyOf(request, url);
  // The current API has no regions of its own; the SDK insists on one.
  if (address.generation === 'current') delete body['location'];
  const asset = ASSET.exec(path)?.[1];
  if (asset !== undefined && request.method === 'PUT') {
    const properties = (body['properties'] ?? {}) as Json;
    body['properties'] = {
      ...properties, container: properties['container'] ?? `asset-${decodeURIComponent(asset).toLowerCase()}`.slice(0, 63),
      ...(address.storage === undefined ? {} : { storageAccountName: address.storage }),
    };
  }
  const changed = copyOf(request, url);
  changed.body = JSON.stringify(body);
  return changed;
}

/** The state of a resource in the words of the Media Services API. */
async function stated(response: PipelineResponse, url: URL, request: PipelineRequest, path: string, next: SendRequest): Promise<PipelineResponse> {
  const body = response.status === 200 ? jsonOf(response.bodyAsText ?? undefined) : undefined;
  if (body === undefined) return response;
  const properties = (typeof body['properties'] === 'object' && body['properties'] !== null ? body['properties'] : {}) as Json;
  let state = properties['resourceState'];
  if (typeof state !== 'string') {
    const at = new URL(url);
    at.pathname = `${url.pathname}/state`;
    const told = jsonOf((await next(copyOf(request, at))).bodyAsText ?? undefined)?.['status'];
    state = typeof told === 'object' && told !== null && 'state' in told ? told.state : undefined;
  }
  if (typeof state !== 'string') return response;
  const known = /^\/streamingEndpoints\//i.test(path) && STOPPED_STATES.has(state) ? 'Stopped' : state;
  return { ...response, bodyAsText: JSON.stringify({ ...body, properties: { ...properties, resourceState: known } }) };
}

/** A page that is not the last one names the next in the way that the client follows. */
function paged(response: PipelineResponse, url: URL): PipelineResponse {
  const body = response.status === 200 ? jsonOf(response.bodyAsText ?? undefined) : undefined;
  if (body === undefined || !Array.isArray(body['value']) || body['@odata.nextLink'] !== undefined) return response;
  const pagination = ((body['supplemental'] as Json | undefined)?.['pagination'] ?? {}) as Json;
  const { end, records, total } = pagination;
  if (typeof end !== 'number' || typeof total !== 'number' || records === 0 || end >= total) return response;
  const next = new URL(url);
  // The offset of the next page, as the page before tells it.
  next.searchParams.set('$skiptoken', String(end));
  return { ...response, bodyAsText: JSON.stringify({ ...body, '@odata.nextLink': next.href }) };
}

/** A request of its own, so that a retry begins again with what the client asked for. */
function copyOf(request: PipelineRequest, url: URL): PipelineRequest {
  return { ...createPipelineRequest({ ...request, url: url.href }), requestId: request.requestId };
}

function jsonOf(text: string | undefined): Json | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed as Json : undefined;
  } catch {
    return undefined;
  }
}
