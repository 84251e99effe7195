// Which packets of a publisher have arrived at the server, as far as the server says: acknowledged, or taken before a connection ended in
// good order. Everything else may be missing there.
import type { MediaPacket } from '../media/packets.ts';

/** A packet without its bytes. */
export type PacketName = Pick<MediaPacket, 'kind' | 'frame'>;

export class Arrivals {
  readonly #onArrived: (packet: PacketName) => void;
  #onTheWay: { readonly name: PacketName; readonly endsAtByte: number }[] = [];

  constructor(onArrived: (packet: PacketName) => void) {
    this.#onArrived = onArrived;
  }

  /** @param endsAtByte count of bytes sent on the connection when the packet's last byte was */
  sent({ kind, frame }: PacketName, endsAtByte: number): void {
    this.#onTheWay.push({ name: { kind, frame }, endsAtByte });
  }

  /** @param byte up to which the server has taken the connection's bytes */
  taken(byte: number): void {
    const next = this.#onTheWay.findIndex(({ endsAtByte }) => endsAtByte > byte);
    for (const { name } of this.#onTheWay.splice(0, next < 0 ? this.#onTheWay.length : next)) this.#onArrived(name);
  }

  /**
   * The connection is over. Returns how many video frames were on their way and may be lost.
   * @param inGoodOrder the server has closed it after the stream's end, and so has read all of it
   */
  over(inGoodOrder: boolean): number {
    if (inGoodOrder) this.taken(Infinity);
    const lost = this.#onTheWay.filter(({ name }) => name.kind === 'video').length;
    this.#onTheWay = [];
    return lost;
  }
}
