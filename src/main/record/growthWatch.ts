// Watches the file of a recording from outside, as an operator would: whether it is there, and whether it grows. It never waits for the file
// system, and at most one question is open, however long a dead disk takes to answer.
import { stat } from 'node:fs/promises';

const INTERVAL_MS = 2_000;

export type FileFacts = { readonly sizeBytes: number; readonly id: string };

export type GrowthWatchOptions = {
  /** The file that is written just now. */
  readonly path: () => string;
  /** It is not where it was, or another one stands there. */
  readonly onVanished: (path: string) => void;
  /** Undefined where there is none. The file system's own answer by default. */
  readonly look?: (path: string) => Promise<FileFacts | undefined>;
  readonly nowMs?: () => number;
};

export class GrowthWatch {
  readonly #options: Required<GrowthWatchOptions>;
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;
  #seen: { readonly path: string; readonly facts: FileFacts } | undefined;
  #grewAtMs: number;

  constructor(options: GrowthWatchOptions) {
    this.#options = { look: lookAt, nowMs: () => performance.now(), ...options };
    this.#grewAtMs = this.#options.nowMs();
    this.#timer = setInterval(() => { void this.ask(); }, INTERVAL_MS);
    this.#timer.unref();
  }

  /** Time since the file was seen to be larger than before, ms. */
  get stalledMs(): number {
    return this.#options.nowMs() - this.#grewAtMs;
  }

  async ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const path = this.#options.path();
    try {
      this.#note(path, await this.#options.look(path));
    } catch {
      // It gave no answer: it was not seen to grow.
    } finally {
      this.#isAsking = false;
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #note(path: string, facts: FileFacts | undefined): void {
    const before = this.#seen?.path === path ? this.#seen.facts : undefined;
    if (before !== undefined && before.id !== facts?.id) {
      this.#seen = undefined;
      this.#options.onVanished(path);
      return;
    }
    if (facts === undefined) return;
    if (facts.sizeBytes > (before?.sizeBytes ?? 0)) this.#grewAtMs = this.#options.nowMs();
    this.#seen = { path, facts };
  }
}

async function lookAt(path: string): Promise<FileFacts | undefined> {
  try {
    const { size, dev, ino } = await stat(path, { bigint: true });
    return { sizeBytes: Number(size), id: `${dev} ${ino}` };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
