// A resource manager (ARM) of the tests: tenants, subscriptions and Media Services accounts behind tokens that it really verifies.
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ensureCertificates } from '../../src/main/service/certificates.ts';
import type { OpenIdProvider } from './openIdProvider.ts';

export type ManagedSubscription = {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly state?: string;
  /** `group/account/location`. */
  readonly accounts: readonly string[];
  /** Answered instead of the accounts. */
  readonly refusal?: { readonly status: number; readonly code: string; readonly message?: string };
};

export type AccountUpstream = {
  readonly endpoint: string; readonly token: string; readonly ca: string;
  /** Ports of ingest addresses that clients are told other ones for: those of proxies before them. */
  readonly ingestPorts?: ReadonlyMap<number, number>;
};

export class ResourceManager {
  readonly #server: Server;
  readonly #provider: OpenIdProvider;
  tenants: readonly { readonly tenantId: string; readonly displayName?: string }[] = [];
  subscriptions: readonly ManagedSubscription[] = [];
  pageSize = 2;
  /** Where `nextLink` leads, instead of this server. */
  nextLinkOrigin: string | undefined;
  /** Refused once with a claims challenge, as after a withdrawal of access. */
  challengeOnce = false;
  clockOffsetMs = 0;
  /** The service behind the accounts: what is asked below one of them goes there, with its own token, once the caller's was verified. */
  upstream: AccountUpstream | undefined;
  readonly requests: { readonly path: string; readonly tenant: unknown; readonly user: unknown }[] = [];

  private constructor(server: Server, provider: OpenIdProvider) {
    this.#server = server;
    this.#provider = provider;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#serve(request, response));
  }

  static async start(dir: string, provider: OpenIdProvider): Promise<ResourceManager> {
    const { key, cert } = await ensureCertificates(dir);
    const server = createServer({ key, cert });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return new ResourceManager(server, provider);
  }

  get origin(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  /** Links of answers lead back here, as those of a resource manager do. */
  #forward({ endpoint, token, ca, ingestPorts }: AccountUpstream, request: IncomingMessage, response: ServerResponse): void {
    const { origin } = new URL(endpoint);
    const own = (text: string): string => text.replaceAll(origin, this.origin);
    // Signed addresses of the storage are not the manager's.
    const ownLinks = (text: string): string => text.replaceAll(/(rtmps?:\/\/[^:/"]+):(\d+)/g, (_all, host: string, port: string) => `${host}:${ingestPorts?.get(Number(port)) ?? port}`).replaceAll(`"@odata.nextLink":"${origin}`, `"@odata.nextLink":"${this.origin}`);
    const asked = httpsRequest(new URL(request.url ?? '/', origin), {
      method: request.method, ca, agent: false, headers: { ...request.headers, host: new URL(origin).host, authorization: `Bearer ${token}` },
    }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece)).on('end', () => {
        const { 'content-length': _length, 'transfer-encoding': _encoding, connection: _connection, ...headers } = answer.headers;
        const kept = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? own(value) : value]));
        response.writeHead(answer.statusCode ?? 502, kept).end(ownLinks(Buffer.concat(pieces).toString('utf8')));
      });
    });
    asked.on('error', () => response.destroy());
    request.pipe(asked);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.origin);
    const answer = (status: number, body: object, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', date: new Date(Date.now() + this.clockOffsetMs).toUTCString(), ...headers }).end(JSON.stringify(body));
    };
    const refuse = (status: number, code: string, message = 'refused', headers: Record<string, string> = {}): void => answer(status, { error: { code, message } }, headers);
    const claims = this.#provider.verify(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
    this.requests.push({ path: url.pathname, tenant: claims?.['tid'], user: claims?.['preferred_username'] });
    if (claims === undefined || claims['aud'] !== this.origin) return refuse(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
    if (this.challengeOnce) {
      this.challengeOnce = false;
      const wanted = Buffer.from(JSON.stringify({ access_token: { nbf: { essential: true, value: '1' } } })).toString('base64');
      return refuse(401, 'TokenIssuedBeforeRevocationTimestamp', 'withdrawn', { 'www-authenticate': `Bearer realm="", authorization_uri="${this.#provider.origin}", error="insufficient_claims", claims="${wanted}"` });
    }
    if (!url.searchParams.has('api-version')) return refuse(400, 'MissingApiVersionParameter');
    if (this.upstream !== undefined && /\/providers\/microsoft\.media\/(mediaservices|locations)\/./i.test(url.pathname)) return this.#forward(this.upstream, request, response);
    const page = (all: readonly object[]): void => {
      const from = Number(url.searchParams.get('$skiptoken') ?? 0);
      const next = new URL(`${this.nextLinkOrigin ?? this.origin}${url.pathname}${url.search}`);
      next.searchParams.set('$skiptoken', String(from + this.pageSize));
      answer(200, { value: all.slice(from, from + this.pageSize), ...(from + this.pageSize < all.length ? { nextLink: next.href } : {}) });
    };
    if (url.pathname === '/tenants') return page(this.tenants);
    if (url.pathname === '/subscriptions') {
      return page(this.subscriptions.filter(({ tenant }) => tenant === claims['tid']).map(({ id, name, tenant, state }) => ({
        id: `/subscriptions/${id}`, subscriptionId: id, displayName: name, tenantId: tenant, state: state ?? 'Enabled',
      })));
    }
    const id = /^\/subscriptions\/([^/]+)\/providers\/Microsoft\.Media\/mediaservices$/.exec(url.pathname)?.[1];
    const found = this.subscriptions.find((one) => one.id === id);
    if (found === undefined) return refuse(404, 'SubscriptionNotFound');
    if (found.tenant !== claims['tid']) return refuse(401, 'InvalidAuthenticationTokenTenant');
    if (found.refusal !== undefined) return refuse(found.refusal.status, found.refusal.code, found.refusal.message);
    page(found.accounts.map((text) => {
      const [group = '', name = '', location = ''] = text.split('/');
      return { id: `/subscriptions/${found.id}/resourceGroups/${group}/providers/Microsoft.Media/mediaservices/${name}`, name, type: 'Microsoft.Media/mediaservices', location };
    }));
  }
}
