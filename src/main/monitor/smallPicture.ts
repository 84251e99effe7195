// Makes the small picture that clients are shown: four samples of the source for each of its pixels, about a millisecond at 1080p.
import type { PictureSize } from '../../contract/monitorStream.ts';
import { PlaneRows } from './planeRows.ts';

const PROGRAM_LIMIT: PictureSize = { width: 640, height: 360 };

type Plane = {
  readonly offset: number;
  readonly stride: number;
  readonly width: number;
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
    let out = 0;
    for (const { offset, stride, width, upper, lower, left, right } of this.#planes) {
      for (let row = 0; row < upper.length; row += 1) {
        this.#upper.find(offset + (upper[row] ?? 0), stride);
        this.#lower.find(offset + (lower[row] ?? 0), stride);
        drawRow(pixels, out, width, this.#upper.bytes, this.#upper.position, this.#lower.bytes, this.#lower.position, left, right);
        out += width;
      }
    }
  }
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
    upper: Uint32Array.from(taps(small.height, source.height, 0.25, source.width)),
    lower: Uint32Array.from(taps(small.height, source.height, 0.75, source.width)),
    left: Uint16Array.from(taps(small.width, source.width, 0.25, 1)),
    right: Uint16Array.from(taps(small.width, source.width, 0.75, 1)),
  };
}
