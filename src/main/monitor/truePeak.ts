// True peak of one channel: the loudest value between the samples, by fourfold oversampling (ITU-R BS.1770-4, annex 2). Knows 48 kHz only.

/** The interpolating filter of annex 2, phases 0 and 1; phases 3 and 2 are their mirror images. */
const PHASE_0 = [
  0.001_708_984_375, 0.010_986_328_125, -0.019_653_320_312_5, 0.033_203_125, -0.059_448_242_187_5, 0.137_329_101_562_5,
  0.972_167_968_75, -0.102_294_921_875, 0.047_607_421_875, -0.026_611_328_125, 0.014_892_578_125, -0.008_300_781_25,
];
const PHASE_1 = [
  -0.029_174_804_687_5, 0.029_296_875, -0.051_757_812_5, 0.089_111_328_125, -0.166_503_906_25, 0.465_087_890_625,
  0.779_785_156_25, -0.200_317_382_812_5, 0.101_562_5, -0.058_227_539_062_5, 0.033_081_054_687_5, -0.018_920_898_437_5,
];
const TAPS = PHASE_0.length;
/** The filter cannot lift a signal by more than this: the largest sum of the magnitudes of a phase's taps. */
const MAX_GAIN = Math.max(...[PHASE_0, PHASE_1].map((phase) => phase.reduce((sum, tap) => sum + Math.abs(tap), 0)));

const OUTER = Float64Array.from(PHASE_0);
const INNER = Float64Array.from(PHASE_1);

export class TruePeak {
  /** The last samples, written twice so that each window of the filter is in one piece. */
  readonly #window = new Float64Array(TAPS * 2);
  #at = 0;
  /** No magnitude in the window is larger; looked up anew once it is older than the window. */
  #bound = 0;
  #boundAge = 0;

  /** The largest magnitude between (and at) the samples of `channel` in interleaved `samples`, as if they went on from the last call. */
  push(samples: Float32Array, channel: number, channels: number): number {
    let peak = 0;
    for (let index = channel; index < samples.length; index += channels) {
      const value = samples[index] ?? 0;
      const magnitude = Math.abs(value);
      this.#window[this.#at] = value;
      this.#window[this.#at + TAPS] = value;
      this.#at = (this.#at + 1) % TAPS;
      this.#boundAge += 1;
      if (magnitude >= this.#bound || this.#boundAge >= TAPS) {
        this.#bound = magnitude >= this.#bound ? magnitude : this.#loudestOfWindow();
        this.#boundAge = 0;
      }
      if (magnitude > peak) peak = magnitude;
      // Most samples are too quiet for their neighbourhood to reach what has been found already.
      if (this.#bound * MAX_GAIN > peak) peak = Math.max(peak, this.#interpolated());
    }
    return peak;
  }

  #loudestOfWindow(): number {
    let loudest = 0;
    for (let tap = 0; tap < TAPS; tap += 1) loudest = Math.max(loudest, Math.abs(this.#window[tap] ?? 0));
    return loudest;
  }

  /** The loudest of the four values between the two samples in the middle of the window. */
  #interpolated(): number {
    let [first, second, third, fourth] = [0, 0, 0, 0];
    for (let tap = 0; tap < TAPS; tap += 1) {
      // The newest sample meets the first tap.
      const value = this.#window[this.#at + TAPS - 1 - tap] ?? 0;
      const outer = OUTER[tap] ?? 0;
      const inner = INNER[tap] ?? 0;
      first += value * outer;
      second += value * inner;
      third += value * (INNER[TAPS - 1 - tap] ?? 0);
      fourth += value * (OUTER[TAPS - 1 - tap] ?? 0);
    }
    return Math.max(Math.abs(first), Math.abs(second), Math.abs(third), Math.abs(fourth));
  }
}
