// Serves the player page, its script and the two player libraries over loopback http. It never serves media.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

const page = `<!doctype html>
<meta charset="utf-8">
<title>Player</title>
<video playsinline width="640" height="360"></video>
<script src="/shaka.js"></script>
<script type="importmap">{ "imports": { "hls.js": "/hls.mjs" } }</script>
<script type="module" src="/playerPage.js"></script>
`;

const packageFile = (specifier: string): string => fileURLToPath(import.meta.resolve(specifier));

/** Opens the page on an ephemeral port of 127.0.0.1. The caller closes it. */
export async function servePlayerPage(): Promise<{ url: string; close(): Promise<void> }> {
  const files: Record<string, { type: string; body: string | Buffer }> = {
    '/': { type: 'text/html; charset=utf-8', body: page },
    '/playerPage.js': {
      type: 'text/javascript',
      body: stripTypeScriptTypes(await readFile(new URL('./playerPage.ts', import.meta.url), 'utf8')),
    },
    '/hls.mjs': { type: 'text/javascript', body: await readFile(packageFile('hls.js/dist/hls.mjs')) },
    '/shaka.js': { type: 'text/javascript', body: await readFile(packageFile('shaka-player/dist/shaka-player.compiled.js')) },
  };
  const server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': file.type, 'cache-control': 'no-store' }).end(file.body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  // listen() on a host and port gives an AddressInfo; only pipes have a string.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
