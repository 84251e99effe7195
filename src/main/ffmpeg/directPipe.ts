// A pipe whose bytes are read straight into memory of the reader's choice. The pipes that `spawn` makes allocate 64 KiB for each
// read; for raw pictures (93 MB/s at 1080p30) that and its garbage cost a tenth of a core. It knows no process and no format.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Takes bytes: `space` says where the next ones go (at least one byte), `advance` that so many have come. */
export type DirectReader = { space(): Uint8Array; advance(count: number): void };

export type DirectPipe = {
  /** For the `stdio` of a child, as its stdout; closed here once the child has it. */
  readonly childEnd: Socket;
  /** Our end: `pause`, `resume`, 'end' and 'close' as of any stream, but its bytes go to the reader. It begins paused. */
  readonly pipe: Socket;
  /** Resolves with the first byte. */
  readonly firstByte: Promise<void>;
};

/** One read never takes more: it is what a socket of the usual size holds. */
const MAX_READ_BYTES = 256 * 1024;
const CONNECT_MS = 5_000;

/**
 * Opens a connected pair of local sockets. Only our user can reach the path they meet at, and it is gone before this resolves.
 * @returns undefined on Windows, whose pipes cannot be handed over like this, and where no socket can be made: use an ordinary
 * pipe with {@link readInto} then.
 */
export async function openDirectPipe(reader: DirectReader): Promise<DirectPipe | undefined> {
  if (process.platform === 'win32') return undefined;
  const dir = await mkdtemp(join(tmpdir(), 'fieldcast-')).catch(() => undefined);
  if (dir === undefined) return undefined;
  const server = createServer({ pauseOnConnect: true });
  server.maxConnections = 1;
  const opened: Socket[] = [];
  try {
    const path = join(dir, 'pipe');
    const first = Promise.withResolvers<void>();
    const accepted = connectionOf(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    const pipe = connect({
      path,
      onread: {
        buffer: () => reader.space().subarray(0, MAX_READ_BYTES),
        callback: (count) => {
          first.resolve();
          reader.advance(count);
          return true;
        },
      },
    });
    opened.push(pipe);
    pipe.on('error', () => {});
    pipe.pause();
    const childEnd = await accepted;
    opened.push(childEnd);
    childEnd.on('error', () => {});
    return { childEnd, pipe, firstByte: first.promise };
  } catch {
    for (const socket of opened) socket.destroy();
    return undefined;
  } finally {
    server.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Reads an ordinary pipe into the same kind of reader, by copying. */
export function readInto(pipe: { on(event: 'data', listener: (bytes: Uint8Array) => void): unknown }, reader: DirectReader): void {
  pipe.on('data', (bytes) => {
    for (let rest = bytes; rest.length > 0;) {
      const space = reader.space();
      const part = rest.subarray(0, space.length);
      space.set(part);
      reader.advance(part.length);
      rest = rest.subarray(part.length);
    }
  });
}

async function connectionOf(server: Server): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The local socket was not connected in time.')), CONNECT_MS);
    server.once('connection', (socket) => {
      clearTimeout(timer);
      resolve(socket);
    });
    server.once('error', reject);
  });
}
