// Makes the small picture that clients are shown: four samples of the source for each of its pixels, half a millisecond at 1080p.
import type { PictureSize } from '../../contract/monitorStream.ts';
import { PlaneRows } from './planeRows.ts';

const PROGRAM_LIMIT: PictureSize = { width: 640, height: 360 };
/** 1080p to 360p: three source pixels for each, four of each in three words. */
const THIRD = 3;
const WORD_BYTES = 4;

type Plane = {
  readonly offset: number;
  readonly stride: number;
  readonly width: number;
  /** A third of the source in both directions, in whole words. */
  readonly isThird: boolean;
  /** For each row of the small picture the offsets of two rows of the source, for each column two positions in them. */
  readonly upper: Uint32Array;
  readonly lower: Uint32Array;
  readonly left: Uint16Array;
  readonly right: Uint16Array;
};

/** The largest size within `limit` (640×360) with the shape of `size`; even, and never larger than `size`. */
export function smallSizeOf(size: PictureSize, limit = PROGRAM_LIMIT): PictureSize {
  const scale = Math.min(1, limit.width / size.width, limit.height / size.height);
  const even = (length: number): number => Math.max(2, Math.round((length * scale) / 2) * 2);
  return { width: even(size.width), height: even(size.height) };
}

export class SmallPicture {
  readonly size: PictureSize;
  readonly #planes: readonly Plane[];
  readonly #upper: PlaneRows;
  readonly #lower: PlaneRows;

  /** @param source size of the yuv420p frames; even. */
  constructor(source: PictureSize, limit = PROGRAM_LIMIT) {
    this.size = smallSizeOf(source, limit);
    const half = (size: PictureSize): PictureSize => ({ width: size.width / 2, height: size.height / 2 });
    const luma = source.width * source.height;
    this.#planes = [
      planPlane(0, source, this.size),
      planPlane(luma, half(source), half(this.size)),
      planPlane(luma * 1.25, half(source), half(this.size)),
    ];
    this.#upper = new PlaneRows(source.width);
    this.#lower = new PlaneRows(source.width);
  }

  /** Fills `pixels` (I420 of {@link size}) from the pieces of one frame; these are only read. */
  draw(pieces: readonly Uint8Array[], pixels: Uint8Array): void {
    this.#upper.setPieces(pieces);
    this.#lower.setPieces(pieces);
    const words = wordsOf(pixels);
    let out = 0;
    for (const plane of this.#planes) {
      const { offset, stride, width, upper, lower, left, right } = plane;
      const whole = words === undefined || !plane.isThird ? undefined : this.#wordsOfPlane(plane);
      if (words !== undefined && whole !== undefined) {
        drawThird(words, out / WORD_BYTES, whole, stride / WORD_BYTES, width / WORD_BYTES, upper.length);
        out += width * upper.length;
        continue;
      }
      for (let row = 0; row < upper.length; row += 1) {
        this.#upper.find(offset + (upper[row] ?? 0), stride);
        this.#lower.find(offset + (lower[row] ?? 0), stride);
        drawRow(pixels, out, width, this.#upper.bytes, this.#upper.position, this.#lower.bytes, this.#lower.position, left, right);
        out += width;
      }
    }
  }

  /** The source plane, where it lies in one piece and on a word. */
  #wordsOfPlane({ offset, stride, upper }: Plane): Uint32Array | undefined {
    const bytes = this.#upper.within(offset, stride * upper.length * THIRD);
    return bytes === undefined ? undefined : wordsOf(bytes);
  }
}

/** The same memory four bytes at a time; undefined where it does not begin on a word. */
function wordsOf(bytes: Uint8Array): Uint32Array | undefined {
  return bytes.byteOffset % WORD_BYTES === 0 ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2) : undefined;
}

/**
 * As {@link drawRow} for a whole plane, four pixels at a time: from each 3×3 its corners. All systems that Fieldcast runs on are
 * little-endian. @param stride,width in words
 */
function drawThird(out: Uint32Array, from: number, source: Uint32Array, stride: number, width: number, rows: number): void {
  let at = from;
  for (let row = 0; row < rows; row += 1) {
    let upper = row * THIRD * stride;
    let lower = upper + 2 * stride;
    for (let column = 0; column < width; column += 1) {
      const first = average(source[upper] ?? 0, source[lower] ?? 0);
      const second = average(source[upper + 1] ?? 0, source[lower + 1] ?? 0);
      const third = average(source[upper + 2] ?? 0, source[lower + 2] ?? 0);
      // Of the twelve bytes those of 0 and 2, 3 and 5, 6 and 8, 9 and 11.
      out[at] = (((first & 255) + ((first >>> 16) & 255) + 1) >> 1)
        | ((((first >>> 24) + ((second >>> 8) & 255) + 1) >> 1) << 8)
        | (((((second >>> 16) & 255) + (third & 255) + 1) >> 1) << 16)
        | (((((third >>> 8) & 255) + (third >>> 24) + 1) >> 1) << 24);
      at += 1;
      upper += 3;
      lower += 3;
    }
  }
}

/** Of each of four bytes, rounded down; what follows rounds up. */
function average(a: number, b: number): number {
  return (a & b) + (((a ^ b) & 0xfe_fe_fe_fe) >>> 1);
}

function drawRow(
  pixels: Uint8Array, out: number, width: number, upper: Uint8Array, upperAt: number, lower: Uint8Array, lowerAt: number,
  left: Uint16Array, right: Uint16Array,
): void {
  for (let column = 0; column < width; column += 1) {
    const a = left[column] ?? 0;
    const b = right[column] ?? 0;
    const sum = (upper[upperAt + a] ?? 0) + (upper[upperAt + b] ?? 0) + (lower[lowerAt + a] ?? 0) + (lower[lowerAt + b] ?? 0);
    pixels[out + column] = (sum + 2) >> 2;
  }
}

function planPlane(offset: number, source: PictureSize, small: PictureSize): Plane {
  /** The source positions at a quarter and at three quarters of each small pixel. */
  const taps = (count: number, length: number, share: number, step: number): number[] => Array.from(
    { length: count }, (_, index) => Math.min(length - 1, Math.floor(((index + share) * length) / count)) * step,
  );
  return {
    offset,
    stride: source.width,
    width: small.width,
    isThird: source.width === small.width * THIRD && source.height === small.height * THIRD && small.width % WORD_BYTES === 0 && offset % WORD_BYTES === 0,
    upper: Uint32Array.from(taps(small.height, source.height, 0.25, source.width)),
    lower: Uint32Array.from(taps(small.height, source.height, 0.75, source.width)),
    left: Uint16Array.from(taps(small.width, source.width, 0.25, 1)),
    right: Uint16Array.from(taps(small.width, source.width, 0.75, 1)),
  };
}
