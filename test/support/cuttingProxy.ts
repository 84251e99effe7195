// A loopback TCP proxy before a blob server: counts the blocks that pass through it, and cuts every connection when it is told to.
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** Longest request line that is looked for across two pieces. */
const TAIL = 4096;

export class CuttingProxy {
  /** Put Block requests that began, and those that the server has answered with 201, by block id. */
  readonly begun = new Map<string, number>();
  readonly stored = new Map<string, number>();
  sentBytes = 0;
  port = 0;
  /** Called after each block that the server has stored, before the client learns of it. */
  onStored: () => void = () => undefined;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#forward(client));

  private constructor(target: number) {
    this.#target = target;
  }

  static async before(target: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target);
    await new Promise<void>((resolve) => { proxy.#server.listen(0, '127.0.0.1', resolve); });
    proxy.port = (proxy.#server.address() as AddressInfo).port;
    return proxy;
  }

  /** Blocks stored more than once, counted as often as they are too many. */
  get storedAgain(): number {
    return [...this.stored.values()].reduce((sum, times) => sum + times - 1, 0);
  }

  /** Requests for blocks beyond one each, whole or cut short. */
  get begunAgain(): number {
    return [...this.begun.values()].reduce((sum, times) => sum + times - 1, 0);
  }

  get storedBlocks(): number {
    return this.stored.size;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => { this.#server.close(() => resolve()); });
  }

  #forward(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    const asked: (string | undefined)[] = [];
    let tail = '';
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (piece: Buffer) => {
      this.sentBytes += piece.length;
      tail += piece.toString('latin1');
      const heads = [...tail.matchAll(/(?:PUT|GET|HEAD|DELETE) (\/[^ ]*) HTTP\/1\.1\r\n/g)];
      for (const head of heads) asked.push(this.#asked(head[1] ?? ''));
      const last = heads.at(-1);
      tail = tail.slice(Math.max(tail.length - TAIL, last ? last.index + last[0].length : 0));
      if (!server.write(piece)) client.pause();
    });
    server.on('drain', () => client.resume());
    server.on('data', (piece: Buffer) => {
      for (const [, status] of piece.toString('latin1').matchAll(/(?:^|\r\n)HTTP\/1\.1 (\d{3}) /g)) {
        if (status === '100') continue;
        const id = asked.shift();
        if (id === undefined || status !== '201') continue;
        this.stored.set(id, (this.stored.get(id) ?? 0) + 1);
        this.onStored();
      }
      client.write(piece);
    });
  }

  #asked(target: string): string | undefined {
    const query = new URL(target, 'http://localhost').searchParams;
    const id = query.get('comp') === 'block' ? query.get('blockid') ?? undefined : undefined;
    if (id !== undefined) this.begun.set(id, (this.begun.get(id) ?? 0) + 1);
    return id;
  }
}
