// Moves packets from a backlog into the fragments of one POST. Knows what has left this machine, and what a new connection has to send again.
// Never connects, never drops.
import type { VideoTrackConfig } from '../media/packets.ts';
import type { Backlog } from './backlog.ts';
import type { Feed, FeedEvents } from './carrier.ts';
import { FragmentCutter, type CutFragment } from './fragmentCutter.ts';
import { HoldPoint } from './holdPoint.ts';
import type { SmoothConnection } from './smoothConnection.ts';
import { writeFragment } from './smoothFragment.ts';

/** Two of each track are sent again after a break (Fragmented MP4 Live Ingest §4). */
const RESENT_FRAGMENTS = 4;
/** One GOP may be on its way out while the next one comes together; more than that waits where it can be dropped. */
const MAX_GOPS_IN_SOCKET = 2;
/** A server that refuses a stream says so at once. One that has taken a fragment and said nothing for so long wants it. */
const SILENT_MS = 1000;

export class SmoothFeed implements Feed {
  readonly holdPoint: Promise<'hold'>;
  readonly #connection: SmoothConnection;
  readonly #backlog: Backlog;
  /** False: everything counts as missing there until the answer, as far as the backlog keeps it. */
  readonly #trustsSocket: boolean;
  readonly #events: FeedEvents;
  readonly #cutter: FragmentCutter;
  readonly #hold = new HoldPoint();
  /** Fragments that have not left this process whole. */
  #leaving: { readonly kind: 'video' | 'audio'; readonly endsAtByte: number }[] = [];
  /** Ends of the last ones that have. */
  #left: number[] = [];
  /** When the first video fragment had left. */
  #firstLeftAtMs: number | undefined;
  #isTaken = false;
  #hasBegun = false;
  #isFlushing = false;
  #onNothingToSend: (() => void) | undefined;

  /** @param trustsSocket true: of what has left this process only the last fragments are sent again after a break */
  constructor(connection: SmoothConnection, backlog: Backlog, { frameRate }: VideoTrackConfig, trustsSocket: boolean, events: FeedEvents) {
    this.#connection = connection;
    this.#backlog = backlog;
    this.#trustsSocket = trustsSocket;
    this.#events = events;
    this.#cutter = new FragmentCutter(frameRate);
    this.holdPoint = this.#hold.promise;
  }

  get isTaken(): boolean {
    return this.#isTaken;
  }

  hold(): void {
    this.#hold.want();
    this.pump();
  }

  release(): void {
    this.#hold.release();
  }

  async flush(): Promise<void> {
    this.#isFlushing = true;
    await new Promise<void>((resolve) => {
      this.#onNothingToSend = resolve;
      this.pump();
    });
  }

  giveUp(): void {
    this.#onNothingToSend?.();
  }

  /** A body has no place for what nobody needs, and its answers would not tell how fast it came. */
  fill(): number {
    return 0;
  }

  close(): void {
    this.release();
    for (const entry of this.#cutter.takeBack()) this.#backlog.sent(entry, Number.POSITIVE_INFINITY);
  }

  pump(): void {
    this.#progress();
    while (this.#takesMore) {
      if (this.#hold.isWanted && (!this.#hasBegun || this.#backlog.isAtGopBoundary)) {
        this.#send(this.#cutter.flush());
        this.#hold.reached();
        return;
      }
      const next = this.#backlog.take(this.#isFlushing);
      if (next === undefined) {
        if (this.#isFlushing && !this.#backlog.isSpooling) {
          this.#send(this.#cutter.flush());
          this.#onNothingToSend?.();
        }
        return;
      }
      this.#hasBegun = true;
      this.#send(this.#cutter.add(next));
    }
  }

  get #takesMore(): boolean {
    return this.#leaving.filter(({ kind }) => kind === 'video').length < MAX_GOPS_IN_SOCKET;
  }

  #send(fragments: readonly CutFragment[]): void {
    for (const { fragment, entries } of fragments) {
      this.#connection.write(writeFragment(fragment));
      const endsAtByte = this.#connection.sentBytes;
      this.#leaving.push({ kind: fragment.kind, endsAtByte });
      for (const entry of entries) {
        this.#events.onSent(entry.packet, endsAtByte);
        this.#backlog.sent(entry, endsAtByte);
      }
    }
  }

  #progress(): void {
    const { flushedBytes } = this.#connection;
    for (let next = this.#leaving[0]; next !== undefined && next.endsAtByte <= flushedBytes; next = this.#leaving[0]) {
      this.#leaving.shift();
      this.#left.push(next.endsAtByte);
      if (next.kind === 'video') this.#firstLeftAtMs ??= performance.now();
    }
    const whole = this.#left.splice(0, Math.max(0, this.#left.length - RESENT_FRAGMENTS)).at(-1);
    if (whole !== undefined) {
      this.#events.onTaken(whole);
      if (this.#trustsSocket) this.#backlog.acknowledge(whole);
    }
    if (this.#isTaken || this.#firstLeftAtMs === undefined || performance.now() - this.#firstLeftAtMs < SILENT_MS) return;
    this.#isTaken = true;
    this.#events.onMediaTaken(false);
  }
}
