// Serves the built page over loopback http with the shell's own answers and headers: the same code that answers app:// in Electron.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { APP_ORIGIN } from '../../src/contract/desktop.ts';
import { answerAppRequest } from '../../src/main/shell/appFiles.ts';

/** Opens the page on an ephemeral port of 127.0.0.1. The caller closes it. */
export async function serveBuiltPage(): Promise<{ url: string; close(): Promise<void> }> {
  const root = fileURLToPath(new URL('../../out/renderer', import.meta.url));
  const answerOne = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = await answerAppRequest(root, { method: request.method ?? 'GET', url: APP_ORIGIN + (request.url ?? '/') });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const server = createServer((request, response) => void answerOne(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
