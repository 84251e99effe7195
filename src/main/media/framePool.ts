// Buffers of one size that are used again when nobody holds them. At 93 MB of raw pictures a second (1080p30) fresh memory for
// each frame costs more in page faults and garbage collection than everything else that Node does with it.

/** Shared use of a buffer. Who keeps it beyond a call holds it; who forgets to release it costs one allocation and nothing else. */
export interface Lease {
  hold(): void;
  /** After the last release the buffer is overwritten: nobody may look at it then. */
  release(): void;
}

export type PooledBuffer = { readonly bytes: Uint8Array; readonly lease: Lease };

/** Of buffers given out, after which what was needed before is forgotten: 20 s at 30 fps. */
const WINDOW = 600;

/**
 * Keeps as many buffers as were out at once lately, so that an encoder that lags and catches up again and again makes no new memory:
 * what goes back to the system and is asked for again sets off full garbage collections.
 */
export class FramePool {
  readonly bytesPerFrame: number;
  readonly #free: Uint8Array[] = [];
  #out = 0;
  #given = 0;
  /** The most that were out at once, in this window and in the one before. */
  #most = 0;
  #mostBefore = 0;

  constructor(bytesPerFrame: number) {
    this.bytesPerFrame = bytesPerFrame;
  }

  /** A buffer of unknown content, held once by the caller. */
  acquire(): PooledBuffer {
    const bytes = this.#free.pop() ?? new Uint8Array(this.bytesPerFrame);
    this.#count();
    let holders = 1;
    const lease: Lease = {
      hold: () => { holders += 1; },
      release: () => {
        holders -= 1;
        if (holders !== 0) return;
        this.#out -= 1;
        if (this.#out + this.#free.length < this.#wanted) this.#free.push(bytes);
      },
    };
    return { bytes, lease };
  }

  get #wanted(): number {
    return Math.max(this.#most, this.#mostBefore);
  }

  #count(): void {
    this.#out += 1;
    this.#given += 1;
    if (this.#given % WINDOW === 0) {
      this.#mostBefore = this.#most;
      this.#most = this.#out;
      this.#free.splice(0, this.#out + this.#free.length - this.#wanted);
    }
    this.#most = Math.max(this.#most, this.#out);
  }
}

/** Fills buffers of a pool with the bytes of a pipe and gives out each one that is full. */
export class FrameAssembler {
  readonly #pool: FramePool;
  readonly #onFrame: (frame: PooledBuffer) => void;
  #current: PooledBuffer;
  #filled = 0;

  /** @param onFrame receives each full buffer with one hold on it. */
  constructor(pool: FramePool, onFrame: (frame: PooledBuffer) => void) {
    this.#pool = pool;
    this.#onFrame = onFrame;
    this.#current = pool.acquire();
  }

  /** Where the next bytes belong; at least one byte long. Followed by {@link advance}. */
  space(): Uint8Array {
    return this.#current.bytes.subarray(this.#filled);
  }

  /** `count` bytes have been put into {@link space}. */
  advance(count: number): void {
    this.#filled += count;
    if (this.#filled < this.#pool.bytesPerFrame) return;
    const full = this.#current;
    this.#current = this.#pool.acquire();
    this.#filled = 0;
    this.#onFrame(full);
  }

  /** Forgets the bytes of an unfinished frame. */
  reset(): void {
    this.#filled = 0;
  }
}
