// Reads what the test picture carries: the frame number of its strip and whether its flash is lit.
import { boxOf, FLASH, frameOfStripBits, STRIP, STRIP_COLUMNS, STRIP_ROWS, type Box } from '../../src/main/capture/burnInLayout.ts';

/**
 * The timeline frame in the luma plane of a picture of any size, or undefined where there is none to be read.
 * @param luma rows of `width` bytes; more than `width × height` bytes are allowed.
 */
export function readBurnIn(luma: Uint8Array, width: number, height: number): number | undefined {
  const strip = boxOf(STRIP, width, height);
  const bits: boolean[] = [];
  for (let row = 0; row < STRIP_ROWS; row += 1) {
    for (let column = 0; column < STRIP_COLUMNS; column += 1) {
      const mean = meanOfMiddle(luma, width, {
        x: strip.x + (column * strip.width) / STRIP_COLUMNS, width: strip.width / STRIP_COLUMNS,
        y: strip.y + (row * strip.height) / STRIP_ROWS, height: strip.height / STRIP_ROWS,
      });
      // Neither black nor white: this is no strip.
      if (mean > 90 && mean < 160) return undefined;
      bits.push(mean > 125);
    }
  }
  return frameOfStripBits(bits);
}

/** Whether the flash is lit. */
export function readFlash(luma: Uint8Array, width: number, height: number): boolean {
  return meanOfMiddle(luma, width, boxOf(FLASH, width, height)) > 125;
}

/** Mean of the middle half, away from what scaling and coding do to edges. */
function meanOfMiddle(luma: Uint8Array, width: number, box: Box): number {
  let sum = 0;
  let count = 0;
  const [left, right] = [Math.ceil(box.x + box.width / 4), Math.floor(box.x + (box.width * 3) / 4)];
  const [top, bottom] = [Math.ceil(box.y + box.height / 4), Math.floor(box.y + (box.height * 3) / 4)];
  for (let y = top; y <= Math.max(top, bottom); y += 1) {
    for (let x = left; x <= Math.max(left, right); x += 1) {
      sum += luma[y * width + x] ?? 0;
      count += 1;
    }
  }
  return sum / count;
}
