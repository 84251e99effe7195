// Collects the frames of one connection's video into GOPs. Refuses what goes back in time; never waits and never merges.
import type { RawFrame, RawGop } from './gopTiming.ts';

export type IncomingFrame = { readonly dtsMs: number; readonly ptsMs: number; readonly isIdr: boolean; readonly data: Uint8Array };

/** `accepted`, or why the frame was left out: no IDR yet, time that does not grow, or a picture shown before its own IDR. */
export type FrameVerdict = 'accepted' | 'beforeFirstIdr' | 'nonIncreasing' | 'leading';

export class GopTooLargeError extends Error {
  constructor() {
    super('No IDR arrived for so long that the GOP exceeds its bounds.');
    this.name = 'GopTooLargeError';
  }
}

/** A GOP beyond these is an encoder without keyframes (the service's limit is about 20 s). */
const MAX_GOP_MS = 21_000;
const MAX_GOP_BYTES = 96 * 1024 * 1024;

export class GopAssembler {
  readonly #offsetSeconds: number;
  readonly #emit: (gop: RawGop) => void;
  #frames: RawFrame[] = [];
  #times = new Set<number>();
  #bytes = 0;
  #isIntact = true;
  #lastDtsMs = Number.NEGATIVE_INFINITY;

  constructor(offsetSeconds: number, emit: (gop: RawGop) => void) {
    this.#offsetSeconds = offsetSeconds;
    this.#emit = emit;
  }

  /** Presentation time of the IDR of the GOP under way, ms of the connection's clock. */
  get openGopMs(): number | undefined {
    return this.#frames[0]?.ptsMs;
  }

  /** @throws GopTooLargeError */
  add(frame: IncomingFrame): FrameVerdict {
    const first = this.#frames[0];
    if (frame.dtsMs <= this.#lastDtsMs || frame.ptsMs < 0) {
      this.#isIntact = false;
      return 'nonIncreasing';
    }
    if (frame.isIdr && first && frame.ptsMs <= first.ptsMs) return 'nonIncreasing';
    this.#lastDtsMs = frame.dtsMs;
    if (frame.isIdr) this.#close(frame.ptsMs);
    else if (!first) return 'beforeFirstIdr';
    else if (frame.ptsMs <= first.ptsMs) return 'leading';
    if (this.#times.has(frame.ptsMs)) {
      this.#isIntact = false;
      return 'nonIncreasing';
    }
    this.#times.add(frame.ptsMs);
    this.#frames.push({ ptsMs: frame.ptsMs, isIdr: frame.isIdr, data: frame.data });
    this.#bytes += frame.data.length;
    const start = this.#frames[0]?.ptsMs ?? frame.ptsMs;
    if (this.#bytes > MAX_GOP_BYTES || frame.ptsMs - start > MAX_GOP_MS) throw new GopTooLargeError();
    return 'accepted';
  }

  /** Gives out what has arrived of the last GOP. */
  end(): void {
    this.#close(undefined);
  }

  #close(nextIdrMs: number | undefined): void {
    const frames = this.#frames;
    // Frames that are shown after the next IDR would overlap the next fragment; only a broken encoder makes them.
    const shown = nextIdrMs === undefined ? frames : frames.filter((frame) => frame.ptsMs < nextIdrMs);
    const isIntact = this.#isIntact && shown.length === frames.length;
    this.#frames = [];
    this.#times = new Set();
    this.#bytes = 0;
    this.#isIntact = true;
    if (shown.length > 0) this.#emit({ frames: shown, nextIdrMs, offsetSeconds: this.#offsetSeconds, isIntact });
  }
}
