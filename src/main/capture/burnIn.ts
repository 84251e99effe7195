// Draws frame number, UTC time and flash into the luma of raw frames, in place and through the pieces in which they were read.
import { GLYPH_HEIGHT, GLYPH_WIDTH, isDotSet } from './burnInFont.ts';
import {
  BLACK, boxOf, FLASH, STRIP, STRIP_COLUMNS, STRIP_ROWS, stripBits, TEXT, WHITE, type Box,
} from './burnInLayout.ts';

export type BurnInContent = {
  /** Frame on the timeline, 0 to 2^32 - 1. */
  readonly frame: number;
  readonly utcMs: number;
  /** True in the first frames of a second. */
  readonly isFlash: boolean;
};

/** Draws into a yuv420p frame of the given size. The pieces are changed. */
export function createBurnIn(width: number, height: number): (pieces: readonly Uint8Array[], content: BurnInContent) => void {
  const strip = boxOf(STRIP, width, height);
  const flash = boxOf(FLASH, width, height);
  const blackRow = new Uint8Array(flash.width).fill(BLACK);
  const whiteRow = new Uint8Array(flash.width).fill(WHITE);

  return (pieces, content) => {
    const plane = lumaRows(pieces, width);
    const bits = stripBits(content.frame);
    for (let row = 0; row < STRIP_ROWS; row += 1) {
      const bytes = stripRow(bits.slice(row * STRIP_COLUMNS, (row + 1) * STRIP_COLUMNS), strip);
      const from = strip.y + Math.round((row * strip.height) / STRIP_ROWS);
      const to = strip.y + Math.round(((row + 1) * strip.height) / STRIP_ROWS);
      for (let y = from; y < to; y += 1) plane.write(strip.x, y, bytes);
    }
    const lines = [String(content.frame).padStart(9, '0'), new Date(Math.round(content.utcMs)).toISOString()];
    lines.forEach((line, index) => {
      const scale = textScale(line, width, height);
      const top = Math.round((TEXT.tops[index] ?? 0) * height);
      for (let row = 0; row < GLYPH_HEIGHT; row += 1) {
        const bytes = textRow(line, row, scale);
        for (let y = 0; y < scale; y += 1) plane.write(Math.round(TEXT.left * width), top + row * scale + y, bytes);
      }
    });
    const square = content.isFlash ? whiteRow : blackRow;
    for (let y = flash.y; y < flash.y + flash.height; y += 1) plane.write(flash.x, y, square);
  };
}

function stripRow(bits: readonly boolean[], strip: Box): Uint8Array {
  const bytes = new Uint8Array(strip.width).fill(BLACK);
  bits.forEach((bit, column) => {
    if (bit) bytes.fill(WHITE, Math.round((column * strip.width) / STRIP_COLUMNS), Math.round(((column + 1) * strip.width) / STRIP_COLUMNS));
  });
  return bytes;
}

/** Pixels for each dot: as high as a line may be, as wide as the picture allows. */
function textScale(line: string, width: number, height: number): number {
  const high = (TEXT.lineHeight * height) / GLYPH_HEIGHT;
  const wide = (TEXT.maxWidth * width) / (line.length * (GLYPH_WIDTH + 1));
  return Math.max(1, Math.round(Math.min(high, wide)));
}

function textRow(line: string, row: number, scale: number): Uint8Array {
  const bytes = new Uint8Array(line.length * (GLYPH_WIDTH + 1) * scale).fill(BLACK);
  Array.from(line).forEach((character, index) => {
    for (let column = 0; column < GLYPH_WIDTH; column += 1) {
      const x = (index * (GLYPH_WIDTH + 1) + column) * scale;
      if (isDotSet(character, row, column)) bytes.fill(WHITE, x, x + scale);
    }
  });
  return bytes;
}

/** Writes into consecutive pieces as if they were one plane. What would leave the row is cut off. */
function lumaRows(pieces: readonly Uint8Array[], width: number): { write: (x: number, y: number, bytes: Uint8Array) => void } {
  // Rows are written from top to bottom, so the search goes on where the last one ended.
  let index = 0;
  let start = 0;
  return {
    write(x, y, bytes) {
      const end = y * width + Math.min(width, x + bytes.length);
      let at = y * width + x;
      if (at < start) {
        index = 0;
        start = 0;
      }
      for (let done = 0; at < end;) {
        const piece = pieces[index];
        if (piece === undefined) return;
        if (at >= start + piece.length) {
          start += piece.length;
          index += 1;
          continue;
        }
        const size = Math.min(end, start + piece.length) - at;
        piece.set(bytes.subarray(done, done + size), at - start);
        done += size;
        at += size;
      }
    },
  };
}
