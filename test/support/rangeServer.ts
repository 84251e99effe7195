// A file server with byte ranges whose answers a test can bend: missing, cut off, lying, slow or endless.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';

/** Takes the answer over by returning true. `file` is undefined where there is none. */
export type Bend = (name: string, request: IncomingMessage, response: ServerResponse, file: Buffer | undefined) => boolean;

export class RangeServer {
  bend: Bend | undefined;
  /** Files that replace or add to those of the folder. */
  readonly files = new Map<string, Buffer>();
  base = '';
  sentBytes = 0;
  readonly requests: string[] = [];
  readonly #folder: string;
  readonly #close: () => Promise<void>;

  private constructor(folder: string, close: () => Promise<void>) {
    this.#folder = folder;
    this.#close = close;
  }

  static async listen(folder: string): Promise<RangeServer> {
    let self: RangeServer | undefined;
    const server = createServer((request, response) => void self?.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    self = new RangeServer(folder, async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });
    self.base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return self;
  }

  async close(): Promise<void> {
    await this.#close();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = basename(new URL(request.url ?? '/', 'http://localhost').pathname);
    this.requests.push(name);
    const file = this.files.get(name) ?? await readFile(join(this.#folder, name)).catch(() => undefined);
    if (this.bend?.(name, request, response, file) === true) return;
    if (file === undefined) {
      response.writeHead(404).end('<html>no such file</html>');
      return;
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (range === null) {
      this.sentBytes += file.length;
      response.writeHead(200).end(file);
      return;
    }
    const [first, last] = [Number(range[1]), Math.min(Number(range[2]), file.length - 1)];
    if (first > last) {
      response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
      return;
    }
    this.sentBytes += last - first + 1;
    response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${file.length}` }).end(file.subarray(first, last + 1));
  }
}
