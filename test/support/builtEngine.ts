// The built engine as a process of its own, and a door to it for pages that are not served from app://fieldcast.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WebSocket, WebSocketServer } from 'ws';
import { engineReadySchema, type EngineReady } from '../../src/contract/engine.ts';
import { APP_ORIGIN } from '../../src/contract/desktop.ts';

const READY_MS = 30_000;

export type BuiltEngine = {
  readonly pid: number;
  readonly ready: EngineReady;
  /** Ends it as a crash would. */
  crash(): Promise<void>;
  /** Ends it in order, at last by force. */
  stop(): Promise<void>;
};

/** Starts `out/main/engine.js` on the test's Node with `home` as its folder. What is undefined in `env` is taken from its environment. */
export async function startBuiltEngine(home: string, env: NodeJS.ProcessEnv = {}): Promise<BuiltEngine> {
  const entry = fileURLToPath(new URL('../../out/main/engine.js', import.meta.url));
  const child = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, FIELDCAST_HOME: home, ...env } });
  const exited = once(child, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  const lines = readline.createInterface({ input: child.stdout });
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS);
  const line = await Promise.race([once(lines, 'line').then(([text]) => String(text)), exited.then(() => '')]);
  clearTimeout(timer);
  if (line === '' || child.pid === undefined) throw new Error('The built engine ended before it was ready.');
  return {
    pid: child.pid,
    ready: engineReadySchema.parse(JSON.parse(line)),
    crash: async () => await end('SIGKILL'),
    stop: async () => {
      const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await end('SIGTERM');
      clearTimeout(force);
    },
  };
}

/**
 * A browser states its page's origin and cannot be told to state another one, and the engine admits the desktop's page alone.
 * This passes each connection on with that origin, so that the engine under test stays as it is.
 */
export async function openDoor(target: () => string): Promise<{ address: string; close(): Promise<void> }> {
  // Streams and files too: the engine lets its own page alone read them.
  const passOn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const to = new URL(request.url ?? '/', target().replace(/^ws/, 'http'));
    const { range } = request.headers;
    const answer = await fetch(to, { headers: { origin: APP_ORIGIN, ...(range === undefined ? {} : { range }) } });
    response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), 'access-control-allow-origin': request.headers.origin ?? '*' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const http = createServer((request, response) => { passOn(request, response).catch(() => response.destroy()); });
  const door = new WebSocketServer({ server: http, handleProtocols: ([first]) => first ?? false });
  door.on('connection', (page, request) => {
    const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
    const engine = new WebSocket(new URL(request.url ?? '/', target()), protocols, { origin: APP_ORIGIN });
    const early: (() => void)[] = [];
    page.on('message', (data, binary) => {
      const pass = (): void => engine.send(data, { binary });
      if (engine.readyState === WebSocket.OPEN) pass();
      else early.push(pass);
    });
    engine.on('open', () => {
      for (const pass of early) pass();
    });
    engine.on('message', (data, binary) => page.send(data, { binary }));
    engine.on('error', () => page.close());
    engine.on('close', () => page.close());
    page.on('close', () => engine.close());
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    address: `ws://127.0.0.1:${port}/api`,
    close: async () => {
      for (const page of door.clients) page.terminate();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}
