// A Smooth Streaming publishing point that keeps what is posted and answers as it is told.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export type Posted = {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly hasEnded: boolean;
  /** Breaks the connection. */
  reset(): void;
  /** Answers while the body still comes. */
  answer(status: number, text: string): void;
};

export type SmoothServer = {
  readonly url: string;
  readonly port: number;
  readonly posts: readonly Posted[];
  /** POSTs with a body, oldest first. */
  readonly streams: readonly Posted[];
  close(): Promise<void>;
};

/** @param settings `probe`: status and text for the empty POST; undefined: it is never answered. `reads`: false leaves bodies in the socket */
export async function startSmoothServer(settings: { readonly probe?: readonly [number, string] | undefined; readonly reads?: boolean } = {}): Promise<SmoothServer> {
  const { probe = 'probe' in settings ? undefined : [200, ''] as const, reads = true } = settings;
  const posts: Posted[] = [];
  const server = http.createServer({ requestTimeout: 0 }, (request, response) => {
    let chunks: Buffer[] = [];
    let hasEnded = false;
    posts.push({
      path: request.url ?? '', headers: request.headers,
      get body() {
        chunks = [Buffer.concat(chunks)];
        return chunks[0]!;
      },
      get hasEnded() { return hasEnded; },
      reset: () => request.socket.resetAndDestroy(),
      answer: (status, text) => response.writeHead(status, { 'content-type': 'application/json' }).end(text),
    });
    if (request.headers['content-length'] === '0') {
      if (probe !== undefined) response.writeHead(probe[0]).end(probe[1]);
      return;
    }
    if (!reads) return;
    request.on('data', (bytes: Buffer) => chunks.push(bytes));
    request.on('error', () => undefined);
    request.on('end', () => {
      hasEnded = true;
      if (!response.headersSent) response.writeHead(200).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`, port, posts,
    get streams() { return posts.filter(({ headers }) => headers['content-length'] !== '0'); },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}
