// Where the test picture carries its frame number, in fractions of the picture, so that every rendition can be read.

/** The strip: `STRIP_ROWS` rows of blocks, black 0 and white 1, most significant bit first: 32 bits of frame number, then the check. */
export const STRIP_ROWS = 2;
export const STRIP_COLUMNS = 20;
export const STRIP = { left: 0.05, top: 0.04, width: 0.9, height: 0.13 } as const;
/** Two lines of text below the strip: frame number and UTC. */
export const TEXT = { left: 0.05, tops: [0.2, 0.285], lineHeight: 0.0583, maxWidth: 0.9 } as const;
/** What the test picture keeps black behind strip and text. */
export const PANEL = { left: 0, top: 0, width: 1, height: 0.37 } as const;
/** White in the first frames of each second, black in the others. */
export const FLASH = { left: 0.8, top: 0.5, width: 0.15, height: 0.3 } as const;
/** Length of the flash, and of the click, in seconds. */
export const FLASH_SECONDS = 0.1;

/** Luma of black and white in limited range. */
export const BLACK = 16;
export const WHITE = 235;

/** A rectangle in pixels. */
export type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** The pixels of a part of the layout at a size. */
export function boxOf(part: { left: number; top: number; width: number; height: number }, width: number, height: number): Box {
  const x = Math.round(part.left * width);
  const y = Math.round(part.top * height);
  return { x, y, width: Math.round((part.left + part.width) * width) - x, height: Math.round((part.top + part.height) * height) - y };
}

/** The 40 bits of the strip for a frame number below 2^32. */
export function stripBits(frame: number): boolean[] {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(frame / 2 ** shift) % 256);
  return [...bytes, stripCheck(bytes)].flatMap((byte) => Array.from({ length: 8 }, (_, bit) => (byte & (0x80 >> bit)) !== 0));
}

/** The frame number of 40 bits, or undefined when their check does not fit. */
export function frameOfStripBits(bits: readonly boolean[]): number | undefined {
  const bytes = Array.from({ length: 5 }, (_, index) => bits.slice(index * 8, index * 8 + 8).reduce((byte, bit) => byte * 2 + (bit ? 1 : 0), 0));
  if (bytes[4] !== stripCheck(bytes.slice(0, 4))) return undefined;
  return bytes.slice(0, 4).reduce((sum, byte) => sum * 256 + byte, 0);
}

/** CRC-8 (x^8+x^2+x+1) that begins with 0x5a, so that a black or white picture holds no valid number. */
function stripCheck(bytes: readonly number[]): number {
  let crc = 0x5a;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ ((crc & 0x80) === 0 ? 0 : 0x07)) & 0xff;
  }
  return crc;
}
