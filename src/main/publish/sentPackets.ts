// What was sent on a connection and not acknowledged yet, GOP by GOP: the part of the backlog that a new connection needs again.
import type { TimedPacket } from './rtmpPackets.ts';

/** From an IDR to the next one; what was sent before the first IDR counts as one, too. */
type Gop = { readonly entries: TimedPacket[]; endsAtByte: number };

export class SentPackets {
  readonly #maxMs: number;
  #gops: Gop[] = [];

  /** @param maxMs most media time kept, for peers that acknowledge seldom or never */
  constructor(maxMs: number) {
    this.#maxMs = maxMs;
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

  /** Forgets whole GOPs that arrived; a GOP of which anything may be missing is kept whole, so that it can be sent again from its IDR. */
  acknowledge(byte: number): void {
    while (this.#gops.length > 1 && this.#gops[0] !== undefined && this.#gops[0].endsAtByte <= byte) this.#gops.shift();
  }

  /** Everything kept, in the order in which it was sent; empties the list. */
  takeAll(): TimedPacket[] {
    const entries = this.#gops.flatMap((gop) => gop.entries);
    this.#gops = [];
    return entries;
  }
}
