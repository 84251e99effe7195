// Which of a camera's modes a show uses, and why. Pure.
import type { DeviceMode } from '../../contract/device.ts';

export type Needed = { readonly width: number; readonly height: number; readonly fps: number };
export type ModeChoice = { readonly mode: DeviceMode; /** What to ask for; undefined where rates are not told. */ readonly fps: number | undefined; readonly reason: string };

/** What a USB 2.0 camera can carry: three packets of 1024 bytes in each of 8000 microframes a second (USB 2.0, §5.6.4). */
const USB2_BYTES_PER_SECOND = 24_576_000;
/** 29.97 is as good as 30: the program's clock makes up for a thousandth. */
const SAME_RATE = 0.002;

/** Costs; only their order matters. A rate too low is seen in every movement, a size too small in every picture. */
const COST = { perMissingRate: 100, perMissingSize: 60, perOtherShape: 20, otherRate: 4, perSurplusRate: 3, perSurplusSize: 3, unknownRawRate: 50 } as const;
/** Raw pictures need no decoding and lose nothing; a camera's own H.264 comes late and in GOPs. */
const FORMAT_COST: Readonly<Record<string, number>> = { mjpeg: 1, h264: 6, hevc: 8 };
const OTHER_FORMAT_COST = 12;

/** The nearest of `modes`; undefined where there is none. */
export function chooseMode(modes: readonly DeviceMode[], needed: Needed): ModeChoice | undefined {
  const [best] = modes.map((mode) => ({ mode, cost: costOf(mode, needed) })).toSorted((a, b) => a.cost - b.cost);
  if (best === undefined) return undefined;
  const fps = rateOf(best.mode, needed.fps);
  return { mode: best.mode, fps, reason: reasonOf(best.mode, fps, modes, needed) };
}

/** The rate within the mode's that is nearest to what is needed. */
function rateOf({ minFps, maxFps }: DeviceMode, fps: number): number | undefined {
  if (minFps === undefined || maxFps === undefined) return undefined;
  // A range that ends at 29.97 or 30 stands for the rate that was meant.
  return isSameRate(maxFps, fps) ? maxFps : isSameRate(minFps, fps) ? minFps : Math.max(minFps, Math.min(maxFps, fps));
}

function costOf(mode: DeviceMode, needed: Needed): number {
  const fps = rateOf(mode, needed.fps) ?? needed.fps;
  const size = Math.min(mode.width / needed.width, mode.height / needed.height);
  const rateCost = isSameRate(fps, needed.fps) ? 0 : fps < needed.fps
    ? COST.otherRate + COST.perMissingRate * (1 - fps / needed.fps)
    : COST.otherRate + COST.perSurplusRate * (fps / needed.fps - 1);
  const sizeCost = size < 1 ? COST.perMissingSize * (1 - size) : COST.perSurplusSize * (((mode.width * mode.height) / (needed.width * needed.height)) - 1);
  const shape = Math.abs(Math.log((mode.width / mode.height) / (needed.width / needed.height)));
  const formatCost = mode.isRaw ? 0 : FORMAT_COST[mode.format] ?? OTHER_FORMAT_COST;
  return rateCost + sizeCost + COST.perOtherShape * shape + formatCost + (isTooMuchForUsb2(mode, needed.fps) ? COST.unknownRawRate : 0);
}

/** Where rates are not told, a raw mode that USB 2.0 cannot carry comes at a few frames a second. */
function isTooMuchForUsb2(mode: DeviceMode, fps: number): boolean {
  return mode.isRaw && mode.maxFps === undefined && rawBytes(mode) * fps > USB2_BYTES_PER_SECOND;
}

function rawBytes({ width, height, format }: DeviceMode): number {
  return width * height * (/^(nv12|nv21|yuv420p)$/.test(format) ? 1.5 : /rgb|bgr/.test(format) ? 3 : 2);
}

function reasonOf(mode: DeviceMode, fps: number | undefined, modes: readonly DeviceMode[], needed: Needed): string {
  const format = mode.isRaw ? `raw (${mode.format})` : mode.format === 'mjpeg' ? 'MJPEG' : mode.format.toUpperCase();
  const rate = fps === undefined ? '' : ` at ${rounded(fps)} fps`;
  const raw = modes.filter((one) => one.isRaw && one.width === mode.width && one.height === mode.height);
  const rawFps = Math.max(0, ...raw.map((one) => one.maxFps ?? 0));
  const why = [
    ...(mode.width === needed.width && mode.height === needed.height ? [] : [`it is the nearest to ${needed.width}×${needed.height} that the camera has`]),
    ...(fps === undefined || isSameRate(fps, needed.fps) ? [] : [`it is the nearest to ${rounded(needed.fps)} fps that it has at this size`]),
    ...(mode.isRaw ? ['raw pictures need no decoding'] : []),
    ...(!mode.isRaw && raw.length === 0 ? ['it gives no raw pictures of this size'] : []),
    ...(!mode.isRaw && rawFps > 0 && rawFps < (fps ?? needed.fps) ? [`raw pictures of this size come at ${rounded(rawFps)} fps only`] : []),
    ...(!mode.isRaw && raw.some((one) => isTooMuchForUsb2(one, needed.fps)) ? ['raw pictures of this size are more than USB 2.0 carries'] : []),
  ];
  return `${mode.width}×${mode.height}${rate}, ${format}${why.length === 0 ? '' : `: ${why.join(', and ')}`}.`;
}

function isSameRate(a: number, b: number): boolean {
  return Math.abs(a - b) <= b * SAME_RATE;
}

function rounded(fps: number): string {
  return String(Math.round(fps * 100) / 100);
}
