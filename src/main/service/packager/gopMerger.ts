// One track from several connections: keeps the first whole copy of each GOP, in order, and waits a bounded time for a better one.
import type { TimedGop } from './gopTiming.ts';

/** How long a damaged GOP, or one behind a hole, waits for another connection to bring what is missing. */
const PATIENCE_MS = 2500;
/**
 * How long the rest of a lost connection waits for the reconnected publisher to send that GOP again. Long, because nobody misses it: there is
 * nothing behind it that could be played, and as soon as there is, it waits no longer.
 */
const RECONNECT_PATIENCE_MS = 15 * 60_000;
/** More GOPs than this never wait. */
const MAX_WAITING = 8;

export type GopEnding = 'nextIdr' | 'unpublished' | 'lost';

type Candidate<T> = { readonly gop: T; readonly ending: GopEnding; readonly sinceMs: number };

export class GopMerger<T extends TimedGop> {
  readonly #emit: (gop: T) => void;
  readonly #toleranceTicks: number;
  #waiting: Candidate<T>[] = [];
  /** Newest presentation time that each live connection has reached. */
  readonly #progress = new Map<number, number>();
  #emittedUpTo: number | undefined;

  /** @param toleranceTicks positions closer than this are the same */
  constructor(toleranceTicks: number, emit: (gop: T) => void) {
    this.#toleranceTicks = toleranceTicks;
    this.#emit = emit;
  }

  get liveSources(): number {
    return this.#progress.size;
  }

  /** A frame of this connection has arrived; connections that never did are not waited for. */
  progress(source: number, ticks: number): void {
    this.#progress.set(source, Math.max(ticks, this.#progress.get(source) ?? ticks));
  }

  offer(gop: T, ending: GopEnding, nowMs: number): void {
    if (this.#isPast(gop)) return;
    const index = this.#waiting.findIndex((one) => Math.abs(one.gop.startTicks - gop.startTicks) <= this.#toleranceTicks);
    const known = this.#waiting[index];
    if (!known) {
      this.#waiting.push({ gop, ending, sinceMs: nowMs });
      this.#waiting.sort((one, other) => one.gop.startTicks - other.gop.startTicks);
    } else if (isBetter(gop, known.gop)) {
      this.#waiting[index] = { gop, ending, sinceMs: known.sinceMs };
    }
    this.drain(nowMs);
  }

  /** The connection sends no more of this track. */
  sourceGone(source: number, nowMs: number): void {
    this.#progress.delete(source);
    this.drain(nowMs);
  }

  /** Gives out what need not wait any longer; called on arrivals and from time to time. */
  drain(nowMs: number): void {
    for (let head = this.#waiting[0]; head && this.#isReady(head, nowMs); head = this.#waiting[0]) this.#giveOut();
  }

  /** Gives out everything, ready or not. */
  flush(): void {
    while (this.#waiting.length > 0) this.#giveOut();
  }

  #giveOut(): void {
    const head = this.#waiting.shift();
    if (!head) return;
    // A longer candidate may have taken over the beginning of this one.
    if (this.#isPast(head.gop)) return;
    this.#emittedUpTo = head.gop.endTicks;
    this.#emit(head.gop);
  }

  #isPast(gop: TimedGop): boolean {
    return this.#emittedUpTo !== undefined && gop.startTicks < this.#emittedUpTo - this.#toleranceTicks;
  }

  #isReady(head: Candidate<T>, nowMs: number): boolean {
    if (this.#waiting.length > MAX_WAITING) return true;
    const waitedMs = nowMs - head.sinceMs;
    const isNextInLine = this.#emittedUpTo === undefined || head.gop.startTicks <= this.#emittedUpTo + this.#toleranceTicks;
    if (head.gop.isWhole && isNextInLine) return true;
    if (head.ending === 'lost') return waitedMs >= RECONNECT_PATIENCE_MS || (this.#waiting.length > 1 && this.#everyonePassed(head));
    return waitedMs >= PATIENCE_MS || this.#everyonePassed(head);
  }

  #everyonePassed(head: Candidate<T>): boolean {
    return [...this.#progress.values()].every((ticks) => ticks >= head.gop.endTicks - this.#toleranceTicks);
  }
}

function isBetter(candidate: TimedGop, known: TimedGop): boolean {
  if (candidate.isWhole !== known.isWhole) return candidate.isWhole;
  return !known.isWhole && candidate.samples.length > known.samples.length;
}
