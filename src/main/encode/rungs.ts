// Sizes and bitrates of a ladder: from the size of a source to renditions, and from a budget to bitrates. Pure.
import { AUDIO_KBPS } from './ladders.ts';
import type { Ladder, Rendition } from '../../contract/ladder.ts';

/** Shorter sides of the renditions below the highest. */
const TIERS = [720, 480, 360, 240] as const;
const MAX_RENDITIONS = 4;
/** A rendition that is nearer to the one above it than this is not worth its bits. */
const MAX_STEP = 0.8;
/** Below this a rendition serves only where the source itself is small. */
const USUAL_SMALLEST = 360;
/** Bitrates of the shipped ladders (pixels → kbit/s at up to 30 fps), and what follows from them above and below. */
const ANCHORS: readonly (readonly [pixels: number, kbps: number])[] = [
  [320 * 180, 200], [426 * 240, 300], [640 * 360, 600], [854 * 480, 1200], [1280 * 720, 2500], [1920 * 1080, 4500], [2560 * 1440, 9000], [3840 * 2160, 18_000],
];
/** Twice the frames need about half again as many bits. */
const HIGH_RATE_FACTOR = 1.5;
/** A bitrate below this part of the usual shows; then the highest rendition is left out instead. */
export const LOWEST_FACTOR = 0.7;
/** Less is no picture. */
export const MIN_KBPS = 150;

type Box = { readonly longSide: number; readonly shortSide: number };
export type Size = { readonly width: number; readonly height: number };

/** Sizes from highest to lowest: even sides, the shape of the source, never larger than the source or the box. */
export function sizesFor(source: Size, box: Box): Size[] {
  const long = Math.max(source.width, source.height);
  const short = Math.min(source.width, source.height);
  const top = scaled(source, Math.min(1, box.longSide / long, box.shortSide / short));
  const topShort = Math.min(top.width, top.height);
  const smallest = topShort < 480 ? 240 : USUAL_SMALLEST;
  const sizes = [top];
  for (const tier of TIERS) {
    const above = sizes.at(-1);
    if (above === undefined || sizes.length === MAX_RENDITIONS || tier < smallest) break;
    if (tier <= Math.min(above.width, above.height) * MAX_STEP) sizes.push(scaled(source, tier / short));
  }
  return sizes;
}

/** A usual bitrate for this picture, kbit/s. */
export function usualKbps({ width, height }: Size, fps: number): number {
  const pixels = width * height;
  const after = Math.min(ANCHORS.length - 1, Math.max(1, ANCHORS.findIndex(([one]) => pixels <= one)));
  const at = pixels > (ANCHORS.at(-1)?.[0] ?? 0) ? ANCHORS.length - 1 : after;
  const [lowPixels, lowKbps] = ANCHORS[at - 1] ?? [1, 1];
  const [highPixels, highKbps] = ANCHORS[at] ?? [2, 2];
  const slope = Math.log(highKbps / lowKbps) / Math.log(highPixels / lowPixels);
  const kbps = lowKbps * (pixels / lowPixels) ** slope * (fps > 30.5 ? HIGH_RATE_FACTOR : 1);
  return Math.max(MIN_KBPS, rounded(kbps));
}

export type Budget = {
  /** All renditions with their sound. */
  readonly totalKbps: number;
  readonly renditionKbps: number;
  /** Of the usual bitrates. */
  readonly factor: number;
};

/**
 * The highest renditions whose sum, each with its sound, stays within the budget: first by lower bitrates, then without the
 * highest. Bitrates are distinct and descend. Undefined where not even the smallest fits.
 */
export function renditionsWithin(sizes: readonly Size[], fps: number, { totalKbps, renditionKbps, factor }: Budget): Rendition[] | undefined {
  for (let from = 0; from < sizes.length; from += 1) {
    const kept = sizes.slice(from);
    const usual = kept.map((size) => Math.min(renditionKbps, usualKbps(size, fps) * factor));
    const room = totalKbps - kept.length * AUDIO_KBPS;
    const part = Math.min(1, room / usual.reduce((sum, one) => sum + one, 0));
    const rates = distinct(usual.map((one) => (part === 1 ? one : Math.floor((one * part) / 10) * 10)));
    if (part >= LOWEST_FACTOR && rates.every((one) => one >= MIN_KBPS)) return kept.map((size, index) => rendition(size, rates[index] ?? 0));
  }
  return undefined;
}

/** One picture with what bitrate there is; undefined where that is none. */
export function squeezed(size: Size, fps: number, { totalKbps, renditionKbps, factor }: Budget): Rendition | undefined {
  const left = Math.floor((totalKbps - AUDIO_KBPS) / 10) * 10;
  return left < MIN_KBPS ? undefined : rendition(size, Math.min(left, renditionKbps, usualKbps(size, fps) * factor));
}

/** All renditions with their sound: each connection carries both. */
export function totalKbpsOf({ renditions, audioKbps }: Pick<Ladder, 'renditions' | 'audioKbps'>): number {
  return renditions.reduce((sum, one) => sum + one.declaredKbps + audioKbps, 0);
}

export function rendition({ width, height }: Size, declaredKbps: number): Rendition {
  return { name: `${Math.min(width, height)}p`, width, height, declaredKbps: Math.round(declaredKbps) };
}

/** A cap may make several equal, and the service tells renditions by their declared bitrate. */
function distinct(rates: readonly number[]): number[] {
  const result: number[] = [];
  for (const rate of rates) {
    const above = result.at(-1);
    result.push(above === undefined || rate < above ? rate : Math.floor((above * LOWEST_FACTOR) / 10) * 10);
  }
  return result;
}

function scaled(source: Size, factor: number): Size {
  const side = (length: number): number => Math.max(16, Math.min(length - (length % 2), 2 * Math.round((length * factor) / 2)));
  return { width: side(source.width), height: side(source.height) };
}

function rounded(kbps: number): number {
  const step = kbps >= 1000 ? 100 : kbps >= 300 ? 50 : 10;
  return Math.round(kbps / step) * step;
}
