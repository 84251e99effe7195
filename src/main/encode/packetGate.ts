// Holds the packets of one encoder back until all renditions have given the same frames, so that another encoder can go on behind them
// with nothing missing and nothing twice. Pure. A group of B-frames, about three frames, is what is held in good order.
import type { VideoPacket } from '../media/packets.ts';

/** Beyond this an encoder leaves frames out or its renditions have lost step: what there is goes out as it is. */
const MAX_HELD_PACKETS = 24;

type Track = {
  held: VideoPacket[];
  /** Frame before which everything has come → how many of the held packets that are. */
  cuts: Map<number, number>;
  /** Since `base`, a frame up to which all had come. */
  base: number;
  count: number;
  highest: number;
};

export type GateSink = {
  /** In decode order for each rendition. */
  readonly onPacket: (packet: VideoPacket) => void;
  /** Frames `from` to before `end` of a rendition that will not come any more. */
  readonly onSkipped: (rendition: string, from: number, end: number) => void;
  /** Everything before `nextFrame` has been given out. */
  readonly onProgress: () => void;
};

export class PacketGate {
  readonly #tracks = new Map<string, Track>();
  readonly #sink: GateSink;
  readonly #reorders: boolean;
  /** The first frame that has not been given out of every rendition. */
  #next: number;

  /**
   * @param startFrame the first frame that was given to the encoder. @param renditions those that it encodes.
   * @param reorders false for an encoder without B-frames, whose frames come in the order in which they are shown.
   */
  constructor(startFrame: number, renditions: readonly string[], reorders: boolean, sink: GateSink) {
    this.#next = startFrame;
    this.#sink = sink;
    this.#reorders = reorders;
    for (const name of renditions) this.#tracks.set(name, { held: [], cuts: new Map(), base: startFrame, count: 0, highest: startFrame - 1 });
  }

  /** Every frame before this one has been given out; one behind a hole counts as if it had. */
  get nextFrame(): number {
    return this.#next;
  }

  /** Packets in decode order for each rendition. */
  add(packet: VideoPacket): void {
    const track = this.#tracks.get(packet.rendition);
    if (track === undefined) return;
    // Nothing that comes after it is shown before it: what was left out until here is left out for good.
    if ((packet.isIdr || !this.#reorders) && packet.frame > track.highest) this.#cut(track, packet.frame);
    track.held.push(packet);
    track.count += 1;
    track.highest = Math.max(track.highest, packet.frame);
    if (track.highest - track.base + 1 === track.count) this.#cut(track, track.highest + 1);
    const common = this.#commonCut();
    if (common !== undefined) this.#release(common);
    else if (track.held.length > MAX_HELD_PACKETS) this.releaseAll();
  }

  /** Gives out all that is held: the encoder has ended in order, or cannot be waited for. */
  releaseAll(): void {
    const from = this.#next;
    const end = Math.max(from, ...[...this.#tracks.values()].map((track) => track.highest + 1));
    for (const [rendition, track] of this.#tracks) {
      const packets = track.held.splice(0);
      track.cuts.clear();
      this.#tellSkipped(rendition, packets, from, end);
      for (const packet of packets) this.#sink.onPacket(packet);
    }
    this.#next = end;
    this.#sink.onProgress();
  }

  #cut(track: Track, frame: number): void {
    track.cuts.set(frame, track.held.length);
    track.base = frame;
    track.count = 0;
  }

  #commonCut(): number | undefined {
    const [first, ...others] = this.#tracks.values();
    let best: number | undefined;
    for (const frame of first?.cuts.keys() ?? []) {
      if (frame > (best ?? this.#next) && others.every((track) => track.cuts.has(frame))) best = frame;
    }
    return best;
  }

  #release(end: number): void {
    const from = this.#next;
    for (const [rendition, track] of this.#tracks) {
      const count = track.cuts.get(end) ?? 0;
      const packets = track.held.splice(0, count);
      track.cuts = new Map([...track.cuts].flatMap(([frame, length]) => (frame > end ? [[frame, length - count] as const] : [])));
      this.#tellSkipped(rendition, packets, from, end);
      for (const packet of packets) this.#sink.onPacket(packet);
    }
    this.#next = end;
    this.#sink.onProgress();
  }

  #tellSkipped(rendition: string, packets: readonly VideoPacket[], from: number, end: number): void {
    if (packets.length === end - from) return;
    const came = new Set<number>(packets.map((packet) => packet.frame));
    for (let frame = from; frame < end; frame += 1) if (!came.has(frame)) this.#sink.onSkipped(rendition, frame, frame + 1);
  }
}
