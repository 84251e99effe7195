// The WebSockets of the API and of the monitor stream, whichever listener they come through. Each one has a caller with a role; who may
// come at all was decided before.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { MONITOR_PATH } from '../../contract/monitorStream.ts';
import type { Stage } from '../show/stage.ts';
import { refuseUpgrade, type Caller, type CallerSockets } from './caller.ts';
import type { ControlRoom } from './controlRoom/controlRoom.ts';
import type { MediaRelay } from './mediaRelay.ts';
import type { OwnFiles } from './ownFiles.ts';
import { MAX_GRANT_BYTES, serveMonitor } from './monitorSocket.ts';
import { appRouter } from './router.ts';
import { API_SUBPROTOCOL } from './subprotocol.ts';

/** The largest message a client may send; a plan is a few kilobytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Each control-room page takes two. */
const MAX_CLIENTS = 64;
/** RFC 6455 §7.4.1: policy violation. */
const REVOKED = 1008;

export class ApiSockets implements CallerSockets {
  readonly #stage: Stage;
  readonly #api = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, handleProtocols: () => API_SUBPROTOCOL });
  readonly #monitors = new WebSocketServer({ noServer: true, maxPayload: MAX_GRANT_BYTES, perMessageDeflate: false, handleProtocols: () => API_SUBPROTOCOL });
  readonly #callers = new WeakMap<IncomingMessage, Caller>();
  readonly #sessions = new Map<WebSocket, string>();
  readonly #handler: ReturnType<typeof applyWSSHandler>;

  constructor(stage: Stage, relay: MediaRelay, files: OwnFiles, controlRoom: () => ControlRoom) {
    this.#stage = stage;
    this.#handler = applyWSSHandler({
      wss: this.#api,
      router: appRouter,
      createContext: ({ req }) => {
        const caller = this.#callers.get(req);
        if (caller === undefined) throw new Error('A connection without a caller reached the API.');
        return { stage, caller, relay, files, controlRoom: controlRoom() };
      },
    });
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): void {
    if (this.#api.clients.size + this.#monitors.clients.size >= MAX_CLIENTS) {
      refuseUpgrade(socket, 503, 'Too many clients.');
      return;
    }
    this.#callers.set(request, caller);
    const isMonitor = request.url === MONITOR_PATH;
    (isMonitor ? this.#monitors : this.#api).handleUpgrade(request, socket, head, (client) => {
      if (caller.sessionId !== undefined) {
        this.#sessions.set(client, caller.sessionId);
        client.once('close', () => this.#sessions.delete(client));
      }
      if (isMonitor) serveMonitor(client, this.#stage.monitor);
      else this.#api.emit('connection', client, request);
    });
  }

  get presentSessions(): ReadonlySet<string> {
    return new Set(this.#sessions.values());
  }

  cut(sessionId?: string): void {
    for (const [client, id] of this.#sessions) {
      if (sessionId !== undefined && id !== sessionId) continue;
      client.close(REVOKED, 'This session was revoked.');
      // A close that is not answered would leave it listening.
      client.terminate();
    }
  }

  close(): void {
    this.#handler.broadcastReconnectNotification();
    for (const client of [...this.#api.clients, ...this.#monitors.clients]) client.terminate();
    this.#api.close();
    this.#monitors.close();
  }
}
