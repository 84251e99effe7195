// Counts loudness blocks by their level, so that gating a show of any length takes the same memory. Knows nothing of sound.

/** BS.1770 leaves out what is quieter; nothing real is louder than the top. */
const ABSOLUTE_GATE_LUFS = -70;
const TOP_LUFS = 30;
/** A tenth of the accuracy that EBU Tech 3341 asks for. */
const BINS_PER_LU = 100;
const BINS = (TOP_LUFS - ABSOLUTE_GATE_LUFS) * BINS_PER_LU;

/** Loudness of a K-weighted mean square summed over the channels (BS.1770-4, formula 2). */
export function lufsOf(power: number): number {
  return -0.691 + 10 * Math.log10(power);
}

export class LoudnessHistogram {
  readonly #counts = new Float64Array(BINS);
  /** The exact powers, so that only the border of a gate is rounded to a bin. */
  readonly #powers = new Float64Array(BINS);
  #count = 0;
  #power = 0;

  /** A block by its K-weighted power; those below the absolute gate do not count. */
  add(power: number): void {
    const lufs = lufsOf(power);
    if (!(lufs > ABSOLUTE_GATE_LUFS)) return;
    const bin = binOf(lufs);
    this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
    this.#powers[bin] = (this.#powers[bin] ?? 0) + power;
    this.#count += 1;
    this.#power += power;
  }

  /** Mean of the blocks that are no more than `relativeGateLu` below the mean of all, LUFS; −Infinity without any. */
  gatedMean(relativeGateLu: number): number {
    let count = 0;
    let power = 0;
    for (let bin = this.#gateBin(relativeGateLu); bin < BINS; bin += 1) {
      count += this.#counts[bin] ?? 0;
      power += this.#powers[bin] ?? 0;
    }
    return count === 0 ? -Infinity : lufsOf(power / count);
  }

  /** Distance in LU between two quantiles (0 to 1) of the blocks above the gate; −Infinity without any. */
  gatedSpread(relativeGateLu: number, low: number, high: number): number {
    const first = this.#gateBin(relativeGateLu);
    let count = 0;
    for (let bin = first; bin < BINS; bin += 1) count += this.#counts[bin] ?? 0;
    if (count === 0) return -Infinity;
    return (this.#binAt(first, (count - 1) * high) - this.#binAt(first, (count - 1) * low)) / BINS_PER_LU;
  }

  /** The bin of the block of this rank above the gate. */
  #binAt(first: number, rank: number): number {
    let seen = 0;
    for (let bin = first; bin < BINS; bin += 1) {
      seen += this.#counts[bin] ?? 0;
      if (seen > Math.round(rank)) return bin;
    }
    return BINS - 1;
  }

  #gateBin(relativeGateLu: number): number {
    if (this.#count === 0) return BINS;
    return binOf(lufsOf(this.#power / this.#count) - relativeGateLu);
  }
}

function binOf(lufs: number): number {
  return Math.min(BINS - 1, Math.max(0, Math.floor((lufs - ABSOLUTE_GATE_LUFS) * BINS_PER_LU)));
}
