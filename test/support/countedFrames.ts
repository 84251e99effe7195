// Raw yuv420p pictures that carry their number in blocks of black and white, so that a decoded picture tells which one it is.
const BITS = 24;

/** One yuv420p frame: 24 blocks for `index` in the upper half, a moving gradient below, in a few pieces as a pipe would give it. */
export function countedFrame(index: number, width: number, height: number): Uint8Array[] {
  const bytes = new Uint8Array((width * height * 3) / 2).fill(128);
  const half = Math.floor(height / 2);
  const row = new Uint8Array(width);
  for (let x = 0; x < width; x += 1) row[x] = ((index >> (BITS - 1 - Math.floor((x * BITS) / width))) & 1) === 1 ? 235 : 16;
  for (let y = 0; y < half; y += 1) bytes.set(row, y * width);
  for (let x = 0; x < width; x += 1) row[x] = 16 + ((x + index * 3) % 220);
  for (let y = half; y < height; y += 1) bytes.set(row, y * width);
  const cut = Math.floor(bytes.length / 3);
  return [bytes.subarray(0, cut), bytes.subarray(cut, cut + 1000), bytes.subarray(cut + 1000)];
}

/** The number in a decoded luma plane of any size. */
export function readCount(luma: Uint8Array, width: number, height: number): number {
  const y = Math.floor(height / 4);
  let index = 0;
  for (let bit = 0; bit < BITS; bit += 1) {
    const x = Math.floor(((bit + 0.5) * width) / BITS);
    index = index * 2 + ((luma[y * width + x] ?? 0) > 126 ? 1 : 0);
  }
  return index;
}
