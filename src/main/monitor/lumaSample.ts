// Looks at a grid of luma points of the program a few times a second, to tell a black or a frozen picture whether anyone watches or not.
import type { PictureSize } from '../../contract/monitorStream.ts';
import { BLACK_LUMA } from './alarmThresholds.ts';
import { PlaneRows } from './planeRows.ts';

/** Points across and down: close enough that a changed digit or a moving hand hits some of them. */
const COLUMNS = 160;
const ROWS = 90;

export type LumaVerdict = {
  /** Share of the points that are black, 0 to 1. */
  readonly blackShare: number;
  /** True when no point differs from the sample before. A camera's noise alone changes some. */
  readonly isUnchanged: boolean;
};

export class LumaSample {
  readonly #size: PictureSize;
  readonly #rows: PlaneRows;
  readonly #points = new Uint8Array(COLUMNS * ROWS);
  #isFirst = true;

  constructor(size: PictureSize) {
    this.#size = size;
    this.#rows = new PlaneRows(size.width);
  }

  /** @param pieces of one yuv420p frame; only read. */
  look(pieces: readonly Uint8Array[]): LumaVerdict {
    const { width, height } = this.#size;
    this.#rows.setPieces(pieces);
    let black = 0;
    let changed = 0;
    for (let row = 0; row < ROWS; row += 1) {
      this.#rows.find(Math.floor(((row + 0.5) * height) / ROWS) * width, width);
      const { bytes, position } = this.#rows;
      for (let column = 0; column < COLUMNS; column += 1) {
        const luma = bytes[position + Math.floor(((column + 0.5) * width) / COLUMNS)] ?? 0;
        const index = row * COLUMNS + column;
        if (luma <= BLACK_LUMA) black += 1;
        if (luma !== this.#points[index]) changed += 1;
        this.#points[index] = luma;
      }
    }
    const isUnchanged = !this.#isFirst && changed === 0;
    this.#isFirst = false;
    return { blackShare: black / (COLUMNS * ROWS), isUnchanged };
  }
}
