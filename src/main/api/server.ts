// The engine's API server: tRPC over WebSocket and the monitor stream on loopback, behind one guard, and the page for a browser; beside
// it the control room, where it is switched on. Knows nothing of media.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EngineReady } from '../../contract/engine.ts';
import { RELAY_PATH } from '../../contract/mediaRelay.ts';
import { DROPS_PATH, FILES_PATH } from '../../contract/ownFiles.ts';
import type { Playback } from '../../contract/report.ts';
import type { Stage } from '../show/stage.ts';
import { answerPageRequest } from '../page/pageFiles.ts';
import { ControlRoom } from './controlRoom/controlRoom.ts';
import { isOwnHost, judgeUpgrade } from './loopbackGuard.ts';
import { relayMedia, type MediaRelay } from './mediaRelay.ts';
import { takeDroppedFiles } from './dropDoor.ts';
import { serveOwnFiles } from './ownFiles.ts';
import { refuseUpgrade } from './caller.ts';
import { ApiSockets } from './sockets.ts';

export type ApiServer = { readonly ready: EngineReady; close(): Promise<void> };

export type ApiServerSettings = {
  readonly port: number;
  readonly allowedOrigins: readonly string[];
  /** Folder of the built page, absolute. Without it nothing but the API is served. */
  readonly pageRoot?: string | undefined;
  /** Whether a browser on this machine gets the page from here; under Electron the shell serves it. */
  readonly servesPage?: boolean;
  /** Where the control room keeps what it has to remember; below it, `control-room/`. */
  readonly home: string;
  readonly onControlRoom?: (listening: boolean) => void;
  /** The interface of the control room; all of them by default. */
  readonly bindControlRoom?: string;
};

/** Listens on 127.0.0.1 (port 0 takes a free one) with a fresh random token. */
export async function startApiServer(stage: Stage, settings: ApiServerSettings): Promise<ApiServer> {
  const token = randomBytes(32).toString('base64url');
  const pageRoot = settings.servesPage === true ? settings.pageRoot : undefined;
  const http = createServer((request, response) => {
    if (request.url?.startsWith(`${RELAY_PATH}/`) === true) void answerOwn(relay, request, response, settings.allowedOrigins);
    else if (request.url?.startsWith(`${FILES_PATH}/`) === true) void answerOwn(files, request, response, settings.allowedOrigins);
    else if (request.url?.startsWith(`${DROPS_PATH}/`) === true) void answerOwn(drops, request, response, settings.allowedOrigins);
    else if (pageRoot === undefined) response.writeHead(426, { 'content-type': 'text/plain' }).end('This address speaks WebSocket only.\n');
    else void answerPage(pageRoot, request, response);
  });
  http.requestTimeout = 10_000;
  http.headersTimeout = 5_000;
  const ended = new AbortController();
  const relay = relayMedia({ playback: followPlayback(stage, ended.signal), isSession: (id) => controlRoom.status().sessions.some((one) => one.id === id) });
  const files = serveOwnFiles({ home: settings.home, recordings: async () => stage.recordings() });
  const drops = takeDroppedFiles({ files, append: async (...piece) => stage.uploads.dropped.append(...piece) });
  const sockets: ApiSockets = new ApiSockets(stage, relay, files, () => controlRoom);
  const controlRoom: ControlRoom = await ControlRoom.open({
    home: settings.home, pageRoot: settings.pageRoot, sockets, relay, onChange: settings.onControlRoom, bind: settings.bindControlRoom,
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(settings.port, '127.0.0.1', resolve);
  });
  const { port } = http.address() as AddressInfo;
  http.on('upgrade', (request, socket, head) => {
    const own = pageRoot === undefined ? [] : [`http://127.0.0.1:${port}`];
    const verdict = judgeUpgrade(request, { token, allowedOrigins: [...settings.allowedOrigins, ...own], port });
    if (verdict.allowed) sockets.accept(request, socket, head, { role: 'owner' });
    else refuseUpgrade(socket, verdict.status, verdict.reason);
  });
  return {
    ready: {
      type: 'ready',
      address: `ws://127.0.0.1:${port}/api`,
      token,
      ...(pageRoot === undefined ? {} : { page: `http://127.0.0.1:${port}/#token=${token}` }),
    },
    close: async () => {
      ended.abort();
      await controlRoom.close();
      sockets.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => { http.close(() => resolve()); });
    },
  };
}

/** Where the show plays now. */
function followPlayback(stage: Stage, signal: AbortSignal): () => Playback {
  let playback: Playback = {};
  void (async () => {
    for await (const event of stage.watch(signal)) {
      if (event.type === 'playback') ({ playback } = event);
      if (event.type === 'state' && event.state === 'preparing') playback = {};
    }
  })().catch(() => undefined);
  return () => playback;
}

/** What needs a key of its caller. */
async function answerOwn(to: Pick<MediaRelay, 'answer'>, request: IncomingMessage, response: ServerResponse, allowedOrigins: readonly string[]): Promise<void> {
  const { port } = request.socket.address() as AddressInfo;
  const { origin } = request.headers;
  if (isOwnHost(request, port)) await to.answer(request, response, allowedOrigins.find((one) => one === origin));
  else refuseHost(response);
}

function refuseHost(response: ServerResponse): void {
  response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' }).end('This address is for this machine only.\n');
}

/** The page holds no secret, so it needs no token; what it may do with the engine is decided at the upgrade. */
async function answerPage(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { port } = request.socket.address() as AddressInfo;
  if (!isOwnHost(request, port)) {
    refuseHost(response);
    return;
  }
  const [pathname = '/'] = (request.url ?? '/').split(/[?#]/);
  const answer = await answerPageRequest(root, { method: request.method ?? 'GET', pathname });
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
}
