// Paints a number into a corner of an X screen, again and again, in one request each, so that no picture of the screen holds half of it.
import { createConnection } from 'node:net';
import { once } from 'node:events';

/** A row of squares, black or white: the bits of the number, the highest first. */
const BITS = 10;
const CELL = 24;
/** Requests of the core protocol (X Window System Protocol, appendix B), and sizes of its setup. */
const CREATE_GC = 55;
const PUT_IMAGE = 72;
const Z_PIXMAP = 2;
const SETUP_HEAD_BYTES = 8;
const EVERY_MS = 10;

export type X11Counter = {
  /** `Date.now()` when the painting of a number was begun. */
  readonly paintedAtUtcMs: (count: number) => number | undefined;
  stop(): void;
};

/** @param display `:N` of a server of this user. */
export async function startX11Counter(display: string): Promise<X11Counter> {
  const socket = createConnection(`/tmp/.X11-unix/X${display.slice(1)}`);
  await once(socket, 'connect');
  const hello = Buffer.alloc(12);
  hello.write('l', 0, 'latin1');
  hello.writeUInt16LE(11, 2);
  socket.write(hello);
  const { root, idBase } = await setUp(socket);
  const context = Buffer.alloc(16);
  context.writeUInt8(CREATE_GC, 0);
  context.writeUInt16LE(4, 2);
  context.writeUInt32LE(idBase, 4);
  context.writeUInt32LE(root, 8);
  socket.write(context);
  const painted = new Map<number, number>();
  let count = 0;
  const timer = setInterval(() => {
    count = (count + 1) % 2 ** BITS;
    painted.set(count, Date.now());
    socket.write(imageOf(count, root, idBase));
  }, EVERY_MS);
  return {
    paintedAtUtcMs: (shown) => painted.get(shown),
    stop: () => {
      clearInterval(timer);
      socket.destroy();
    },
  };
}

/** The number in a small picture of the screen. @param luma its first plane. @param scale source pixels for each of its own */
export function readCounter(luma: Uint8Array, width: number, scale: number): number {
  let count = 0;
  const row = Math.floor(CELL / 2 / scale) * width;
  for (let bit = 0; bit < BITS; bit += 1) count = count * 2 + ((luma[row + Math.floor(((bit + 0.5) * CELL) / scale)] ?? 0) > 128 ? 1 : 0);
  return count;
}

async function setUp(socket: NodeJS.ReadableStream): Promise<{ readonly root: number; readonly idBase: number }> {
  let answer = Buffer.alloc(0);
  const isWhole = (): boolean => answer.length >= SETUP_HEAD_BYTES && answer.length >= SETUP_HEAD_BYTES + answer.readUInt16LE(6) * 4;
  while (!isWhole()) {
    const [more] = await once(socket, 'data') as [Buffer];
    answer = Buffer.concat([answer, more]);
  }
  if (answer[0] !== 1) throw new Error('The X server refused the connection.');
  const vendorBytes = Math.ceil(answer.readUInt16LE(24) / 4) * 4;
  const formats = answer.readUInt8(29);
  // The first screen stands behind 40 bytes, the vendor and 8 bytes for each format.
  return { idBase: answer.readUInt32LE(12), root: answer.readUInt32LE(40 + vendorBytes + formats * 8) };
}

function imageOf(count: number, drawable: number, context: number): Buffer {
  const [width, height] = [BITS * CELL, CELL];
  const request = Buffer.alloc(24 + width * height * 4);
  request.writeUInt8(PUT_IMAGE, 0);
  request.writeUInt8(Z_PIXMAP, 1);
  request.writeUInt16LE(request.length / 4, 2);
  request.writeUInt32LE(drawable, 4);
  request.writeUInt32LE(context, 8);
  request.writeUInt16LE(width, 12);
  request.writeUInt16LE(height, 14);
  request.writeUInt8(24, 21);
  for (let y = 0; y < height; y += 1) {
    for (let bit = 0; bit < BITS; bit += 1) {
      const at = 24 + (y * width + bit * CELL) * 4;
      request.fill(((count >> (BITS - 1 - bit)) & 1) === 1 ? 255 : 0, at, at + CELL * 4);
    }
  }
  return request;
}
