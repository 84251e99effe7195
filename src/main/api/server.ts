// The engine's API server: tRPC over WebSocket and the monitor stream on loopback, behind one guard, and the page for a browser. Knows nothing of media.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import type { EngineReady } from '../../contract/engine.ts';
import { MONITOR_PATH } from '../../contract/monitorStream.ts';
import type { Stage } from '../show/stage.ts';
import { answerPageRequest } from '../page/pageFiles.ts';
import { isOwnHost, judgeUpgrade } from './loopbackGuard.ts';
import { MAX_GRANT_BYTES, serveMonitor } from './monitorSocket.ts';
import { appRouter } from './router.ts';
import { API_SUBPROTOCOL } from './subprotocol.ts';

/** The largest message a client may send; a plan is a few kilobytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_CLIENTS = 64;

export type ApiServer = { readonly ready: EngineReady; close(): Promise<void> };

export type ApiServerSettings = {
  readonly port: number;
  readonly allowedOrigins: readonly string[];
  /** Folder of the built page, absolute: a browser on this machine gets it from here. Without it nothing but the API is served. */
  readonly pageRoot?: string;
};

/** Listens on 127.0.0.1 (port 0 takes a free one) with a fresh random token. */
export async function startApiServer(stage: Stage, settings: ApiServerSettings): Promise<ApiServer> {
  const token = randomBytes(32).toString('base64url');
  const { pageRoot } = settings;
  const http = createServer((request, response) => {
    if (pageRoot === undefined) response.writeHead(426, { 'content-type': 'text/plain' }).end('This address speaks WebSocket only.\n');
    else void answerPage(pageRoot, request, response);
  });
  http.requestTimeout = 10_000;
  http.headersTimeout = 5_000;
  const monitors = new WebSocketServer({ noServer: true, maxPayload: MAX_GRANT_BYTES, perMessageDeflate: false, handleProtocols: () => API_SUBPROTOCOL });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, handleProtocols: () => API_SUBPROTOCOL });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(settings.port, '127.0.0.1', resolve);
  });
  const { port } = http.address() as AddressInfo;
  http.on('upgrade', (request, socket, head) => {
    const own = pageRoot === undefined ? [] : [`http://127.0.0.1:${port}`];
    const verdict = judgeUpgrade(request, { token, allowedOrigins: [...settings.allowedOrigins, ...own], port });
    if (!verdict.allowed || sockets.clients.size + monitors.clients.size >= MAX_CLIENTS) {
      const [status, reason] = verdict.allowed ? [503, 'Too many clients.'] : [verdict.status, verdict.reason];
      socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${reason}\n`);
      return;
    }
    if (request.url === MONITOR_PATH) monitors.handleUpgrade(request, socket, head, (client) => serveMonitor(client, stage.monitor));
    else sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  });
  const handler = applyWSSHandler({ wss: sockets, router: appRouter, createContext: () => ({ stage }) });
  return {
    ready: {
      type: 'ready',
      address: `ws://127.0.0.1:${port}/api`,
      token,
      ...(pageRoot === undefined ? {} : { page: `http://127.0.0.1:${port}/#token=${token}` }),
    },
    close: async () => {
      handler.broadcastReconnectNotification();
      for (const client of [...sockets.clients, ...monitors.clients]) client.terminate();
      sockets.close();
      monitors.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => { http.close(() => resolve()); });
    },
  };
}

/** The page holds no secret, so it needs no token; what it may do with the engine is decided at the upgrade. */
async function answerPage(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { port } = request.socket.address() as AddressInfo;
  if (!isOwnHost(request, port)) {
    response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' }).end('This address is for this machine only.\n');
    return;
  }
  const [pathname = '/'] = (request.url ?? '/').split(/[?#]/);
  const answer = await answerPageRequest(root, { method: request.method ?? 'GET', pathname });
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
}
