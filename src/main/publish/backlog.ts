// All media of one connection that the server does not have for sure: what waits in memory, what waits on disk, what was sent and is
// unacknowledged. Knows no sockets.
import type { VideoTrackConfig } from '../media/packets.ts';
import { PacketQueue } from './packetQueue.ts';
import { PacketSpool } from './packetSpool.ts';
import { resendsAfterBreak, type PublishPolicy } from './publishPolicy.ts';
import type { TimedPacket } from './rtmpPackets.ts';
import { SentPackets } from './sentPackets.ts';

/** How far audio and video wait for each other so that time on the wire never runs backwards; more than an encoder's look-ahead. */
const INTERLEAVE_MS = 2000;
/** More than this waits on disk; well above the interleaving and a slow second. */
const SPOOL_ABOVE_MS = 6000;
/** The disk is read when less than this waits in memory. */
const REFILL_BELOW_MS = 3000;
/** Most media time of what was sent that is kept for peers that acknowledge seldom or never. */
const MAX_UNACKNOWLEDGED_MS = 20_000;

/**
 * A server acknowledges what it has read, not what it has stored: one that is killed loses the GOP before the one that it is given, and the
 * sound of that, which it cuts after the picture. Where a backlog is welcome, so many GOPs are sent again that were acknowledged.
 */
const STORED_LATE_GOPS = 2;

/** What may wait while the first connection is made: a handshake over a slow line, nothing that a cloud would call a burst. */
const FIRST_PACKETS_MS = 2000;

export type BacklogEvents = {
  /** See QueueLimits. */
  readonly mayBeginAt?: (idrFrame: number) => boolean;
  /** Packets have come from the disk. */
  readonly onRefilled: () => void;
  readonly onSpoolFailed: (error: unknown) => void;
};

export class Backlog {
  readonly #queue: PacketQueue;
  readonly #spool: PacketSpool | undefined;
  readonly #unacknowledged: SentPackets;
  readonly #events: BacklogEvents;
  readonly #resends: boolean;
  #isRefilling = false;
  #hasBegun = false;

  constructor(policy: PublishPolicy, video: VideoTrackConfig, events: BacklogEvents) {
    const { maxQueuedMs, dropNonReferenceAboveMs, spool } = policy;
    this.#resends = resendsAfterBreak(policy);
    this.#events = events;
    this.#queue = new PacketQueue({ maxQueuedMs, interleaveMs: Math.min(INTERLEAVE_MS, maxQueuedMs / 2), dropNonReferenceAboveMs, mayBeginAt: events.mayBeginAt });
    this.#unacknowledged = new SentPackets(Math.min(MAX_UNACKNOWLEDGED_MS, maxQueuedMs), policy.burstWelcome ? STORED_LATE_GOPS : 0);
    this.#spool = spool === undefined ? undefined : new PacketSpool(spool, video.rendition, video.frameRate, (error) => {
      this.#queue.awaitIdr();
      events.onSpoolFailed(error);
    });
  }

  /** Media time from the oldest packet that waits to the newest, in memory and on disk. */
  get queuedMs(): number {
    if (!this.isSpooling || this.#spool === undefined) return this.#queue.queuedMs;
    return Math.max(this.#queue.queuedMs, this.#spool.newestMs - (this.#queue.oldestMs ?? this.#spool.oldestMs));
  }

  /** Video frames that will never be sent. */
  get droppedFrames(): number {
    const { nonReference, overflow, beforeIdr } = this.#queue.drops;
    return nonReference + overflow + beforeIdr + (this.#spool?.droppedFrames ?? 0);
  }

  get isAtGopBoundary(): boolean {
    return this.#queue.isAtGopBoundary;
  }

  push(entry: TimedPacket): void {
    if (this.#spool?.isUsable === true && (this.isSpooling || this.#queue.queuedMs > SPOOL_ABOVE_MS)) this.#spool.push(entry);
    else this.#queue.push(entry);
  }

  /** The packet that is next (see PacketQueue.take). */
  take(flush: boolean): TimedPacket | undefined {
    this.#refill();
    return this.#queue.take(flush && !this.isSpooling);
  }

  /** True while packets are on disk: an empty `take` does not mean that nothing is left. */
  get isSpooling(): boolean {
    return this.#isRefilling || this.#spool?.isHolding === true;
  }

  /** @param endsAtByte count of bytes sent on the connection when the packet's last byte was */
  sent(entry: TimedPacket, endsAtByte: number): void {
    if (this.#resends) this.#unacknowledged.push(entry, endsAtByte);
  }

  acknowledge(byte: number): void {
    if (this.#resends) this.#unacknowledged.acknowledge(byte);
  }

  /** What was sent has arrived, or belongs to a connection that cannot be taken up again. */
  forgetSent(): void {
    this.#unacknowledged.takeAll();
  }

  /**
   * A new connection begins: with the backlog where that is welcome, else at the next IDR that comes. The first one begins with the first
   * packets of the show in any case, unless it took long to come.
   */
  restart(): void {
    const unacknowledged = this.#unacknowledged.takeAll();
    const isBeginning = !this.#hasBegun && this.#queue.queuedMs <= FIRST_PACKETS_MS;
    this.#hasBegun = true;
    if (this.#resends || isBeginning) this.#queue.restartWithBacklog(unacknowledged);
    else this.#queue.restartAtNextIdr();
  }

  /** Gives the disk space back. */
  async close(): Promise<void> {
    await this.#spool?.close();
  }

  #refill(): void {
    const spool = this.#spool;
    if (spool === undefined || this.#isRefilling || !spool.isHolding || this.#queue.queuedMs >= REFILL_BELOW_MS) return;
    void this.#refillFrom(spool);
  }

  async #refillFrom(spool: PacketSpool): Promise<void> {
    this.#isRefilling = true;
    const entries = await spool.read();
    this.#isRefilling = false;
    for (const entry of entries) this.#queue.push(entry);
    this.#events.onRefilled();
  }
}
