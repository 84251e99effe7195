// The control room's TLS listener: the page for anybody who finds it, pairing by code, and the API for paired browsers. It holds no state.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { OperatorError } from '../../../contract/errors.ts';
import { PAIR_PATH, pairRequestSchema, SESSION_PATH, type RemoteRole } from '../../../contract/controlRoom.ts';
import { answerPageRequest } from '../../page/pageFiles.ts';
import { RELAY_PATH } from '../../../contract/mediaRelay.ts';
import type { MediaRelay } from '../mediaRelay.ts';
import { refuseUpgrade, type Caller, type CallerSockets } from '../caller.ts';
import type { TlsPair } from './certificate.ts';
import { isFromOwnPage, offeredToken, ownHost, type LanNames } from './lanGuard.ts';

const MAX_BODY_BYTES = 1024;
const MAX_CONNECTIONS = 256;

export type LanListener = { readonly port: number; close(): Promise<void> };

export type LanSettings = {
  readonly tls: TlsPair;
  /** `0.0.0.0`, or one address. */
  readonly bind: string;
  readonly port: number;
  /** Names and addresses under which browsers may ask. */
  readonly hosts: readonly string[];
  readonly pageRoot: string | undefined;
  readonly sockets: CallerSockets;
  readonly relay: MediaRelay;
  readonly pair: (request: { readonly code: string; readonly name: string }, address: string) => Promise<{ readonly token: string; readonly role: RemoteRole }>;
  readonly find: (token: string) => { readonly id: string; readonly role: RemoteRole } | undefined;
};

/** @throws what the system says where the port cannot be opened. */
export async function listenOnLan(settings: LanSettings): Promise<LanListener> {
  const server = createServer({ key: settings.tls.key, cert: settings.tls.cert, minVersion: 'TLSv1.2' });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.bind, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const names: LanNames = { hosts: settings.hosts, port };
  server.on('error', () => undefined);
  server.on('request', (request, response) => {
    void answer(request, response, names, settings).catch(() => response.destroy());
  });
  server.on('upgrade', (request, socket, head) => {
    if (!isFromOwnPage(request, names)) {
      refuseUpgrade(socket, 403, 'Only the page of this control room may connect.');
      return;
    }
    const token = offeredToken(request);
    const session = token === undefined ? undefined : settings.find(token);
    if (session === undefined) {
      refuseUpgrade(socket, 401, 'This browser is not paired.');
      return;
    }
    const caller: Caller = { role: session.role, sessionId: session.id };
    settings.sockets.accept(request, socket, head, caller);
  });
  return {
    port,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => { server.close(() => resolve()); });
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, names: LanNames, settings: LanSettings): Promise<void> {
  const host = ownHost(request, names);
  if (host === undefined) {
    say(response, 403, { code: 'FOREIGN_HOST', message: 'This name is not one of the computer that answers.', action: 'Use an address that Fieldcast shows.' });
    return;
  }
  const [pathname = '/'] = (request.url ?? '/').split(/[?#]/);
  if (pathname === PAIR_PATH) {
    await answerPairing(request, response, names, settings);
  } else if (pathname === SESSION_PATH) {
    const token = /^Bearer ([\w-]{1,128})$/.exec(request.headers.authorization ?? '')?.[1];
    const session = token === undefined ? undefined : settings.find(token);
    say(response, session === undefined ? 401 : 200, session === undefined ? notPaired : { role: session.role });
  } else if (pathname.startsWith(`${RELAY_PATH}/`)) {
    await settings.relay.answer(request, response, undefined);
  } else if (settings.pageRoot === undefined) {
    say(response, 404, { code: 'NO_PAGE', message: 'The interface was not built.', action: 'Run `npm run build` on the computer that runs the show.' });
  } else {
    const page = await answerPageRequest(settings.pageRoot, { method: request.method ?? 'GET', pathname });
    response.writeHead(page.status, { ...Object.fromEntries(page.headers), 'cache-control': 'no-cache' }).end(Buffer.from(await page.arrayBuffer()));
  }
}

const notPaired = { code: 'NOT_PAIRED', message: 'This browser is not paired.', action: 'Enter a pairing code.' };

async function answerPairing(request: IncomingMessage, response: ServerResponse, names: LanNames, { pair }: LanSettings): Promise<void> {
  if (request.method !== 'POST' || !isFromOwnPage(request, names)) {
    say(response, 403, { code: 'FOREIGN_PAGE', message: 'Only the page of this control room may pair.', action: 'Open the address that Fieldcast shows.' });
    return;
  }
  const asked = pairRequestSchema.safeParse(await bodyOf(request));
  if (!asked.success) {
    say(response, 400, { code: 'PAIRING_REQUEST', message: 'A code and a name of at most 40 characters are needed.', action: 'Fill in both fields.' });
    return;
  }
  try {
    say(response, 200, await pair(asked.data, request.socket.remoteAddress ?? ''));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    say(response, error.code === 'PAIRING_LOCKED' ? 429 : 403, { code: error.code, message: error.message, action: error.action });
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function say(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }).end(JSON.stringify(body));
}
