// Keeps pictures back for some ticks, for sound that arrives later than the picture it belongs to.
import type { Picture } from './videoPicker.ts';

export class PictureDelay {
  #frames = 0;
  /** Pictures that wait, oldest first; each is held. */
  readonly #waiting: Picture[] = [];
  #shown: Picture | undefined;

  /** From the next tick on. What is waiting beyond it is left out; where more is wanted the last picture stands meanwhile. */
  set frames(frames: number) {
    this.#frames = frames;
  }

  /** @returns the picture of {@link frames} ticks before; valid until the next call. */
  pass(picture: Picture): Picture {
    if (this.#frames === 0 && this.#waiting.length === 0) {
      this.#show(undefined);
      return picture;
    }
    picture.lease?.hold();
    this.#waiting.push(picture);
    while (this.#waiting.length > this.#frames) this.#show(this.#waiting.shift());
    return this.#shown ?? picture;
  }

  #show(picture: Picture | undefined): void {
    this.#shown?.lease?.release();
    this.#shown = picture;
  }
}
