// The engine's API server: tRPC over WebSocket on loopback, behind the guard. Knows nothing of media.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import type { EngineReady } from '../../contract/engine.ts';
import type { Stage } from '../show/stage.ts';
import { judgeUpgrade } from './loopbackGuard.ts';
import { appRouter } from './router.ts';
import { API_SUBPROTOCOL } from './subprotocol.ts';

/** The largest message a client may send; a plan is a few kilobytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_CLIENTS = 64;

export type ApiServer = { readonly ready: EngineReady; close(): Promise<void> };

/** Listens on 127.0.0.1 (port 0 takes a free one) with a fresh random token. */
export async function startApiServer(stage: Stage, settings: { readonly port: number; readonly allowedOrigins: readonly string[] }): Promise<ApiServer> {
  const token = randomBytes(32).toString('base64url');
  const http = createServer((_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' }).end('This address speaks WebSocket only.\n');
  });
  http.requestTimeout = 10_000;
  http.headersTimeout = 5_000;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, handleProtocols: () => API_SUBPROTOCOL });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(settings.port, '127.0.0.1', resolve);
  });
  const { port } = http.address() as AddressInfo;
  http.on('upgrade', (request, socket, head) => {
    const verdict = judgeUpgrade(request, { token, allowedOrigins: settings.allowedOrigins, port });
    if (!verdict.allowed || sockets.clients.size >= MAX_CLIENTS) {
      const [status, reason] = verdict.allowed ? [503, 'Too many clients.'] : [verdict.status, verdict.reason];
      socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${reason}\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  });
  const handler = applyWSSHandler({ wss: sockets, router: appRouter, createContext: () => ({ stage }) });
  return {
    ready: { type: 'ready', address: `ws://127.0.0.1:${port}/api`, token },
    close: async () => {
      handler.broadcastReconnectNotification();
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => { http.close(() => resolve()); });
    },
  };
}
