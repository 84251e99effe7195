// A small client of the DevTools protocol: commands with an answer, and events, of the browser and of each page.
import { once } from 'node:events';
import { WebSocket } from 'ws';

type Params = Readonly<Record<string, unknown>>;
/** What the protocol says of its events is taken as it says. */
type Listener<T> = (params: T) => void;
export type DevToolsSession = {
  send<T = Record<string, never>>(method: string, params?: Params): Promise<T>;
  on<T>(method: string, listener: Listener<T>): void;
};
export type DevTools = DevToolsSession & { session(sessionId: string): DevToolsSession };

export async function connectDevTools(address: string): Promise<DevTools> {
  const socket = new WebSocket(address, { perMessageDeflate: false, maxPayload: 256 << 20 });
  await once(socket, 'open');
  let lastId = 0;
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  const listeners = new Map<string, Listener<never>[]>();
  socket.on('message', (data) => {
    const message = JSON.parse((data as Buffer).toString('utf8')) as { id?: number; result?: never; error?: { message: string }; method?: string; params?: never; sessionId?: string };
    if (message.id !== undefined) {
      const asked = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error !== undefined) asked?.reject(new Error(message.error.message));
      else asked?.resolve(message.result as never);
    } else for (const listener of listeners.get(`${message.sessionId ?? ''} ${message.method}`) ?? []) listener((message.params ?? {}) as never);
  });
  const sessionOf = (sessionId: string | undefined): DevToolsSession => ({
    send: async (method, params = {}) => new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      socket.send(JSON.stringify({ id: lastId, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    }),
    on: (method, listener) => {
      const key = `${sessionId ?? ''} ${method}`;
      listeners.set(key, [...listeners.get(key) ?? [], listener]);
    },
  });
  return { ...sessionOf(undefined), session: sessionOf };
}
