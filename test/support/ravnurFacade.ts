// Ravnur Media Services in front of an embedded service: its key exchange and tokens, its ingest addresses, its key as stream name; what lies
// behind is a real service, so that a whole show can be carried. Against documentation.
import { createHmac, randomUUID } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServiceDescriptor } from '../../src/contract/embeddedService.ts';
import { RAVNUR_KEY } from './ravnurServer.ts';
import { startRtmpRelay } from './rtmpRelay.ts';

export type RavnurFacade = {
  /** The destination, as an operator writes it. */
  readonly destination: string;
  readonly tokensGiven: number;
  readonly refused: number;
  /** Names of streams that were published, by app. */
  readonly streams: readonly string[];
  close(): Promise<void>;
};

export async function startRavnurFacade(service: ServiceDescriptor, ca: string, tokenLifeSeconds: number): Promise<RavnurFacade> {
  const secret = randomUUID();
  const keys = new Set<string>();
  const streams: string[] = [];
  let given = 0;
  let refused = 0;
  const relay = await startRtmpRelay((app, streamName) => {
    streams.push(`${app}/${streamName}`);
    return app === 'live' && keys.has(streamName) ? { port: service.ports.rtmp[0] ?? 0, app: `live/${streamName}`, streamName: 'main' } : undefined;
  });
  const sign = (body: string): string => createHmac('sha256', secret).update(body).digest('base64url');
  const isValid = (header = ''): boolean => {
    const [body = '', payload = '', signature] = /^Bearer (([\w-]+\.[\w-]+))\.([\w-]+)$/.exec(header)?.slice(1) ?? [];
    return sign(body) === signature && (JSON.parse(Buffer.from(payload.split('.')[1] ?? '', 'base64url').toString()) as { exp: number }).exp > Date.now() / 1000;
  };
  let origin = '';
  const server = createServer((incoming, response) => {
    void (async () => {
      const body = await textOf(incoming);
      if (incoming.url === '/auth/token') {
        const { subscriptionId, apiKey } = JSON.parse(body) as { subscriptionId: string; apiKey: string };
        if (subscriptionId !== service.subscriptionId || apiKey !== RAVNUR_KEY) return response.writeHead(401).end();
        given += 1;
        const unsigned = [{ alg: 'HS256' }, { jti: given, exp: Date.now() / 1000 + tokenLifeSeconds }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
        return response.writeHead(200, { 'content-type': 'text/plain' }).end(`${unsigned}.${sign(unsigned)}`);
      }
      if (!isValid(incoming.headers.authorization)) {
        refused += 1;
        return response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"code":"Unauthorized","message":"no"}}');
      }
      const token = /"accessToken":"([0-9a-f]{32})"/.exec(body)?.[1];
      if (token !== undefined) keys.add(token);
      const answer = await behind(service, ca, incoming, body);
      const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !['content-length', 'transfer-encoding', 'connection'].includes(name))
        .map(([name, value]) => [name, String(value).replaceAll(new URL(service.endpoint).origin, origin)]));
      return response.writeHead(answer.status, headers).end(keyless(answer.text, relay.port));
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    destination: `ravnur:${origin}/subscriptions/${service.subscriptionId}/resourceGroups/${service.resourceGroup}/providers/Microsoft.Media/mediaservices/${service.accountName}`,
    get tokensGiven() { return given; },
    get refused() { return refused; },
    streams,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => { server.close(() => resolve()); });
      await relay.close();
    },
  };
}

/** The ingest addresses of live events as Ravnur has them: without the key. */
function keyless(text: string, rtmpPort: number): string {
  if (!text.startsWith('{')) return text;
  const change = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(change);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([name, inner]): [string, unknown] => {
      const isIngest = name === 'input' && typeof inner === 'object' && inner !== null && 'endpoints' in inner && Array.isArray(inner.endpoints) && inner.endpoints.length > 0;
      return [name, isIngest ? { ...inner, endpoints: [{ protocol: 'RTMP', url: `rtmp://127.0.0.1:${rtmpPort}/live` }] } : change(inner)];
    });
    return Object.fromEntries(entries);
  };
  return JSON.stringify(change(JSON.parse(text)));
}

async function behind(service: ServiceDescriptor, ca: string, incoming: IncomingMessage, body: string): Promise<{ readonly status: number; readonly headers: NodeJS.Dict<string | string[]>; readonly text: string }> {
  const url = new URL(incoming.url ?? '/', service.endpoint);
  const { host: _host, connection: _connection, 'content-length': _length, 'accept-encoding': _encoding, ...headers } = incoming.headers;
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return await new Promise((resolve, reject) => {
    const call = send(url, { method: incoming.method, ca, agent: false, timeout: 10_000, headers: { ...headers, authorization: `Bearer ${service.token}`, ...(body === '' ? {} : { 'content-length': Buffer.byteLength(body) }) } }, (response) => {
      textOf(response).then((text) => resolve({ status: response.statusCode ?? 502, headers: response.headers, text }), reject);
    });
    call.on('error', reject);
    call.end(body === '' ? undefined : body);
  });
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
