// What was sent on a connection and may not be stored yet, GOP by GOP: the part of the backlog that a new connection needs again.
import type { TimedPacket } from './rtmpPackets.ts';

/** From an IDR to the next one; what was sent before the first IDR counts as one, too. */
type Gop = { readonly entries: TimedPacket[]; endsAtByte: number };

export class SentPackets {
  readonly #maxMs: number;
  readonly #keptGops: number;
  #gops: Gop[] = [];

  /**
   * @param maxMs most media time kept, for peers that acknowledge seldom or never
   * @param keptGops so many whole GOPs are kept that were acknowledged
   */
  constructor(maxMs: number, keptGops: number) {
    this.#maxMs = maxMs;
    this.#keptGops = keptGops;
  }

  /** @param endsAtByte count of bytes sent on the connection when the packet's last byte was */
  push(entry: TimedPacket, endsAtByte: number): void {
    const last = this.#gops.at(-1);
    if (last === undefined || (entry.packet.kind === 'video' && entry.packet.isIdr)) {
      this.#gops.push({ entries: [entry], endsAtByte });
    } else {
      last.entries.push(entry);
      last.endsAtByte = endsAtByte;
    }
    for (let first = this.#gops[0]?.entries[0]; first !== undefined && entry.timestampMs - first.timestampMs > this.#maxMs; first = this.#gops[0]?.entries[0]) {
      this.#gops.shift();
    }
  }

  /** Forgets whole GOPs that arrived, but for the last few; what is kept can be sent again from an IDR. */
  acknowledge(byte: number): void {
    const arrived = this.#gops.findLastIndex(({ endsAtByte }) => endsAtByte <= byte) + 1;
    const whole = Math.min(arrived, this.#gops.length - 1);
    if (whole > this.#keptGops) this.#gops.splice(0, whole - this.#keptGops);
  }

  /** Everything kept, in the order in which it was sent; empties the list. */
  takeAll(): TimedPacket[] {
    const entries = this.#gops.flatMap((gop) => gop.entries);
    this.#gops = [];
    return entries;
  }
}
