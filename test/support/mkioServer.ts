// MK.IO as its public documentation and SDK describe it, in both generations: other paths, no account and no operations, 200 or 202 without a word
// of what goes on, states that change later, pages, names that are never free again.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export type MkioRequest = { readonly method: string; readonly path: string; readonly query: URLSearchParams; readonly body: Record<string, unknown> | undefined };
type Resource = { name: string; tags?: unknown; properties: Record<string, unknown> };

export const MKIO_TOKEN = 'mkio-personal-access-token-0123456789';
const PAGE = 2;
/** Looks after which a change has come about. */
const LOOKS = 3;

export type MkioServer = {
  readonly origin: string;
  readonly requests: readonly MkioRequest[];
  /** Requests that a real one would not understand. */
  readonly misunderstood: readonly string[];
  addEvents(names: readonly string[]): void;
  close(): Promise<void>;
};

export async function startMkioServer(generation: 'current' | 'legacy', name: string): Promise<MkioServer> {
  const base = generation === 'current' ? `/api/v1/projects/${name}/media/` : `/api/ams/${name}/`;
  const requests: MkioRequest[] = [];
  const misunderstood: string[] = [];
  const kept = new Map<string, Resource>([['streamingEndpoints/main', { name: 'main', properties: { hostName: 'ep-main.project.streaming.mediakind.example', resourceState: 'Created' } }]]);
  const used = new Set<string>();
  const changes = new Map<string, { looks: number; readonly state: string }>();
  const become = (path: string, meanwhile: string, state: string): void => {
    const resource = kept.get(path);
    if (resource !== undefined) resource.properties['resourceState'] = meanwhile;
    changes.set(path, { looks: LOOKS, state });
  };
  /** What `path` shows now: each look brings a change nearer. */
  const look = (path: string): Resource | undefined => {
    const change = changes.get(path);
    if (change !== undefined && (change.looks -= 1) <= 0) {
      changes.delete(path);
      if (change.state === 'Deleted') kept.delete(path);
      else kept.get(path)!.properties['resourceState'] = change.state;
      const resource = kept.get(path);
      if (change.state === 'Running' && path.startsWith('liveEvents/') && !path.includes('/liveOutputs/') && resource !== undefined) run(resource);
    }
    return kept.get(path);
  };
  const answer = (request: MkioRequest): { status: number; body?: unknown } => {
    const { method, path, query, body } = request;
    const notFound = { status: 404, body: { error: { code: 'NotFound', message: 'The resource does not exist.' } } };
    if (query.has('api-version')) misunderstood.push(`api-version at ${path}`);
    const [collection = '', one = '', child = '', grandchild] = path.split('/');
    if (!['liveEvents', 'assets', 'streamingLocators', 'streamingEndpoints'].includes(collection)) return notFound;
    const isList = one === '' || (child === 'liveOutputs' && grandchild === undefined);
    const action = method === 'POST' ? (grandchild ?? child) : '';
    const key = action === '' ? path : path.split('/').slice(0, -1).join('/');
    if (method === 'GET' && isList) return list(kept, `${path.replace(/\/$/, '')}/`, query, generation, base);
    if (method === 'GET' && path.endsWith('/state')) {
      const found = look(path.slice(0, -'/state'.length));
      return found === undefined ? notFound : { status: 200, body: { status: { state: found.properties['resourceState'] } } };
    }
    if (method === 'GET') {
      const found = look(path);
      if (found === undefined) return notFound;
      if (generation === 'legacy' || collection === 'assets' || collection === 'streamingLocators') return { status: 200, body: found };
      // The full record lags behind, and may have no state at all: `/state` is what is to be asked.
      const { resourceState: _state, ...properties } = found.properties;
      return { status: 200, body: { ...found, properties } };
    }
    if (method === 'PUT') {
      if (used.has(path)) return { status: 409, body: { error: { code: 'Conflict', message: 'The name was used before.' } } };
      if (generation === 'current' && body?.['location'] !== undefined) misunderstood.push(`location at ${path}`);
      if (generation === 'legacy' && collection === 'liveEvents' && child === '' && body?.['location'] === undefined) misunderstood.push(`no location at ${path}`);
      const properties = (body?.['properties'] ?? {}) as Record<string, unknown>;
      if (collection === 'assets' && typeof properties['container'] !== 'string') misunderstood.push(`no container at ${path}`);
      used.add(path);
      kept.set(path, { name: path.split('/').at(-1) ?? '', tags: body?.['tags'], properties: { ...properties, ...(collection === 'streamingLocators' ? { streamingLocatorId: properties['streamingLocatorId'] } : {}) } });
      if (collection === 'liveEvents') become(path, child === '' ? 'Allocating' : 'Creating', child === '' ? 'StandBy' : 'Running');
      return { status: 200, body: kept.get(path) };
    }
    const found = kept.get(key);
    if (method === 'DELETE') {
      if (found === undefined) return { status: 204 };
      become(path, 'Deleting', 'Deleted');
      return { status: 202 };
    }
    if (found === undefined) return notFound;
    if (method === 'PATCH' && generation === 'current' && collection === 'liveEvents') {
      if (body?.['tags'] !== undefined) found.tags = body['tags'];
      return { status: 200, body: found };
    }
    switch (action) {
      case 'start': become(key, 'Starting', 'Running'); return { status: 200 };
      case 'stop':
        for (const output of kept.keys()) if (output.startsWith(`${key}/liveOutputs/`)) kept.delete(output);
        become(key, 'Stopping', 'Stopped');
        return { status: 200 };
      case 'listPaths': return { status: 200, body: { streamingPaths: [], downloadPaths: [] } };
      default: return { status: 405, body: { error: { code: 'MethodNotAllowed', message: 'There is no such operation.' } } };
    }
  };
  const server = createServer((incoming, response) => {
    void (async () => {
      const url = new URL(incoming.url ?? '/', 'http://localhost');
      const text = await textOf(incoming);
      let result: { status: number; body?: unknown } = { status: 404 };
      if (incoming.headers.authorization !== `Bearer ${MKIO_TOKEN}`) result = { status: 401 };
      else if (url.pathname.startsWith(base)) {
        const request: MkioRequest = { method: incoming.method ?? 'GET', path: decodeURIComponent(url.pathname.slice(base.length)), query: url.searchParams, body: text === '' ? undefined : JSON.parse(text) as Record<string, unknown> };
        requests.push(request);
        result = answer(request);
      } else misunderstood.push(url.pathname);
      response.writeHead(result.status, result.body === undefined ? {} : { 'content-type': 'application/json' });
      response.end(result.body === undefined ? '' : JSON.stringify(result.body));
    })();
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests, misunderstood,
    addEvents: (names) => { for (const one of names) kept.set(`liveEvents/${one}`, { name: one, properties: { resourceState: 'Stopped', input: {} } }); },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => { server.close(() => resolve()); });
    },
  };
}

function run(event: Resource): void {
  const input = event.properties['input'] as Record<string, unknown>;
  const token = String(input['accessToken']);
  event.properties['input'] = { ...input, endpoints: [{ protocol: 'RTMP', url: `rtmp://in1.project.mediakind.example:1935/${token}` }, { protocol: 'RTMP', url: `rtmps://in1.project.mediakind.example:2935/${token}` }] };
  event.properties['preview'] = { endpoints: [{ protocol: 'HLS', url: 'https://preview.project.mediakind.example/p/preview.ism/manifest' }] };
}

function list(kept: ReadonlyMap<string, Resource>, prefix: string, query: URLSearchParams, generation: 'current' | 'legacy', base: string): { status: number; body: unknown } {
  const all = [...kept].filter(([key]) => key.startsWith(prefix) && !key.slice(prefix.length).includes('/')).map(([, resource]) => resource);
  const start = Number(query.get('$skiptoken') ?? 0);
  const value = all.slice(start, start + Math.min(PAGE, Number(query.get('$top') ?? PAGE)));
  const end = start + value.length;
  if (generation === 'current') return { status: 200, body: { value, supplemental: { count: value.length, operation: 'list', pagination: { start, end, records: value.length, total: all.length } } } };
  // Relative, as the SDK of that time expects it.
  return { status: 200, body: { value, ...(end < all.length ? { '@odata.nextLink': `${base}${prefix.slice(0, -1)}?$skiptoken=${end}` } : {}) } };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
