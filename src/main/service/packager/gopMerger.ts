// One track from several connections: keeps one whole copy of each GOP, in order, and waits a bounded time for a better one. Copies come from
// one instance as long as it delivers: a GOP is never mixed from two, and instances that differ are shown one after the other.
import type { TimedGop } from './gopTiming.ts';
import { SourceChoice } from './sourceChoice.ts';

/** How long a damaged GOP, or one behind a hole, waits for another connection to bring what is missing. */
const PATIENCE_MS = 2500;
/** How long a whole GOP of another instance waits for that of the instance that is shown, while that one still sends. */
const GRACE_MS = 800;
/**
 * How long the rest of a lost connection waits for the reconnected publisher to send that GOP again. Long, because nobody misses it: there is
 * nothing behind it that could be played, and as soon as there is, it waits no longer.
 */
const RECONNECT_PATIENCE_MS = 15 * 60_000;
/** More GOPs than this, or more bytes, never wait. */
const MAX_WAITING = 8;
const MAX_WAITING_BYTES = 128 * 1024 * 1024;
/** Instances of which a copy of one GOP is kept. */
const MAX_COPIES = 3;

export type GopEnding = 'nextIdr' | 'unpublished' | 'lost';

type Copy<T> = { readonly gop: T; readonly ending: GopEnding; readonly origin: string; readonly atMs: number };
/** Copies of one GOP, one of each instance, in the order of arrival. */
type Position<T> = { readonly startTicks: number; readonly sinceMs: number; readonly copies: readonly Copy<T>[] };

export class GopMerger<T extends TimedGop> {
  readonly #emit: (gop: T) => void;
  readonly #toleranceTicks: number;
  readonly #choice: SourceChoice;
  #waiting: Position<T>[] = [];
  /** Newest presentation time that each live connection has reached. */
  readonly #progress = new Map<number, { readonly ticks: number; readonly origin: string }>();
  #emittedUpTo: number | undefined;
  /** The instance of the last GOP. */
  #shown: string | undefined;

  /** @param toleranceTicks positions closer than this are the same @param choice shared by the tracks of a channel */
  constructor(toleranceTicks: number, emit: (gop: T) => void, choice = new SourceChoice()) {
    this.#toleranceTicks = toleranceTicks;
    this.#emit = emit;
    this.#choice = choice;
  }

  get liveSources(): number {
    return this.#progress.size;
  }

  /** A frame of this connection has arrived; connections that never did are not waited for. @param origin the instance that it belongs to */
  progress(source: number, ticks: number, origin = ''): void {
    this.#progress.set(source, { ticks: Math.max(ticks, this.#progress.get(source)?.ticks ?? ticks), origin });
  }

  offer(gop: T, ending: GopEnding, nowMs: number, origin = ''): void {
    if (this.#isPast(gop)) return;
    const copy: Copy<T> = { gop, ending, origin, atMs: nowMs };
    const index = this.#waiting.findIndex((one) => Math.abs(one.startTicks - gop.startTicks) <= this.#toleranceTicks);
    const known = this.#waiting[index];
    if (!known) {
      this.#waiting.push({ startTicks: gop.startTicks, sinceMs: nowMs, copies: [copy] });
      this.#waiting.sort((one, other) => one.startTicks - other.startTicks);
    } else {
      this.#waiting[index] = { ...known, copies: withCopy(known.copies, copy) };
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
    for (let head = this.#waiting[0]; head && this.#isReady(head, nowMs); head = this.#waiting[0]) this.#giveOut(nowMs);
  }

  /** Gives out everything, ready or not. */
  flush(): void {
    while (this.#waiting.length > 0) this.#giveOut(0);
  }

  #giveOut(nowMs: number): void {
    const head = this.#waiting.shift();
    const best = head && this.#bestOf(head);
    // A longer candidate may have taken over the beginning of this one.
    if (!best || this.#isPast(best.gop)) return;
    this.#emittedUpTo = best.gop.endTicks;
    this.#choice.took(best.origin, nowMs);
    this.#shown = best.origin;
    this.#emit(best.gop);
  }

  /** Whole before torn; of whole ones that of the instance that is shown, else the first; of torn ones the one with most frames. */
  #bestOf({ copies }: Position<T>): Copy<T> | undefined {
    const whole = copies.filter(({ gop }) => gop.isWhole);
    if (whole.length > 0) return whole.find(({ origin }) => origin === this.#preferred) ?? whole[0];
    return copies.reduce<Copy<T> | undefined>((best, one) => (best === undefined || one.gop.samples.length > best.gop.samples.length ? one : best), undefined);
  }

  /** The instance that the channel shows, where it sends this track; else the one that this track showed last. */
  get #preferred(): string | undefined {
    const { origin } = this.#choice;
    return origin !== undefined && this.#isLive(origin) ? origin : this.#shown;
  }

  #isLive(origin: string): boolean {
    return [...this.#progress.values()].some((one) => one.origin === origin);
  }

  #isPast(gop: TimedGop): boolean {
    return this.#emittedUpTo !== undefined && gop.startTicks < this.#emittedUpTo - this.#toleranceTicks;
  }

  #isReady(head: Position<T>, nowMs: number): boolean {
    const best = this.#bestOf(head);
    if (!best || this.#waiting.length > MAX_WAITING || this.#waitingBytes() > MAX_WAITING_BYTES) return true;
    const waitedMs = nowMs - head.sinceMs;
    const isNextInLine = this.#emittedUpTo === undefined || head.startTicks <= this.#emittedUpTo + this.#toleranceTicks;
    if (best.gop.isWhole && isNextInLine) return this.#mayShow(best, nowMs);
    if (best.ending === 'lost') return waitedMs >= RECONNECT_PATIENCE_MS || (this.#waiting.length > 1 && this.#everyonePassed(best.gop));
    return waitedMs >= PATIENCE_MS || this.#everyonePassed(best.gop);
  }

  /** False while the instance that is shown may still bring its own copy. */
  #mayShow(best: Copy<T>, nowMs: number): boolean {
    const preferred = this.#preferred;
    if (preferred === undefined || best.origin === preferred || nowMs - best.atMs >= GRACE_MS) return true;
    return [...this.#progress.values()].every(({ origin, ticks }) => origin !== preferred || ticks >= best.gop.endTicks - this.#toleranceTicks);
  }

  #everyonePassed(gop: TimedGop): boolean {
    return [...this.#progress.values()].every(({ ticks }) => ticks >= gop.endTicks - this.#toleranceTicks);
  }

  #waitingBytes(): number {
    let sum = 0;
    for (const { copies } of this.#waiting) for (const { gop } of copies) for (const { data } of gop.samples) sum += data.length;
    return sum;
  }
}

/** One copy of each instance: the first whole one, else the one with most frames. */
function withCopy<T extends TimedGop>(copies: readonly Copy<T>[], copy: Copy<T>): readonly Copy<T>[] {
  const known = copies.find(({ origin }) => origin === copy.origin);
  if (known === undefined) return copies.length < MAX_COPIES ? [...copies, copy] : copies;
  return isBetter(copy.gop, known.gop) ? copies.map((one) => (one === known ? copy : one)) : copies;
}

function isBetter(candidate: TimedGop, known: TimedGop): boolean {
  if (candidate.isWhole !== known.isWhole) return candidate.isWhole;
  return !known.isWhole && candidate.samples.length > known.samples.length;
}
