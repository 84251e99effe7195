// The control room over real TLS sockets: off until switched on, roles, lock-out, revocation, restart, foreign names and pages.
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connectEngine } from '../../../src/main/api/client.ts';
import { appRouter } from '../../../src/main/api/router.ts';
import { startApiServer, type ApiServer } from '../../../src/main/api/server.ts';
import type { ShowEvent } from '../../../src/contract/report.ts';
import type { Stage } from '../../../src/main/show/stage.ts';
import { freePort } from '../../support/freePort.ts';

let home: string;
let server: ApiServer;
let ended: number;
let preview: string | undefined;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fieldcast-room-'));
  await writeFile(join(home, 'index.html'), '<p>page</p>');
  ended = 0;
  preview = undefined;
  server = await start();
});
afterEach(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

async function start(): Promise<ApiServer> {
  const stage: Partial<Stage> = {
    ladders: () => [],
    end: () => { ended += 1; },
    watch: async function* watch(signal): AsyncGenerator<ShowEvent> {
      if (preview !== undefined) yield { type: 'playback', playback: { preview } };
      await new Promise((resolve) => { signal?.addEventListener('abort', resolve, { once: true }); });
    },
  };
  return startApiServer(stage as Stage, { port: 0, allowedOrigins: [], pageRoot: home, home, bindControlRoom: '127.0.0.1' });
}

const local = () => connectEngine(server.ready);

async function switchOn(): Promise<URL> {
  const connection = local();
  const status = await connection.api.controlRoom.set.mutate({ on: true, port: await freePort() });
  await connection.close();
  expect(status.listening).toBe(true);
  return new URL(status.addresses[0]!);
}

async function newCode(role: 'watch' | 'operate'): Promise<string> {
  const connection = local();
  const { code } = await connection.api.controlRoom.pair.mutate({ role });
  await connection.close();
  return code;
}

type Ask = { readonly path?: string; readonly method?: string; readonly headers?: Record<string, string>; readonly body?: unknown };
async function ask(room: URL, { path = '/', method = 'GET', headers = {}, body }: Ask = {}): Promise<{ status: number; text: string }> {
  const call = request({ host: room.hostname, port: room.port, path, method, headers: { host: room.host, ...headers }, rejectUnauthorized: false });
  call.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = await once(call, 'response');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, text };
}

async function pair(room: URL, code: string): Promise<{ status: number; token: string; code: string }> {
  const { status, text } = await ask(room, { path: '/pair', method: 'POST', headers: { origin: room.origin }, body: { code, name: 'Booth B' } });
  return { status, ...JSON.parse(text) };
}

/** A paired browser: its socket, and one call by hand, because Node's own WebSocket trusts no such certificate. */
async function browse(room: URL, token: string, headers: Record<string, string> = {}, origin = room.origin) {
  const socket = new WebSocket(`wss://${room.host}/api`, ['fieldcast.v1', token], { origin, rejectUnauthorized: false, headers });
  await once(socket, 'open');
  const call = async (method: 'query' | 'mutation', path: string, input?: unknown): Promise<{ error?: { data: { failure?: { code: string } } }; result?: unknown }> => {
    socket.send(JSON.stringify({ id: 1, method, params: { path, input } }));
    const [data] = await once(socket, 'message');
    return JSON.parse(String(data));
  };
  return { socket, call };
}

test('nothing listens and no certificate is made until it is switched on', async () => {
  const connection = local();
  expect(await connection.api.controlRoom.status.query()).toEqual({ on: false, listening: false, addresses: [], sessions: [] });
  await expect(connection.api.controlRoom.pair.mutate({ role: 'watch' })).rejects.toThrow('does not listen');
  await connection.close();
  await expect(stat(join(home, 'control-room', 'tls.json'))).rejects.toThrow('ENOENT');
});

test('switched off, the port is closed and every browser is cut', async () => {
  const room = await switchOn();
  const { token } = await pair(room, await newCode('watch'));
  const { socket } = await browse(room, token);
  const connection = local();
  const closed = once(socket, 'close');
  expect(await connection.api.controlRoom.set.mutate({ on: false, port: Number(room.port) })).toMatchObject({ on: false, listening: false });
  await connection.close();
  await closed;
  const probe = connect(Number(room.port), room.hostname);
  const [error] = await once(probe, 'error');
  expect(error.code).toBe('ECONNREFUSED');
});

test('a watcher sees and cannot operate; an operator can, but not what belongs to the machine', async () => {
  const room = await switchOn();
  const watcher = await browse(room, (await pair(room, await newCode('watch'))).token);
  expect(await watcher.call('query', 'me')).toMatchObject({ result: { data: { role: 'watch' } } });
  expect(await watcher.call('mutation', 'show.end')).toMatchObject({ error: { message: expect.stringContaining('may watch the show, not run it'), data: { failure: { code: 'ONLY_WATCHING' } } } });
  expect(ended).toBe(0);
  const operator = await browse(room, (await pair(room, await newCode('operate'))).token);
  await operator.call('mutation', 'show.end');
  expect(ended).toBe(1);
  for (const [method, path, input] of [['mutation', 'engine.shutdown'], ['query', 'controlRoom.status'], ['mutation', 'controlRoom.pair', { role: 'operate' }], ['mutation', 'upload.add', { paths: ['/etc/passwd'], destination: { kind: 'embedded' }, publish: true }],
    ['mutation', 'upload.receive', { name: 'film.mp4', sizeBytes: 1, modifiedMs: 1 }], ['mutation', 'accounts.signIn', { how: 'deviceCode' }], ['query', 'accounts.find'], ['mutation', 'accounts.choose', { id: '/subscriptions/x', signedInAs: 'y' }], ['mutation', 'accounts.signOut', { who: 'y' }]] as const) {
    expect(await operator.call(method, path, input), path).toMatchObject({ error: { data: { failure: { code: 'ONLY_AT_THE_MACHINE' } } } });
  }
  watcher.socket.terminate();
  operator.socket.terminate();
});

test('what a watcher may call is this list and no more', async () => {
  const allowed: string[] = [];
  const caller = appRouter.createCaller({ stage: {} as Stage, caller: { role: 'watch', sessionId: 'x' }, controlRoom: {} as never, relay: { keyFor: () => '' }, files: { keyFor: () => undefined } });
  for (const path of Object.keys(appRouter._def.procedures)) {
    const procedure = path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], caller) as (input?: unknown) => Promise<unknown>;
    const refused = await procedure().then(() => false, (error: { code?: string }) => error.code === 'FORBIDDEN');
    if (!refused) allowed.push(path);
  }
  expect(allowed.toSorted()).toEqual(['engine.info', 'engine.ladders', 'me', 'show.history', 'show.watch']);
});

test('wrong codes lock the address out, in words', async () => {
  const room = await switchOn();
  const code = await newCode('watch');
  for (let miss = 0; miss < 5; miss += 1) expect(await pair(room, 'AAAA-AAAA')).toMatchObject({ status: 403, code: 'PAIRING_CODE' });
  expect(await pair(room, code)).toMatchObject({ status: 429, code: 'PAIRING_LOCKED' });
});

test('a revoked session is cut at once and cannot come back; others stay', async () => {
  const room = await switchOn();
  const [first, second] = [await pair(room, await newCode('operate')), await pair(room, await newCode('watch'))];
  const [revoked, kept] = [await browse(room, first.token), await browse(room, second.token)];
  const connection = local();
  const { sessions } = await connection.api.controlRoom.status.query();
  expect(sessions).toMatchObject([{ role: 'operate', name: 'Booth B', isHere: true }, { role: 'watch', isHere: true }]);
  const closed = once(revoked.socket, 'close');
  await connection.api.controlRoom.revoke.mutate({ id: sessions[0]!.id });
  await connection.close();
  await closed;
  expect(kept.socket.readyState).toBe(WebSocket.OPEN);
  await expect(browse(room, first.token)).rejects.toThrow('401');
  expect((await ask(room, { path: '/session', headers: { authorization: `Bearer ${first.token}` } })).status).toBe(401);
  kept.socket.terminate();
});

test('sessions and the certificate survive a restart; the file holds no token', async () => {
  const room = await switchOn();
  const { token } = await pair(room, await newCode('watch'));
  const connection = local();
  const { fingerprint } = await connection.api.controlRoom.status.query();
  await connection.close();
  await server.close();
  const file = join(home, 'control-room', 'sessions.json');
  expect(await readFile(file, 'utf8')).not.toContain(token);
  if (process.platform !== 'win32') expect((await stat(file)).mode & 0o077).toBe(0);
  server = await start();
  const { socket, call } = await browse(room, token);
  expect(await call('query', 'me')).toMatchObject({ result: { data: { role: 'watch' } } });
  socket.terminate();
  const again = local();
  expect((await again.api.controlRoom.status.query()).fingerprint).toBe(fingerprint);
  await again.close();
});

describe('foreign names and pages', () => {
  test('after DNS rebinding, from another origin or from none, nothing is served and nothing paired', async () => {
    const room = await switchOn();
    const code = await newCode('operate');
    const evil = { host: `evil.example:${room.port}` };
    expect((await ask(room, { headers: evil })).status).toBe(403);
    for (const headers of [{}, { origin: 'https://evil.example' }, { ...evil, origin: `https://evil.example:${room.port}` }]) {
      expect((await ask(room, { path: '/pair', method: 'POST', headers, body: { code, name: 'x' } })).status).toBe(403);
    }
    const { token } = await pair(room, code);
    await expect(browse(room, token, {}, 'https://evil.example')).rejects.toThrow('403');
    await expect(browse(room, token, evil)).rejects.toThrow('403');
    await expect(browse(room, `${token}x`)).rejects.toThrow('401');
    await expect(browse(room, server.ready.token), 'the token of this machine opens nothing on the network').rejects.toThrow('401');
  });

  test('the page itself is served under its policy, large and strange bodies are refused', async () => {
    const room = await switchOn();
    expect(await ask(room)).toEqual({ status: 200, text: '<p>page</p>' });
    expect((await ask(room, { path: '/../../etc/passwd' })).status).toBe(404);
    expect((await ask(room, { path: '/pair', method: 'POST', headers: { origin: room.origin }, body: { code: 'x'.repeat(5000), name: 'x' } })).status).toBe(400);
  });
});

test('the relay brings the show’s own streams and nothing else, and only to those who may watch', async () => {
  const seen: string[] = [];
  const upstream = createServer((asked, response) => {
    seen.push(asked.url ?? '');
    if (asked.url?.includes('redirect') === true) response.writeHead(302, { location: 'http://192.0.2.1/' }).end();
    else response.writeHead(200, { 'content-type': asked.url?.endsWith('.html') === true ? 'text/html' : 'application/vnd.apple.mpegurl' }).end('#EXTM3U');
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  preview = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/id/preview.ism/manifest(format=m3u8-cmaf)`;
  await server.close();
  server = await start();
  const connection = local();
  const { relayKey } = await connection.api.me.query();
  await connection.close();
  const base = server.ready.address.replace('ws:', 'http:').replace('/api', '');
  const get = async (path: string): Promise<Response> => fetch(`${base}/relay/${path}`);

  const playlist = await get(`${relayKey}/preview/id/preview.ism/manifest(format=m3u8-cmaf)`);
  expect([playlist.status, await playlist.text()]).toEqual([200, '#EXTM3U']);
  const page = await get(`${relayKey}/preview/id/page.html`);
  expect(page.headers.get('content-type')).toBe('application/octet-stream');
  expect(page.headers.get('content-security-policy')).toContain('sandbox');
  const asked = seen.length;
  expect((await get(`${relayKey}/preview//192.0.2.1/x`)).status).toBe(404);
  expect((await get(`${relayKey}/hls/id/x`)).status, 'nothing is public').toBe(404);
  expect((await get(`own.wrong/preview/id/x`)).status).toBe(401);
  expect((await get(`s-unknown.${relayKey.split('.')[1]}/preview/id/x`)).status).toBe(401);
  expect(seen).toHaveLength(asked);
  expect((await get(`${relayKey}/preview/redirect`)).status).toBe(502);
  upstream.close();
});
