// A small scripted Media Services API over real HTTP(S): honest by default, and able to misbehave on request in ways that the
// embedded service never would. For tests of the cloud room alone.
import { randomUUID } from 'node:crypto';
import { createServer as createHttp, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ArmServerState, type ArmResource } from './armServerState.ts';

export type ArmRequest = {
  readonly method: string;
  /** Path below the account, lower case, without a leading slash: `liveevents/x/start`; the account itself is ``. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  readonly url: string;
};

/** `raw` is sent as it is; `hang` accepts and never answers; `stall` sends the headers and half a body; `drop` cuts the connection. */
export type ArmAnswer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | { readonly status: number; readonly raw: string | Buffer; readonly headers?: Record<string, string> }
  | 'hang' | 'stall' | 'drop' | 'endless';

export type Script = (request: ArmRequest, server: ArmServer) => ArmAnswer | undefined;

export const armNames = { subscriptionId: '00000000-1111-2222-3333-444444444444', resourceGroup: 'rg-test', accountName: 'acct' };
export const armLocation = 'West Europe';

export class ArmServer {
  readonly requests: ArmRequest[] = [];
  readonly state = new ArmServerState();
  /** Asked first; `undefined` lets the honest service answer. */
  script: Script | undefined;
  /** How often an operation answers InProgress before it ends. */
  pollsPerOperation = 2;
  /** Where operation URLs point; the server itself by default. */
  operationBase: string | undefined;
  /** The endpoint's base URL. */
  endpoint = '';
  readonly #close: () => Promise<void>;

  private constructor(close: () => Promise<void>) {
    this.#close = close;
  }

  static async listen(tls?: { readonly key: string; readonly cert: string }): Promise<ArmServer> {
    let arm: ArmServer | undefined;
    const listener: RequestListener = (request, response) => {
      void arm?.answer(request, response);
    };
    const server = tls === undefined ? createHttp(listener) : createHttps(tls, listener);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    arm = new ArmServer(async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });
    const { port } = server.address() as AddressInfo;
    arm.endpoint = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
    return arm;
  }

  async close(): Promise<void> {
    await this.#close();
  }

  /** Requests of one method and path, for assertions on what was sent. */
  sent(method: string, path: string): ArmRequest[] {
    return this.requests.filter((request) => request.method === method && request.path === path.toLowerCase());
  }

  async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const request: ArmRequest = {
      method: incoming.method ?? 'GET',
      path: decodeURIComponent(url.pathname).toLowerCase().replace(/^.*?\/mediaservices\/[^/]+\/?/, ''),
      query: url.searchParams,
      headers: incoming.headers,
      body: text === '' ? undefined : JSON.parse(text) as unknown,
      url: incoming.url ?? '/',
    };
    this.requests.push(request);
    send(response, this.script?.(request, this) ?? this.honest(request));
  }

  /** What a correct service answers. */
  honest(request: ArmRequest): ArmAnswer {
    const [collection = '', name = '', child = '', childName = ''] = request.path.split('/');
    const { state } = this;
    if (collection === '') return { status: 200, body: { name: armNames.accountName, id: '/account', location: armLocation, properties: {} } };
    if (collection === 'liveeventoperations') return this.#operationStatus(name);
    if (collection === 'liveevents') {
      if (name === '') return { status: 200, body: { value: [...state.events.values()] } };
      if (child === 'liveoutputs') return this.#output(request, name, childName);
      return this.#event(request, name, child);
    }
    if (collection === 'streamingendpoints') return this.#streamingEndpoint(request, name, child);
    if (collection === 'assets') return simple(request, state.assets, name, 201, (body) => body);
    if (collection === 'streaminglocators') {
      if (child === 'listpaths') return { status: 200, body: { streamingPaths: state.streamingPaths, downloadPaths: [] } };
      return simple(request, state.locators, name, 201, (body) => ({ streamingLocatorId: randomUUID(), ...body }));
    }
    return notFound(request.path);
  }

  /** Answers like a long operation and applies `effect` when it has been polled often enough. */
  accept(status: number, body: unknown, effect: () => void): ArmAnswer {
    const id = randomUUID();
    this.state.operations.set(id, { pollsLeft: this.pollsPerOperation, effect });
    const { subscriptionId, resourceGroup, accountName } = armNames;
    const base = `${this.operationBase ?? this.endpoint}/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Media/mediaservices/${accountName}`;
    const headers = { 'azure-asyncoperation': `${base}/liveeventoperations/${id}?api-version=2022-08-01` };
    return body === undefined ? { status, headers } : { status, body, headers };
  }

  #operationStatus(id: string): ArmAnswer {
    const operation = this.state.operations.get(id);
    if (operation === undefined) return notFound(id);
    operation.pollsLeft -= 1;
    if (operation.pollsLeft > 0) return { status: 200, body: { name: id, status: 'InProgress', error: { code: 'None', message: null } } };
    operation.effect();
    operation.effect = () => undefined;
    return { status: 200, body: { name: id, status: 'Succeeded' } };
  }

  #event(request: ArmRequest, name: string, action: string): ArmAnswer {
    const { state } = this;
    const event = state.events.get(name);
    if (request.method === 'PUT') {
      if (event !== undefined) return { status: 409, body: { error: { code: 'Conflict', message: 'exists' } } };
      const made = state.newEvent(name, request.body as ArmResource);
      state.setState(made, 'Creating');
      return this.accept(201, made, () => state.setState(made, 'Stopped'));
    }
    if (event === undefined) return request.method === 'DELETE' ? { status: 204 } : notFound(name);
    if (request.method === 'GET') return { status: 200, body: event };
    if (request.method === 'PATCH') {
      const change = request.body as ArmResource;
      return this.accept(202, event, () => {
        if (change.tags !== undefined) event.tags = change.tags;
        Object.assign(event.properties, change.properties);
      });
    }
    if (request.method === 'DELETE') {
      state.setState(event, 'Deleting');
      return this.accept(202, undefined, () => void state.events.delete(name));
    }
    if (action === 'start') {
      if (event.properties['resourceState'] !== 'Stopped') return { status: 409, body: { error: { code: 'Conflict', message: 'not stopped' } } };
      state.setState(event, 'Starting');
      return this.accept(202, undefined, () => state.run(event));
    }
    if (action === 'stop') {
      const remove = (request.body as { removeOutputsOnStop?: boolean } | undefined)?.removeOutputsOnStop === true;
      if (!remove && [...state.outputs.keys()].some((key) => key.startsWith(`${name}/`))) {
        return { status: 400, body: { error: { code: 'BadRequest', message: 'The live event has outputs.' } } };
      }
      state.setState(event, 'Stopping');
      return this.accept(202, undefined, () => state.halt(event));
    }
    if (action === 'allocate') {
      state.setState(event, 'Allocating');
      return this.accept(202, undefined, () => state.setState(event, 'StandBy'));
    }
    if (action === 'reset') {
      state.setState(event, 'Stopping');
      return this.accept(202, undefined, () => {
        state.halt(event);
        state.run(event);
      });
    }
    return notFound(request.path);
  }

  #output(request: ArmRequest, eventName: string, name: string): ArmAnswer {
    const { outputs } = this.state;
    const key = `${eventName}/${name}`;
    const output = outputs.get(key);
    if (request.method === 'PUT') {
      const made: ArmResource = { name, properties: { ...(request.body as ArmResource).properties, resourceState: 'Creating', provisioningState: 'InProgress' } };
      outputs.set(key, made);
      return this.accept(201, made, () => Object.assign(made.properties, { resourceState: 'Running', provisioningState: 'Succeeded' }));
    }
    if (output === undefined) return request.method === 'DELETE' ? { status: 204 } : notFound(name);
    if (request.method === 'GET') return { status: 200, body: output };
    output.properties['resourceState'] = 'Deleting';
    return this.accept(202, undefined, () => void outputs.delete(key));
  }

  #streamingEndpoint(request: ArmRequest, name: string, action: string): ArmAnswer {
    const { endpoints } = this.state;
    if (name === '') return { status: 200, body: { value: [...endpoints.values()] } };
    const endpoint = endpoints.get(name);
    if (endpoint === undefined) return notFound(name);
    if (request.method === 'GET') return { status: 200, body: endpoint };
    const { properties } = endpoint;
    const isAtRest = ['Running', 'Stopped'].includes(String(properties['resourceState']));
    if (!isAtRest) return { status: 409, body: { error: { code: 'Conflict', message: 'another operation' } } };
    if (request.method === 'PATCH') {
      if (properties['resourceState'] === 'Running') return { status: 400, body: { error: { code: 'BadRequest', message: 'A CDN changes while the endpoint is stopped.' } } };
      return this.accept(202, endpoint, () => Object.assign(properties, (request.body as ArmResource).properties));
    }
    if (action === 'scale') {
      const { scaleUnit } = request.body as { scaleUnit: number };
      const was = properties['resourceState'];
      properties['resourceState'] = 'Scaling';
      return this.accept(202, undefined, () => Object.assign(properties, { scaleUnits: scaleUnit, resourceState: was }));
    }
    if (action !== 'start' && action !== 'stop') return notFound(request.path);
    properties['resourceState'] = action === 'start' ? 'Starting' : 'Stopping';
    return this.accept(202, undefined, () => Object.assign(properties, { resourceState: action === 'start' ? 'Running' : 'Stopped' }));
  }
}

function simple(
  request: ArmRequest, store: Map<string, ArmResource>, name: string, created: number, fill: (properties: Record<string, unknown>) => Record<string, unknown>,
): ArmAnswer {
  if (request.method === 'PUT') {
    const made: ArmResource = { name, properties: fill((request.body as Partial<ArmResource> | undefined)?.properties ?? {}) };
    store.set(name, made);
    return { status: created, body: made };
  }
  const found = store.get(name);
  return found === undefined ? notFound(name) : { status: 200, body: found };
}

function notFound(what: string): ArmAnswer {
  return { status: 404, body: { error: { code: 'ResourceNotFound', message: `No ${what}.` } } };
}

function send(response: ServerResponse, answer: ArmAnswer): void {
  if (answer === 'hang') return;
  if (answer === 'drop') {
    response.destroy();
    return;
  }
  if (answer === 'stall') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"name":');
    return;
  }
  if (answer === 'endless') {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = (): void => {
      while (!response.destroyed && response.write(`"${'x'.repeat(65_536)}",`));
      if (!response.destroyed) response.once('drain', more);
    };
    response.write('[');
    more();
    return;
  }
  const content = 'raw' in answer ? answer.raw : answer.body === undefined ? '' : JSON.stringify(answer.body);
  response.writeHead(answer.status, { ...(content === '' ? {} : { 'content-type': 'application/json' }), ...answer.headers });
  response.end(content);
}
