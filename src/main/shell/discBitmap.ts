// A disc or a ring as pixels, so that the tray tells states apart by shape as well as by colour. Pure.

/** BGRA, premultiplied, as Electron's nativeImage takes it. `filled`: a disc, else a ring. */
export function discBitmap(size: number, [red, green, blue]: readonly [number, number, number], filled: boolean): Buffer {
  const pixels = Buffer.alloc(size * size * 4);
  const centre = (size - 1) / 2;
  const outer = size * 0.45;
  const inner = filled ? -1 : size * 0.3;
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const distance = Math.hypot(x - centre, y - centre);
      // One pixel of transition on both edges.
      const cover = Math.max(0, Math.min(1, outer - distance + 0.5)) * Math.max(0, Math.min(1, distance - inner + 0.5));
      pixels.set([blue * cover, green * cover, red * cover, 255 * cover].map(Math.round), (y * size + x) * 4);
    }
  }
  return pixels;
}
