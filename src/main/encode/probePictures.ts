// Pictures for a probe: a textured scene that a camera pans over, as hard as ordinary video. Always the same.

/** Fewer than a GOP, so that memory stays small; panned to and fro, so that there is no cut. */
const PICTURES = 12;
const PAN_PX = 4;

/** Endless yuv420p frames; two in a row are never the same memory. @param width even. @param height even. */
export function probePictures(width: number, height: number): (index: number) => Uint8Array {
  const sceneWidth = width + PICTURES * PAN_PX;
  const luma = scene(sceneWidth, height);
  const pictures = Array.from({ length: PICTURES }, (_, index) => {
    const picture = new Uint8Array((width * height * 3) / 2).fill(128);
    for (let row = 0; row < height; row += 1) {
      const from = row * sceneWidth + index * PAN_PX;
      picture.set(luma.subarray(from, from + width), row * width);
    }
    return picture;
  });
  const period = 2 * (PICTURES - 1);
  return (index) => {
    const at = index % period;
    return pictures[at < PICTURES ? at : period - at] ?? new Uint8Array(0);
  };
}

/** Soft light, shapes with edges, and the grain of a sensor. */
function scene(width: number, height: number): Uint8Array {
  const luma = new Uint8Array(width * height);
  let seed = 1;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
      const grain = (seed >>> 28) - 8;
      const light = 70 + ((x * 60) / width) + ((y * 40) / height);
      const shape = ((x >> 5) ^ (y >> 5)) % 7 < 2 ? 50 : 0;
      luma[y * width + x] = Math.max(16, Math.min(235, light + shape + grain));
    }
  }
  return luma;
}
