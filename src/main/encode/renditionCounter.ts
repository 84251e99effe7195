// Counts what one rendition has put out. Knows neither processes nor queues.
import type { FrameRate } from '../../contract/ladder.ts';
import type { VideoPacket } from '../media/packets.ts';

export type RenditionStats = {
  readonly rendition: string;
  readonly frames: number;
  readonly keyframes: number;
  readonly bytes: number;
  /** Mean of the elementary stream over the media time that was encoded. */
  readonly actualKbps: number;
  /** Program frames that never became a packet, because a process died or another had not yet begun. */
  readonly lostFrames: number;
  /** Lost frames, and frames whose picture was replaced because the encoder was too slow. */
  readonly droppedFrames: number;
};

export class RenditionCounter {
  readonly rendition: string;
  readonly #frameRate: FrameRate;
  #keyframes = 0;
  #bytes = 0;
  frames = 0;

  constructor(rendition: string, frameRate: FrameRate) {
    this.rendition = rendition;
    this.#frameRate = frameRate;
  }

  add(packet: VideoPacket): void {
    this.frames += 1;
    if (packet.isIdr) this.#keyframes += 1;
    this.#bytes += packet.data.length;
  }

  stats(replacedFrames: number, lostFrames: number): RenditionStats {
    const seconds = (this.frames * this.#frameRate.den) / this.#frameRate.num;
    return {
      rendition: this.rendition,
      frames: this.frames,
      keyframes: this.#keyframes,
      bytes: this.#bytes,
      actualKbps: seconds === 0 ? 0 : Math.round((this.#bytes * 8) / seconds / 1000),
      lostFrames,
      droppedFrames: lostFrames + replacedFrames,
    };
  }
}
