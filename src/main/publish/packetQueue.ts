// What waits to be sent on one connection, measured in media time. Gives audio and video out in one order of time,
// begins with an IDR, and drops when too much waits: first frames to which nobody refers, then whole GOPs. Reads no clock; never drops audio
// to save video.
import type { TimedPacket } from './rtmpPackets.ts';

export type QueueLimits = {
  /** Longest media time that may wait in one track. */
  readonly maxQueuedMs: number;
  /** How far one track may be ahead before it no longer waits for the other, which is late or silent. */
  readonly interleaveMs: number;
  /** When more video waits, frames to which no other refers are dropped; they never are where it is not given. */
  readonly dropNonReferenceAboveMs?: number | undefined;
  /** Is told of every IDR; one that it refuses is not begun with. */
  readonly mayBeginAt?: ((idrFrame: number) => boolean) | undefined;
};

/** Video frames that were thrown away, by cause; kept over the queue's life. */
export type QueueDrops = {
  /** The queue was getting full, and no other frame referred to them. */
  nonReference: number;
  /** The queue was full. */
  overflow: number;
  /** They came before the IDR at which a connection begins. */
  beforeIdr: number;
};

export class PacketQueue {
  readonly drops: QueueDrops = { nonReference: 0, overflow: 0, beforeIdr: 0 };
  readonly #limits: QueueLimits;
  #video: TimedPacket[] = [];
  #audio: TimedPacket[] = [];
  /** True until an IDR is the next video packet: nothing else may be given out or kept. */
  #needsIdr = true;
  /** Decode time of the IDR that began the connection; audio before it belongs to video that is not sent. */
  #beganAtMs: number | undefined;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Media time from the oldest waiting packet to the newest. */
  get queuedMs(): number {
    // Sound that waits for the first IDR waits for no network.
    return this.#video.length === 0 && this.#beganAtMs === undefined ? 0 : Math.max(spanOf(this.#video), spanOf(this.#audio));
  }

  /** Wire time of the oldest waiting packet. */
  get oldestMs(): number | undefined {
    const times = [this.#video[0], this.#audio[0]].flatMap((entry) => (entry === undefined ? [] : [entry.timestampMs]));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** True when the video that is next begins a GOP: here a connection may pause without leaving half of one. */
  get isAtGopBoundary(): boolean {
    const [next] = this.#video;
    return next !== undefined && isIdr(next);
  }

  push(entry: TimedPacket): void {
    if (entry.packet.kind === 'audio') {
      this.#audio.push(entry);
      while (spanOf(this.#audio) > this.#limits.maxQueuedMs) this.#audio.shift();
      return;
    }
    const mayBegin = entry.packet.isIdr && this.#limits.mayBeginAt?.(entry.packet.frame) !== false;
    if (this.#needsIdr) {
      if (!mayBegin) {
        this.drops.beforeIdr += 1;
        return;
      }
      this.#needsIdr = false;
    }
    this.#video.push(entry);
    if (spanOf(this.#video) > (this.#limits.dropNonReferenceAboveMs ?? Infinity)) this.#dropNonReference();
    while (spanOf(this.#video) > this.#limits.maxQueuedMs) this.drops.overflow += this.#dropOldestGop();
  }

  /**
   * Removes the packet that is next in time. While one track is empty the other waits for it, up to `interleaveMs`;
   * with `flush` nothing waits. Audio is held back until the first IDR, and begins with it.
   */
  take(flush: boolean): TimedPacket | undefined {
    const video = this.#video[0];
    this.#beganAtMs ??= video?.timestampMs;
    if (this.#beganAtMs === undefined) return undefined;
    while (this.#audio[0] !== undefined && this.#audio[0].timestampMs < this.#beganAtMs) this.#audio.shift();
    const audio = this.#audio[0];
    if (video !== undefined && audio !== undefined) return video.timestampMs <= audio.timestampMs ? this.#video.shift() : this.#audio.shift();
    const only = video === undefined ? this.#audio : this.#video;
    return flush || spanOf(only) >= this.#limits.interleaveMs ? only.shift() : undefined;
  }

  /** What came between the last packet and the next has been lost: nothing is taken until an IDR comes. */
  awaitIdr(): void {
    this.#needsIdr = true;
  }

  /** A new connection that must not be flooded: what waits is dropped, and it begins at the next IDR that comes. */
  restartAtNextIdr(): void {
    this.drops.beforeIdr += this.#video.length;
    this.#video = [];
    this.#audio = [];
    this.#needsIdr = true;
    this.#beganAtMs = undefined;
  }

  /** A new connection that wants the backlog: `unacknowledged` goes before what waits, and it begins at the first IDR of all that. */
  restartWithBacklog(unacknowledged: readonly TimedPacket[]): void {
    const videoBefore = unacknowledged.filter((entry) => entry.packet.kind === 'video');
    this.#audio = [...unacknowledged.filter((entry) => entry.packet.kind === 'audio'), ...this.#audio];
    this.#video = [...videoBefore, ...this.#video];
    const firstIdr = this.#video.findIndex(isIdr);
    const dropped = this.#video.splice(0, firstIdr < 0 ? this.#video.length : firstIdr);
    // What was sent already and is not sent again was not dropped here.
    this.drops.beforeIdr += Math.max(0, dropped.length - videoBefore.length);
    this.#needsIdr = this.#video.length === 0;
    this.#beganAtMs = undefined;
    while (spanOf(this.#video) > this.#limits.maxQueuedMs) this.drops.overflow += this.#dropOldestGop();
    while (spanOf(this.#audio) > this.#limits.maxQueuedMs) this.#audio.shift();
  }

  #dropNonReference(): void {
    const kept = this.#video.filter(({ packet }) => packet.kind !== 'video' || packet.isReference);
    this.drops.nonReference += this.#video.length - kept.length;
    this.#video = kept;
  }

  /** The rest of the GOP at the head, up to the next IDR. Returns how many frames that were. */
  #dropOldestGop(): number {
    const next = this.#video.findIndex((entry, index) => index > 0 && isIdr(entry));
    const dropped = this.#video.splice(0, next < 0 ? this.#video.length : next).length;
    if (this.#video.length === 0) this.#needsIdr = true;
    return dropped;
  }
}

function spanOf(entries: readonly TimedPacket[]): number {
  const first = entries[0];
  const last = entries.at(-1);
  return first === undefined || last === undefined ? 0 : last.timestampMs - first.timestampMs;
}

function isIdr(entry: TimedPacket): boolean {
  return entry.packet.kind === 'video' && entry.packet.isIdr;
}
