// The K-weighting of ITU-R BS.1770-4 for 48 kHz: a shelf for the head, then a high-pass. One instance for each channel.

/** Tables 1 and 2 of the recommendation. */
const SHELF = { b0: 1.535_124_859_586_97, b1: -2.691_696_189_406_38, b2: 1.198_392_810_852_85, a1: -1.690_659_293_182_41, a2: 0.732_480_774_215_85 };
const HIGH_PASS = { b0: 1, b1: -2, b2: 1, a1: -1.990_047_454_833_98, a2: 0.990_072_250_366_21 };
/** Smaller states are noise of the arithmetic; as denormal numbers they would slow silence down. */
const NEGLIGIBLE = 1e-30;

export class KWeighting {
  #s1 = 0;
  #s2 = 0;
  #h1 = 0;
  #h2 = 0;

  /** Sum of the squares of the weighted samples `from` to `to` (per channel) of `channel` in interleaved `samples`. */
  energy(samples: Float32Array, channel: number, channels: number, from: number, to: number): number {
    let [s1, s2, h1, h2] = [this.#s1, this.#s2, this.#h1, this.#h2];
    let sum = 0;
    const end = to * channels;
    for (let index = from * channels + channel; index < end; index += channels) {
      // Transposed direct form II.
      const input = samples[index] ?? 0;
      const shelved = SHELF.b0 * input + s1;
      s1 = SHELF.b1 * input - SHELF.a1 * shelved + s2;
      s2 = SHELF.b2 * input - SHELF.a2 * shelved;
      const output = HIGH_PASS.b0 * shelved + h1;
      h1 = HIGH_PASS.b1 * shelved - HIGH_PASS.a1 * output + h2;
      h2 = HIGH_PASS.b2 * shelved - HIGH_PASS.a2 * output;
      sum += output * output;
    }
    this.#s1 = settled(s1);
    this.#s2 = settled(s2);
    this.#h1 = settled(h1);
    this.#h2 = settled(h2);
    return sum;
  }
}

/** What is not a number would stay in the filter for ever. */
function settled(state: number): number {
  return Number.isFinite(state) && Math.abs(state) > NEGLIGIBLE ? state : 0;
}
