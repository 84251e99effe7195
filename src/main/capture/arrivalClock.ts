// Turns the uneven times at which a device's media arrive into the even times at which it was captured. Pure; reads no clock.
// Both clocks fit a line: at first to everything so far (least squares), later to the last seconds (an α-β filter).

/** Of the filter for frames: a memory of about a hundred, which leaves a ninth of the jitter. */
const FRAME_MEMORY = 0.99;
/** Of the filter for blocks of samples, which come more often and less evenly. */
const SAMPLE_MEMORY = 0.995;
/** One arrival that is further off than this share of an interval moves the line no more than this. */
const FRAME_CLIP = 0.3;
const SAMPLE_CLIP_MS = 20;
/** So many arrivals in a row must be off by more than this, to the same side, before the line itself is moved. */
const FRAME_SHIFT_AFTER = 5;
const FRAME_SHIFT = 0.6;
const SAMPLE_SHIFT_AFTER = 12;
const SAMPLE_SHIFT_MS = 30;
/** The interval is looked at anew when mean and median of the last ones differ from it by more than this share. */
const INTERVALS = 9;
const OTHER_INTERVAL = 0.2;
/** After such a pause there is no line to go on with. */
const PAUSE_MS = 500;
/** Drift is told from the ends of a span; shorter than this, jitter would be taken for drift. */
const DRIFT_SPAN_MS = 60_000;
const DRIFT_WINDOW_MS = 20 * 60_000;

/** Gains of a filter over `count` values that then keeps a memory of θ (Brookner, Tracking and Kalman Filtering, §1.2.6 and §1.2.10). */
function gains(count: number, memory: number): { readonly position: number; readonly slope: number } {
  return {
    position: Math.max(1 - memory ** 2, (2 * (2 * count + 1)) / ((count + 1) * (count + 2))),
    slope: Math.max((1 - memory) ** 2, 6 / ((count + 1) * (count + 2))),
  };
}

/** Frames that a device makes at an even rate which nobody has told. */
export class FrameClock {
  #lastMs: number | undefined;
  #lastArrivalMs = 0;
  #intervalMs: number;
  #count = 0;
  #offCount = 0;
  readonly #intervals: number[] = [];

  /** @param intervalMs what to begin with, ms. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Mean time between two frames, ms. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** The line's time of the frame that is `frames` after the last one; undefined before the first. */
  msAfter(frames: number): number | undefined {
    return this.#lastMs === undefined ? undefined : this.#lastMs + frames * this.#intervalMs;
  }

  /** @returns when the frame that has arrived at `arrivedAtMs` was captured, up to a constant; never before the frame before it. */
  next(arrivedAtMs: number): number {
    const last = this.#lastMs;
    const gapMs = arrivedAtMs - this.#lastArrivalMs;
    this.#lastArrivalMs = arrivedAtMs;
    if (last === undefined || gapMs > Math.max(PAUSE_MS, 4 * this.#intervalMs)) return this.#begin(arrivedAtMs);
    this.#intervals.push(gapMs);
    if (this.#intervals.length > INTERVALS) this.#intervals.shift();
    if (this.#isOtherInterval()) return this.#begin(arrivedAtMs);
    this.#count += 1;
    const predicted = last + this.#intervalMs;
    const off = arrivedAtMs - predicted;
    const shift = this.#shiftOf(off);
    if (shift !== 0) {
      this.#lastMs = predicted + shift;
      return Math.max(this.#lastMs, last);
    }
    const clip = FRAME_CLIP * this.#intervalMs;
    const clipped = Math.max(-clip, Math.min(clip, off));
    const { position, slope } = gains(this.#count, FRAME_MEMORY);
    this.#lastMs = Math.max(last, predicted + position * clipped);
    this.#intervalMs += slope * clipped;
    return this.#lastMs;
  }

  #begin(arrivedAtMs: number): number {
    this.#count = 0;
    this.#offCount = 0;
    this.#lastMs = arrivedAtMs;
    return arrivedAtMs;
  }

  /** A camera that lost frames, or a moment that was taken for that and was lateness: whole intervals, once it is sure. */
  #shiftOf(off: number): number {
    if (Math.abs(off) < FRAME_SHIFT * this.#intervalMs) {
      this.#offCount = 0;
      return 0;
    }
    this.#offCount = Math.sign(this.#offCount) === Math.sign(off) ? this.#offCount + Math.sign(off) : Math.sign(off);
    if (Math.abs(this.#offCount) < FRAME_SHIFT_AFTER) return 0;
    this.#offCount = 0;
    return Math.round(off / this.#intervalMs) * this.#intervalMs;
  }

  #isOtherInterval(): boolean {
    if (this.#intervals.length < INTERVALS) return false;
    const median = this.#intervals.toSorted((a, b) => a - b)[INTERVALS >> 1] ?? this.#intervalMs;
    const mean = this.#intervals.reduce((sum, one) => sum + one, 0) / INTERVALS;
    // Jitter moves the median, a pause moves the mean; another rate moves both.
    const isOther = (ms: number): boolean => Math.abs(ms - this.#intervalMs) > OTHER_INTERVAL * this.#intervalMs;
    if (median < 1 || !isOther(mean) || !isOther(median)) return false;
    this.#intervalMs = mean;
    this.#intervals.length = 0;
    return true;
  }
}

type Anchor = { readonly samples: number; readonly atMs: number };

/** Samples of a device whose clock is not ours. */
export class SampleClock {
  readonly #nominalMsPerSample: number;
  #samples = 0;
  #atMs: number | undefined;
  #lastArrivalMs = 0;
  #msPerSample: number;
  #meanBlock = 0;
  #count = 0;
  #offCount = 0;
  #anchors: Anchor[] = [];

  constructor(sampleRate: number) {
    this.#nominalMsPerSample = 1000 / sampleRate;
    this.#msPerSample = this.#nominalMsPerSample;
  }

  /** How much faster than nominal the device is against our clock, in millionths; undefined in the first minute. */
  get driftPpm(): number | undefined {
    const [first] = this.#anchors;
    if (first === undefined || this.#atMs === undefined || this.#atMs - first.atMs < DRIFT_SPAN_MS) return undefined;
    return (((this.#samples - first.samples) * this.#nominalMsPerSample) / (this.#atMs - first.atMs) - 1) * 1e6;
  }

  /** When sample `index`, counted from the first, was captured, up to a constant; undefined before any has come. */
  msOf(index: number): number | undefined {
    return this.#atMs === undefined ? undefined : this.#atMs + (index - this.#samples) * this.#msPerSample;
  }

  /** `samples` more have arrived. */
  add(samples: number, arrivedAtMs: number): void {
    if (samples === 0) return;
    const gapMs = arrivedAtMs - this.#lastArrivalMs;
    this.#lastArrivalMs = arrivedAtMs;
    this.#samples += samples;
    if (this.#atMs === undefined || gapMs > PAUSE_MS + samples * this.#nominalMsPerSample) return this.#begin(arrivedAtMs);
    this.#count += 1;
    this.#meanBlock += (samples - this.#meanBlock) / Math.min(this.#count, 100);
    const predicted = this.#atMs + samples * this.#msPerSample;
    const off = arrivedAtMs - predicted;
    if (this.#isShifted(off)) return this.#begin(arrivedAtMs);
    const clipped = Math.max(-SAMPLE_CLIP_MS, Math.min(SAMPLE_CLIP_MS, off));
    const { position, slope } = gains(this.#count, SAMPLE_MEMORY);
    this.#atMs = predicted + position * clipped;
    this.#msPerSample += (slope * clipped) / this.#meanBlock;
    // No crystal is off by more than a thousandth: the rest was the unevenness of the first blocks.
    const limit = this.#nominalMsPerSample / 1000;
    this.#msPerSample = Math.max(this.#nominalMsPerSample - limit, Math.min(this.#nominalMsPerSample + limit, this.#msPerSample));
    this.#keepAnchor();
  }

  #begin(arrivedAtMs: number): void {
    this.#atMs = arrivedAtMs;
    this.#msPerSample = this.#nominalMsPerSample;
    this.#count = 0;
    this.#offCount = 0;
    this.#anchors = [];
  }

  #isShifted(off: number): boolean {
    if (Math.abs(off) < SAMPLE_SHIFT_MS) {
      this.#offCount = 0;
      return false;
    }
    this.#offCount = Math.sign(this.#offCount) === Math.sign(off) ? this.#offCount + Math.sign(off) : Math.sign(off);
    return Math.abs(this.#offCount) >= SAMPLE_SHIFT_AFTER;
  }

  /** From where drift is measured: the line must have settled, and what is long past says little of a device that warms up. */
  #keepAnchor(): void {
    const atMs = this.#atMs ?? 0;
    const last = this.#anchors.at(-1);
    if (this.#count < 200 || (last !== undefined && atMs - last.atMs < DRIFT_SPAN_MS)) return;
    this.#anchors.push({ samples: this.#samples, atMs });
    while (atMs - (this.#anchors[0]?.atMs ?? atMs) > DRIFT_WINDOW_MS) this.#anchors.shift();
  }
}
