// Which of the measured encoders carries a ladder, with what is left for the rest of a show. Pure.
import { encoderText, type EncoderChoice, type EncoderName } from '../../contract/encoder.ts';
import type { Ladder } from '../../contract/ladder.ts';
import { fpsOf } from './frameRates.ts';

/** An encoder that has worked, with what it carried. */
export type MeasuredEncoder = {
  readonly choice: EncoderChoice;
  /** Pixels of all renditions together that it encoded in a second. */
  readonly pixelsPerSecond: number;
  /** Renditions that it encoded at once: graphics cards limit their sessions. */
  readonly renditions: number;
};

export type EncoderPick = { readonly choice: EncoderChoice; readonly speed: number; readonly sentence: string };

/**
 * libx264 shares the processor with sources, clock and connections (the whole show takes 1.1 times what the encoder alone takes,
 * docs/verified.md, and a source has to be decoded); a graphics card does not.
 */
const SOFTWARE_SPEED = 1.4;
const HARDWARE_SPEED = 1.2;
/** Hardware in the order of preference; libx264 where none of them works. */
const PREFERENCE: readonly EncoderName[] = ['h264_nvenc', 'h264_qsv', 'h264_videotoolbox', 'h264_amf', 'h264_vaapi', 'h264_mf', 'h264_v4l2m2m'];
/** Best first; `ultrafast` only where nothing else keeps up. */
const SOFTWARE_PRESETS = ['veryfast', 'superfast', 'ultrafast'] as const;
/** Pixels a second and core, measured at 1080p on a 2.6 GHz Xeon; stands in until this machine was measured. */
const USUAL_PIXELS_PER_CORE: Readonly<Record<(typeof SOFTWARE_PRESETS)[number], number>> = { veryfast: 46e6, superfast: 80e6, ultrafast: 140e6 };

/** × real time that leaves room for the rest of a show. */
export function wantedSpeed(encoder: EncoderName): number {
  return encoder === 'libx264' ? SOFTWARE_SPEED : HARDWARE_SPEED;
}

/** Pixels of all renditions in a second of a show. */
export function pixelRateOf({ renditions, frameRate }: Pick<Ladder, 'renditions' | 'frameRate'>): number {
  return renditions.reduce((sum, one) => sum + one.width * one.height, 0) * fpsOf(frameRate);
}

/** What a machine with so many cores usually does with libx264. */
export function usualEncoders(cores: number): MeasuredEncoder[] {
  return SOFTWARE_PRESETS.map((preset) => ({
    choice: { encoder: 'libx264', preset }, pixelsPerSecond: USUAL_PIXELS_PER_CORE[preset] * cores, renditions: Number.POSITIVE_INFINITY,
  }));
}

/** @param allow the presets of libx264 that may be used. Undefined where nothing keeps up. */
export function pickEncoder(ladder: Ladder, encoders: readonly MeasuredEncoder[], allow: 'good' | 'fastest'): EncoderPick | undefined {
  const speedOf = (one: MeasuredEncoder): number => one.pixelsPerSecond / pixelRateOf(ladder);
  for (const name of PREFERENCE) {
    const found = encoders.find((one) => one.choice.encoder === name && one.renditions >= ladder.renditions.length && speedOf(one) >= HARDWARE_SPEED);
    if (found !== undefined) {
      const speed = speedOf(found);
      return { choice: found.choice, speed, sentence: `${encoderText(found.choice)} carries the ladder at ${times(speed)} and leaves the processor to sources and network.` };
    }
  }
  const software = encoders.filter((one) => one.choice.encoder === 'libx264');
  for (const [index, preset] of SOFTWARE_PRESETS.entries()) {
    if (preset === 'ultrafast' && allow === 'good') break;
    const found = software.find((one) => one.choice.preset === preset);
    if (found === undefined || speedOf(found) < SOFTWARE_SPEED) continue;
    const better = software.find((one) => one.choice.preset === SOFTWARE_PRESETS[index - 1]);
    const why = better === undefined ? '' : ` (${better.choice.preset} only at ${times(speedOf(better))}; ${SOFTWARE_SPEED} × leaves room for the rest of the show)`;
    return { choice: found.choice, speed: speedOf(found), sentence: `${encoderText(found.choice)} carries the ladder at ${times(speedOf(found))}${why}.` };
  }
  return undefined;
}

/** The fastest there is, whether it keeps up or not. */
export function fastestEncoder(ladder: Ladder, encoders: readonly MeasuredEncoder[]): EncoderPick | undefined {
  const [found] = encoders.filter((one) => one.renditions >= ladder.renditions.length).toSorted((one, other) => other.pixelsPerSecond - one.pixelsPerSecond);
  if (found === undefined) return undefined;
  const speed = found.pixelsPerSecond / pixelRateOf(ladder);
  return {
    choice: found.choice, speed,
    sentence: `${encoderText(found.choice)} is the fastest encoder here and carries the ladder at ${times(speed)}, which leaves too little room: expect dropped frames, or choose a smaller ladder.`,
  };
}

function times(speed: number): string {
  return `${speed.toFixed(speed < 10 ? 1 : 0)} × real time`;
}
