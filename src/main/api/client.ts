// The typed client of the engine, for the command line and for pages. Holds no truth of its own.
import { createTRPCClient, createWSClient, wsLink, type TRPCClient } from '@trpc/client';
import { MONITOR_PATH } from '../../contract/monitorStream.ts';
import type { AppRouter } from './router.ts';
import { API_SUBPROTOCOL } from './subprotocol.ts';

export type EngineClient = TRPCClient<AppRouter>;

export type EngineConnection = {
  readonly api: EngineClient;
  close(): Promise<void>;
};

/** Connects to an engine at `ws://127.0.0.1:PORT/api`; reconnects by itself (with back-off) until it is closed. */
export function connectEngine(settings: { readonly address: string; readonly token: string; readonly onClose?: () => void; readonly onOpen?: () => void }): EngineConnection {
  class AuthorisedWebSocket extends WebSocket {
    constructor(url: string | URL) {
      super(url, [API_SUBPROTOCOL, settings.token]);
    }
  }
  const socket = createWSClient({
    url: settings.address,
    WebSocket: AuthorisedWebSocket,
    ...(settings.onClose === undefined ? {} : { onClose: settings.onClose }),
    ...(settings.onOpen === undefined ? {} : { onOpen: settings.onOpen }),
    keepAlive: { enabled: true, intervalMs: 5_000, pongTimeoutMs: 5_000 },
  });
  return {
    api: createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] }),
    close: async () => socket.close(),
  };
}

/** The monitor stream of the same engine: binary messages in, grants out (src/contract/monitorStream.ts). It does not reconnect. */
export function openMonitorSocket(settings: { readonly address: string; readonly token: string }): WebSocket {
  const socket = new WebSocket(new URL(MONITOR_PATH, settings.address), [API_SUBPROTOCOL, settings.token]);
  socket.binaryType = 'arraybuffer';
  return socket;
}
