// The engine's own page over real loopback HTTP: who gets it, and from which page the API may be called.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startApiServer, type ApiServer } from '../../../src/main/api/server.ts';
import type { Stage } from '../../../src/main/show/stage.ts';

let root: string;
let server: ApiServer;
let page: URL;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fieldcast-page-'));
  await writeFile(join(root, 'index.html'), '<p>page</p>');
  // Neither the page nor the handshake reaches the stage.
  server = await startApiServer({} as Stage, { port: 0, allowedOrigins: [], pageRoot: root, servesPage: true, home: root });
  page = new URL(server.ready.page!);
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

async function ask(options: { readonly method?: string; readonly host?: string; readonly path?: string }): Promise<{ status: number; body: string; policy: string }> {
  const call = request({
    host: '127.0.0.1', port: page.port, method: options.method ?? 'GET', path: options.path ?? '/',
    headers: { host: options.host ?? page.host },
  });
  call.end();
  const [response] = await once(call, 'response');
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, body, policy: String(response.headers['content-security-policy']) };
}

async function upgrade(origin: string, token: string): Promise<'open' | 'refused'> {
  const socket = new WebSocket(server.ready.address, ['fieldcast.v1', token], { origin });
  return await new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve('open');
    });
    socket.on('error', () => resolve('refused'));
  });
}

test('a browser on this machine gets the page under its policy, and nothing beside it', async () => {
  expect(await ask({})).toMatchObject({ status: 200, body: '<p>page</p>', policy: expect.stringContaining("script-src 'self';") });
  expect((await ask({ path: '/index.html?a=1' })).status).toBe(200);
  expect((await ask({ path: '/../package.json' })).status).toBe(404);
  expect((await ask({ path: '/%2e%2e/%2e%2e/etc/passwd' })).status).toBe(404);
  expect((await ask({ method: 'POST' })).status).toBe(405);
});

test('a name that points here by DNS rebinding gets nothing', async () => {
  expect(await ask({ host: 'evil.example' })).toMatchObject({ status: 403 });
});

test('the token stands in the fragment, and only the own page may use it', async () => {
  const token = new URLSearchParams(page.hash.slice(1)).get('token')!;
  expect(token).toBe(server.ready.token);
  expect(page.search).toBe('');
  expect(await upgrade(page.origin, token)).toBe('open');
  expect(await upgrade(page.origin, 'wrong')).toBe('refused');
  expect(await upgrade('https://evil.example', token)).toBe('refused');
});
