// Small pictures of the prepared sources, twice a second for each that somebody looks at. It keeps no frame, and none is drawn for nobody.
import { beginSourcePicture, pictureMessageBytes, type PictureSize } from '../../contract/monitorStream.ts';
import { utcMsOfFrame, type FrameIndex, type Timeline } from '../media/timeline.ts';
import { FramePool } from '../media/framePool.ts';
import type { MonitorHub } from './monitorHub.ts';
import { SmallPicture } from './smallPicture.ts';

const PICTURES_PER_SECOND = 2;
const LIMIT: PictureSize = { width: 320, height: 180 };

export class SourceMonitor {
  readonly #timeline: Timeline;
  readonly #hub: MonitorHub;
  readonly #small: SmallPicture;
  readonly #messages: FramePool;
  readonly #framesPerPicture: number;

  /** @param size of the yuv420p frames of every source, which are those of the program. */
  constructor(timeline: Timeline, size: PictureSize, hub: MonitorHub) {
    this.#timeline = timeline;
    this.#hub = hub;
    this.#small = new SmallPicture(size, LIMIT);
    this.#messages = new FramePool(pictureMessageBytes(this.#small.size));
    this.#framesPerPicture = Math.max(1, Math.round(timeline.frameRate.num / timeline.frameRate.den / PICTURES_PER_SECOND));
  }

  /** Whether the source has its turn in the tick of `frame`: the turns of several sources lie apart. */
  isTurnOf(source: string, frame: FrameIndex): boolean {
    return (frame + Number(source)) % this.#framesPerPicture === 0;
  }

  /** The pieces are only read, and only during the call. */
  offer(source: string, frame: FrameIndex, pieces: readonly Uint8Array[]): void {
    this.#hub.offerSourcePicture(source, { frame, utcMs: utcMsOfFrame(this.#timeline, frame) }, (stamp) => {
      const message = this.#messages.acquire();
      this.#small.draw(pieces, beginSourcePicture(message.bytes, stamp, source, this.#small.size));
      return message;
    });
  }
}
