// Checks what the encoders put out: every rendition has its IDRs at the same instants of the timeline, and every frame once.
// Pure and bounded; it looks at packets, never at pictures.
import type { VideoPacket } from '../media/packets.ts';

export type Misalignment = {
  readonly rendition: string;
  readonly frame: number;
  /** `unexpected-idr`: inside a GOP, unannounced or not in all. `missing-idr`: a GOP, or an announced place in one, that begins without one. `different-start`: the first frame is not that of the others. */
  readonly kind: 'unexpected-idr' | 'missing-idr' | 'different-start';
};

export type RenditionAlignment = {
  readonly rendition: string;
  readonly frames: number;
  readonly keyframes: number;
  /** Indices between the first and the highest frame that have not come; while packets flow, B-frames on their way count too. */
  readonly missingFrames: number;
  readonly duplicateFrames: number;
};

export type AlignmentReport = {
  /** True when there are packets of every rendition and no misalignment at all. */
  readonly keyframesAligned: boolean;
  readonly misalignments: number;
  /** The first ones, for a sentence. */
  readonly examples: readonly Misalignment[];
  readonly renditions: readonly RenditionAlignment[];
};

const MAX_EXAMPLES = 20;
/** Announced IDRs that are remembered: one leaves when it is long past. */
const MAX_EXTRA = 64;

type Track = {
  first: number | undefined;
  keyframes: number;
  packets: number;
  missing: number;
  duplicates: number;
  /** The GOP being received: its first frame, and which of its frames have come. */
  gopStart: number;
  readonly seen: Set<number>;
};

export class AlignmentChecker {
  readonly #framesPerGop: number;
  readonly #tracks = new Map<string, Track>();
  readonly #examples: Misalignment[] = [];
  /** Announced IDRs inside a GOP, and whether the first rendition that came there had it. */
  readonly #extra = new Map<number, boolean | undefined>();
  #misalignments = 0;
  #start: number | undefined;

  /** @param renditions every name of which packets are expected. */
  constructor(framesPerGop: number, renditions: readonly string[]) {
    this.#framesPerGop = framesPerGop;
    for (const name of renditions) {
      this.#tracks.set(name, { first: undefined, keyframes: 0, packets: 0, missing: 0, duplicates: 0, gopStart: 0, seen: new Set() });
    }
  }

  /** All renditions, or none, have an IDR at this frame inside a GOP: another encoder may begin there. */
  expectIdr(frame: number): void {
    this.#extra.set(frame, undefined);
    const [oldest] = this.#extra.keys();
    if (this.#extra.size > MAX_EXTRA && oldest !== undefined) this.#extra.delete(oldest);
  }

  /** Packets of one rendition in decode order. A rendition that was not announced is ignored. */
  add(packet: VideoPacket): void {
    const track = this.#tracks.get(packet.rendition);
    if (track === undefined) return;
    track.packets += 1;
    if (packet.isIdr) track.keyframes += 1;
    if (track.first === undefined) this.#begin(track, packet);
    const isGopStart = packet.frame % this.#framesPerGop === 0;
    if (!isGopStart) this.#checkInside(packet);
    if (!packet.isIdr && isGopStart) this.#misaligned(packet, 'missing-idr');
    const gopStart = packet.frame - (packet.frame % this.#framesPerGop);
    if (gopStart > track.gopStart) this.#nextGop(track, gopStart);
    if (gopStart < track.gopStart || track.seen.has(packet.frame)) track.duplicates += 1;
    else track.seen.add(packet.frame);
  }

  report(): AlignmentReport {
    const renditions = [...this.#tracks].map(([rendition, track]): RenditionAlignment => ({
      rendition,
      frames: track.packets,
      keyframes: track.keyframes,
      missingFrames: track.missing + missingBefore(track, Math.max(track.first ?? 0, ...track.seen) + 1),
      duplicateFrames: track.duplicates,
    }));
    return {
      keyframesAligned: this.#misalignments === 0 && renditions.every((one) => one.frames > 0),
      misalignments: this.#misalignments,
      examples: [...this.#examples],
      renditions,
    };
  }

  #checkInside(packet: VideoPacket): void {
    if (!this.#extra.has(packet.frame)) {
      if (packet.isIdr) this.#misaligned(packet, 'unexpected-idr');
      return;
    }
    const first = this.#extra.get(packet.frame);
    if (first === undefined) this.#extra.set(packet.frame, packet.isIdr);
    else if (first !== packet.isIdr) this.#misaligned(packet, packet.isIdr ? 'unexpected-idr' : 'missing-idr');
  }

  #begin(track: Track, packet: VideoPacket): void {
    track.first = packet.frame;
    track.gopStart = packet.frame - (packet.frame % this.#framesPerGop);
    if (!packet.isIdr && packet.frame !== track.gopStart) this.#misaligned(packet, 'missing-idr');
    this.#start ??= packet.frame;
    if (packet.frame !== this.#start) this.#misaligned(packet, 'different-start');
  }

  #nextGop(track: Track, gopStart: number): void {
    track.missing += missingBefore(track, track.gopStart + this.#framesPerGop) + gopStart - track.gopStart - this.#framesPerGop;
    track.gopStart = gopStart;
    track.seen.clear();
  }

  #misaligned(packet: VideoPacket, kind: Misalignment['kind']): void {
    this.#misalignments += 1;
    if (this.#examples.length < MAX_EXAMPLES) this.#examples.push({ rendition: packet.rendition, frame: packet.frame, kind });
  }
}

/** Frames of the GOP being received that should have come before `end` and did not. */
function missingBefore(track: Track, end: number): number {
  if (track.first === undefined) return 0;
  return end - Math.max(track.gopStart, track.first) - track.seen.size;
}
