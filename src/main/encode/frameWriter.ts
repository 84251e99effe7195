// Feeds raw frames into an encoder's stdin, each exactly once and in order: an encoder counts its frames. It never blocks its caller.
// What waits is bounded by whoever gives the frames: a picture that is given again and again costs nothing.
import type { Writable } from 'node:stream';
import type { Lease } from '../media/framePool.ts';

/** Frames handed to the pipe at once: the second one is ready when the first is through. */
const MAX_IN_PIPE = 2;

type Entry = { readonly pieces: readonly Uint8Array[]; readonly lease: Lease | undefined; repeats: number };

export class FrameWriter {
  readonly #pipe: Writable | undefined;
  readonly #queue: Entry[] = [];
  #inPipe = 0;
  #last: readonly Uint8Array[] | undefined;
  #isEnding = false;
  #onDrained: (() => void) | undefined;
  /** Frames accepted so far, repeats included. */
  framesIn = 0;

  /** @param pipe undefined where the process could not be started: frames are then taken and forgotten. */
  constructor(pipe: Writable | undefined) {
    this.#pipe = pipe;
  }

  /** Frames that the pipe has not taken yet. */
  get queuedFrames(): number {
    return this.#inPipe + this.#queue.reduce((sum, entry) => sum + 1 + entry.repeats, 0);
  }

  /** @param lease is held for as long as the pieces are needed. */
  push(pieces: readonly Uint8Array[], lease?: Lease): void {
    if (this.#isEnding) return;
    this.framesIn += 1;
    if (this.#isGone()) return;
    const tail = this.#queue.at(-1);
    if (tail !== undefined && pieces === this.#last) {
      tail.repeats += 1;
    } else {
      lease?.hold();
      this.#queue.push({ pieces, lease, repeats: 0 });
      this.#last = pieces;
    }
    this.#pump();
  }

  /** Resolves when the pipe has taken every frame (or has gone). Nothing is accepted any more. */
  async drained(): Promise<void> {
    this.#isEnding = true;
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
      this.#pipe?.once('close', resolve);
    });
  }

  #pump(): void {
    while (this.#inPipe < MAX_IN_PIPE) {
      const entry = this.#queue[0];
      if (entry === undefined || this.#pipe === undefined || this.#pipe.destroyed) break;
      this.#write(this.#pipe, entry);
      if (entry.repeats > 0) {
        entry.repeats -= 1;
        continue;
      }
      this.#queue.shift();
      entry.lease?.release();
    }
    if (this.#isIdle()) this.#onDrained?.();
  }

  #isIdle(): boolean {
    return this.#isGone() || (this.#queue.length === 0 && this.#inPipe === 0);
  }

  #isGone(): boolean {
    return this.#pipe === undefined || this.#pipe.destroyed;
  }

  #write(pipe: Writable, { pieces, lease }: Entry): void {
    this.#inPipe += 1;
    lease?.hold();
    const last = pieces.length - 1;
    // Corked, the pieces reach the kernel in one writev and are never copied into one frame.
    pipe.cork();
    for (let index = 0; index < last; index += 1) pipe.write(pieces[index]);
    pipe.write(pieces[last] ?? new Uint8Array(0), () => {
      this.#inPipe -= 1;
      lease?.release();
      this.#pump();
    });
    pipe.uncork();
  }
}
