// Which decoder configuration holds from which moment of the wire on: an encoder that takes over may write other parameter sets, and what is
// replayed from before it needs those of before. Knows no connection.
import type { VideoTrackConfig } from '../media/packets.ts';
import type { TimedPacket } from './rtmpPackets.ts';

/** Far more changes than a backlog of half an hour can hold; the oldest is forgotten beyond it. */
const MAX_CHANGES = 64;

type Change = { readonly fromMs: number; readonly config: VideoTrackConfig };

export class VideoHeaders {
  readonly #changes: Change[];
  /** Known, and no packet of it has come yet. */
  #next: VideoTrackConfig | undefined;

  constructor(first: VideoTrackConfig) {
    this.#changes = [{ fromMs: -Infinity, config: first }];
  }

  /** It holds from the next IDR on that is told to {@link passed}; one that changes nothing is ignored. */
  change(config: VideoTrackConfig): void {
    const before = this.#next ?? this.#changes.at(-1)?.config;
    const isKnown = before !== undefined && Buffer.compare(before.avcDecoderConfig, config.avcDecoderConfig) === 0;
    if (!isKnown) this.#next = config;
  }

  /** To be told of every packet of the rendition in its order, also of those that are dropped. */
  passed({ packet, timestampMs }: TimedPacket): void {
    if (this.#next === undefined || packet.kind !== 'video' || !packet.isIdr) return;
    this.#changes.push({ fromMs: timestampMs, config: this.#next });
    this.#next = undefined;
    if (this.#changes.length > MAX_CHANGES) this.#changes.shift();
  }

  /** The configuration of the packet with this wire time. */
  at(timestampMs: number): VideoTrackConfig | undefined {
    return (this.#changes.findLast(({ fromMs }) => fromMs <= timestampMs) ?? this.#changes[0])?.config;
  }
}
