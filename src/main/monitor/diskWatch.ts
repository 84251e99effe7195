// Tells how long the disk will last at the recording's own pace. It asks the file system now and then and never waits for it.
import { statfs } from 'node:fs/promises';

const INTERVAL_MS = 5_000;
/** The pace is known once this much has been recorded. */
const MIN_PACE_MS = 10_000;

export type DiskFacts = {
  /** Bytes of the recording so far. */
  readonly recordedBytes: () => number;
  /** Bytes that are free for this user in `dir`. The file system's own answer by default. */
  readonly freeBytes?: (dir: string) => Promise<number>;
  readonly nowMs?: () => number;
};

async function freeBytesOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

export class DiskWatch {
  readonly #dir: string;
  readonly #facts: Required<DiskFacts>;
  readonly #startedAtMs: number;
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;
  #secondsLeft: number | undefined;

  constructor(dir: string, facts: DiskFacts) {
    this.#dir = dir;
    this.#facts = { freeBytes: freeBytesOf, nowMs: () => performance.now(), ...facts };
    this.#startedAtMs = this.#facts.nowMs();
    this.#timer = setInterval(() => { void this.ask(); }, INTERVAL_MS);
    this.#timer.unref();
  }

  /** Undefined until the pace is known, and while the file system gives no answer for the first time. */
  get secondsLeft(): number | undefined {
    return this.#secondsLeft;
  }

  /** Asks once; at most one question is open, however long a dead network disk takes to answer it. */
  async ask(): Promise<void> {
    const elapsedMs = this.#facts.nowMs() - this.#startedAtMs;
    const recorded = this.#facts.recordedBytes();
    if (this.#isAsking || elapsedMs < MIN_PACE_MS || recorded <= 0) return;
    this.#isAsking = true;
    try {
      this.#secondsLeft = await this.#facts.freeBytes(this.#dir) / (recorded / (elapsedMs / 1000));
    } catch {
      // A folder that is gone is the recorder's to report.
      this.#secondsLeft = undefined;
    } finally {
      this.#isAsking = false;
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
