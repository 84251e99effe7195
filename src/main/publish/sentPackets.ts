// What was sent on a connection and not acknowledged yet, from the start of its GOP: the part of the backlog that a new connection needs again.
import type { TimedPacket } from './rtmpPackets.ts';

type Sent = { readonly entry: TimedPacket; readonly endsAtByte: number };

export class SentPackets {
  readonly #maxMs: number;
  #sent: Sent[] = [];

  /** @param maxMs most media time kept, for peers that acknowledge seldom or never */
  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /** @param endsAtByte count of bytes sent on the connection when the packet's last byte was */
  push(entry: TimedPacket, endsAtByte: number): void {
    this.#sent.push({ entry, endsAtByte });
    while (this.#spanMs() > this.#maxMs) this.#forgetBefore(this.#nextIdr(1));
  }

  /** Forgets whole GOPs that arrived; a GOP of which anything may be missing is kept whole, so that it can be sent again from its IDR. */
  acknowledge(byte: number): void {
    for (let next = this.#nextIdr(1); next < this.#sent.length; next = this.#nextIdr(1)) {
      const last = this.#sent[next - 1];
      if (last === undefined || last.endsAtByte > byte) return;
      this.#forgetBefore(next);
    }
  }

  /** Everything kept, in the order in which it was sent; empties the list. */
  takeAll(): TimedPacket[] {
    const entries = this.#sent.map(({ entry }) => entry);
    this.#sent = [];
    return entries;
  }

  #spanMs(): number {
    const first = this.#sent[0];
    const last = this.#sent.at(-1);
    return first === undefined || last === undefined ? 0 : last.entry.timestampMs - first.entry.timestampMs;
  }

  #nextIdr(from: number): number {
    for (let index = from; index < this.#sent.length; index += 1) {
      const packet = this.#sent[index]?.entry.packet;
      if (packet?.kind === 'video' && packet.isIdr) return index;
    }
    return this.#sent.length;
  }

  #forgetBefore(index: number): void {
    this.#sent.splice(0, index);
  }
}
