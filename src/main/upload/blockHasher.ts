// Hashes what is sent on a thread of its own: the MD5 of each block, by which the storage checks it, and the SHA-256 of the file. Reads no file.
import { Worker } from 'node:worker_threads';

export type HashedBlock = { readonly block: Buffer; readonly md5: Buffer };
type Answer = { readonly buffer: ArrayBuffer; readonly md5: Uint8Array } | { readonly sha256: string };
type Waiting = { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void };

/** Runs on the thread, as text: it uses nothing from outside of itself. Whoever sends `undefined` gets the SHA-256 of all blocks since the last time. */
function hashBlocks(): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  const { createHash, hash } = process.getBuiltinModule('node:crypto');
  let sha256 = createHash('sha256');
  parentPort?.on('message', (buffer: ArrayBuffer | undefined) => {
    if (buffer === undefined) {
      parentPort.postMessage({ sha256: sha256.digest('hex') }, []);
      sha256 = createHash('sha256');
      return;
    }
    const block = new Uint8Array(buffer);
    sha256.update(block);
    parentPort.postMessage({ buffer, md5: hash('md5', block, 'buffer') }, [buffer]);
  });
}

/** One file after another; its answers come in the order of the questions. To be closed. */
export class BlockHasher {
  readonly #worker = new Worker(`(${hashBlocks.toString()})()`, { eval: true, name: 'block hasher' });
  readonly #waiting: Waiting[] = [];
  #failure: Error | undefined;

  constructor() {
    this.#worker.on('message', (answer: Answer) => this.#waiting.shift()?.resolve(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('The thread that hashes has ended.')));
    // An upload that is given up must not hold the process.
    this.#worker.unref();
  }

  /** Takes the block over and gives it back with its hash. @param block with a buffer of its own */
  async hash(block: Buffer): Promise<HashedBlock> {
    const { buffer } = block;
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== block.length) throw new Error('A block that is hashed needs a buffer of its own.');
    const answer = await this.#ask(buffer, [buffer]);
    if (!('buffer' in answer)) throw new Error('The thread that hashes has answered something else.');
    return { block: Buffer.from(answer.buffer), md5: Buffer.from(answer.md5) };
  }

  /** SHA-256 in hexadecimal of the blocks since the last call, which is where the next file begins. */
  async whole(): Promise<string> {
    const answer = await this.#ask(undefined, []);
    if (!('sha256' in answer)) throw new Error('The thread that hashes has answered something else.');
    return answer.sha256;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #ask(message: ArrayBuffer | undefined, moved: readonly ArrayBuffer[]): Promise<Answer> {
    if (this.#failure !== undefined) throw this.#failure;
    return await new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(message, moved);
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** Each block with its hash, in order; a few are read and hashed while the one before is being sent. */
export async function* hashed(blocks: AsyncIterable<Buffer>, hasher: BlockHasher, ahead: number): AsyncGenerator<HashedBlock> {
  const waiting: Promise<HashedBlock>[] = [];
  for await (const block of blocks) {
    const one = hasher.hash(block);
    // Whoever stops asking leaves some behind.
    one.catch(() => undefined);
    waiting.push(one);
    const first = waiting.length > ahead ? waiting.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const one of waiting) yield await one;
}
