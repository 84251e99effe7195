// The spectrum of a piece of sound, for tests that look for what does not belong there.

/** Power of each bin up to half the rate, dB against a full-scale sine; a Blackman-Harris window (side lobes below −92 dB). Length 2^k. */
export function spectrumDb(samples: Float32Array | readonly number[]): Float64Array {
  const size = samples.length;
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  let gain = 0;
  for (let n = 0; n < size; n += 1) {
    const phase = (2 * Math.PI * n) / size;
    const window = 0.358_75 - 0.488_29 * Math.cos(phase) + 0.141_28 * Math.cos(2 * phase) - 0.011_68 * Math.cos(3 * phase);
    re[n] = (samples[n] ?? 0) * window;
    gain += window;
  }
  transform(re, im);
  return Float64Array.from({ length: size / 2 }, (_, bin) => 20 * Math.log10((2 * Math.hypot(re[bin] ?? 0, im[bin] ?? 0)) / gain + 1e-12));
}

/** In place, radix 2. */
function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i += 1) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] ?? 0, re[i] ?? 0];
      [im[i], im[j]] = [im[j] ?? 0, im[i] ?? 0];
    }
  }
  for (let span = 2; span <= size; span *= 2) {
    for (let k = 0; k < span / 2; k += 1) {
      const [cos, sin] = [Math.cos((-2 * Math.PI * k) / span), Math.sin((-2 * Math.PI * k) / span)];
      for (let start = k; start < size; start += span) {
        const other = start + span / 2;
        const x = (re[other] ?? 0) * cos - (im[other] ?? 0) * sin;
        const y = (re[other] ?? 0) * sin + (im[other] ?? 0) * cos;
        re[other] = (re[start] ?? 0) - x;
        im[other] = (im[start] ?? 0) - y;
        re[start] = (re[start] ?? 0) + x;
        im[start] = (im[start] ?? 0) + y;
      }
    }
  }
}
