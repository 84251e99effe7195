// Moves packets from a backlog into the fragments of one POST. Knows what has left this machine, and what a new connection has to send again.
// Never connects, never drops.
import type { AudioTrackConfig, VideoTrackConfig } from '../media/packets.ts';
import type { Backlog } from './backlog.ts';
import type { Feed, FeedEvents } from './carrier.ts';
import { FragmentCutter, type CutFragment } from './fragmentCutter.ts';
import { FlushPoint } from './flushPoint.ts';
import { HoldPoint } from './holdPoint.ts';
import type { TimedPacket } from './rtmpPackets.ts';
import type { SmoothConnection } from './smoothConnection.ts';
import { writeFragment } from './smoothFragment.ts';
import { smoothHeader } from './smoothHeader.ts';
import type { VideoHeaders } from './videoHeaders.ts';

export type SmoothFeedSettings = {
  readonly backlog: Backlog;
  readonly headers: VideoHeaders;
  readonly video: VideoTrackConfig;
  readonly audio: AudioTrackConfig;
  /** True: of what has left this process only the last fragments are sent again after a break; else all that no answer has covered. */
  readonly trustsSocket: boolean;
};

/** Two of each track are sent again after a break (Fragmented MP4 Live Ingest §4). */
const RESENT_FRAGMENTS = 4;
/** One GOP may be on its way out while the next one comes together; more than that waits where it can be dropped. */
const MAX_GOPS_IN_SOCKET = 2;
/** A server that refuses a stream says so at once. One that has taken a fragment and said nothing for so long wants it. */
const SILENT_MS = 1000;

export class SmoothFeed implements Feed {
  readonly holdPoint: Promise<'hold'>;
  readonly #connection: SmoothConnection;
  readonly #settings: SmoothFeedSettings;
  readonly #backlog: Backlog;
  readonly #events: FeedEvents;
  readonly #cutter: FragmentCutter;
  readonly #hold = new HoldPoint();
  readonly #flush = new FlushPoint();
  /** Fragments that have not left this process whole. */
  #leaving: { readonly kind: 'video' | 'audio'; readonly endsAtByte: number }[] = [];
  /** Ends of the last ones that have. */
  #left: number[] = [];
  /** When the first video fragment had left. */
  #firstLeftAtMs: number | undefined;
  #isTaken = false;
  /** Whose parameter sets the body began with. */
  #header: VideoTrackConfig | undefined;
  /** The first packet of an encoder with other parameter sets: it needs a POST with a header of its own. */
  #ofNextHeader: TimedPacket | undefined;
  /** It stands where it may end. */
  #isOver = false;

  constructor(connection: SmoothConnection, settings: SmoothFeedSettings, events: FeedEvents) {
    this.#connection = connection;
    this.#settings = settings;
    this.#backlog = settings.backlog;
    this.#events = events;
    this.#cutter = new FragmentCutter(settings.video.frameRate);
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
    await this.#flush.want(() => this.pump());
  }

  giveUp(): void {
    this.#flush.reached();
  }

  /** A body has no place for what nobody needs, and its answers would not tell how fast it came. */
  fill(): number {
    return 0;
  }

  close(): void {
    this.release();
    if (this.#connection.acknowledgedBytes > 0 || this.#ofNextHeader !== undefined) this.#backlog.forgetSent();
    const unsent = this.#ofNextHeader === undefined ? this.#cutter.takeBack() : [this.#ofNextHeader];
    for (const entry of unsent) this.#backlog.sent(entry, Number.POSITIVE_INFINITY);
  }

  pump(): void {
    this.#progress();
    while (this.#takesMore && !this.#isOver) {
      if (this.#hold.isWanted && (this.#header === undefined || this.#backlog.isAtGopBoundary)) {
        this.#endHere();
        return;
      }
      const next = this.#backlog.take(this.#flush.isWanted);
      if (next === undefined) {
        if (this.#flush.isWanted && !this.#backlog.isSpooling) {
          this.#send(this.#cutter.flush());
          this.#flush.reached();
        }
        return;
      }
      if (next.packet.kind === 'video' && next.packet.isIdr && !this.#isOfThisHeader(next)) {
        this.#ofNextHeader = next;
        this.#endHere();
        return;
      }
      this.#send(this.#cutter.add(next));
    }
  }

  /** A body has one header. The first packet is an IDR, which brings it. */
  #isOfThisHeader({ timestampMs }: TimedPacket): boolean {
    const { headers, video, audio } = this.#settings;
    const header = headers.at(timestampMs) ?? video;
    if (this.#header === undefined) {
      this.#header = header;
      this.#connection.write([smoothHeader(header, audio)]);
    }
    return this.#header === header;
  }

  #endHere(): void {
    this.#isOver = true;
    this.#send(this.#cutter.flush());
    this.#hold.reached();
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
      if (this.#settings.trustsSocket) this.#backlog.acknowledge(whole);
    }
    if (this.#isTaken || this.#firstLeftAtMs === undefined || performance.now() - this.#firstLeftAtMs < SILENT_MS) return;
    this.#isTaken = true;
    this.#events.onMediaTaken(false);
  }
}
