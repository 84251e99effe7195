// Tells a worker that hangs, or is hopelessly behind, from one that works. It ends nothing; time is the caller's.
import { OperatorError } from '../../contract/errors.ts';
import type { EncoderSegment } from './encoderSegment.ts';

/** Media time that an encoder may keep without giving any of it back, and that hardware may need for its first packet. */
const STALL_MS = 4_000;
const HARDWARE_START_MS = 10_000;
/** Without a packet for so long it is not slow but silent, and less work would not help. */
const SILENT_MS = 750;
/** A pause of this process itself (suspended, stopped) is not the encoder's: one push accounts for no more than this. */
const MAX_PUSH_GAP_MS = 100;
/**
 * A show that is further behind is not live any more. What waits is given up and the encoder begins again at the next GOP boundary:
 * seconds lost once, and said, instead of a delay that grows without end.
 */
const MAX_LAG_MS = 12_000;

export class SegmentWatch {
  readonly #msOfFrames: (frames: number) => number;
  readonly #maxLagMs: number;
  #segment: EncoderSegment | undefined;
  #silentMs = 0;
  #lastCheckMs: number | undefined;
  #packets = 0;

  constructor(msOfFrames: (frames: number) => number, maxLagMs = MAX_LAG_MS) {
    this.#msOfFrames = msOfFrames;
    this.#maxLagMs = maxLagMs;
  }

  /** To be called for every frame that the worker is given. The fault for which it is to be ended, if there is one. */
  check(segment: EncoderSegment, nowMs: number): OperatorError | undefined {
    const { packetsOut } = segment.worker;
    const gapMs = Math.min(MAX_PUSH_GAP_MS, nowMs - (this.#lastCheckMs ?? nowMs));
    this.#silentMs = segment === this.#segment && packetsOut === this.#packets ? this.#silentMs + gapMs : 0;
    this.#segment = segment;
    this.#packets = packetsOut;
    this.#lastCheckMs = nowMs;
    const lagMs = this.#msOfFrames(segment.framesInside);
    if (lagMs > this.#maxLagMs) {
      return new OperatorError(
        'ENCODER_OVERLOADED', `The video encoder fell ${(lagMs / 1000).toFixed(1)} s behind, so what waited was given up.`,
        'Viewers miss these seconds. Close other programs now; choose a smaller ladder for the next show.',
      );
    }
    const stallMs = packetsOut === 0 && segment.settings.encoder.encoder !== 'libx264' ? HARDWARE_START_MS : STALL_MS;
    if (this.#silentMs < stallMs) return undefined;
    this.#silentMs = 0;
    return new OperatorError(
      'ENCODER_STALLED', `The video encoder gave nothing for ${stallMs / 1000} s and was ended.`,
      'A new one goes on with what waited; if it happens again, choose a smaller ladder or a faster preset.',
    );
  }

  /** It has given something lately: its lag says how fast it is. */
  isAlive(): boolean {
    return this.#packets > 0 && this.#silentMs < SILENT_MS;
  }
}
