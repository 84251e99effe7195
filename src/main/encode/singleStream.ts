// What goes to a place that takes a single stream: size, rate and bitrate from its limits and recommendation, the source and the budget. Pure.
import type { FrameRate, Ladder } from '../../contract/ladder.ts';
import type { PlanReason, SourceSize } from '../../contract/ladderPlan.ts';
import { PLATFORMS, type Platform, type PlatformName, type PlatformRung } from '../../contract/platforms.ts';
import { fpsOf, fpsText, halfRate } from './frameRates.ts';
import { AUDIO_KBPS, GOP_SECONDS } from './ladders.ts';
import { FPS_TOLERANCE, rungFor } from './platformFit.ts';
import { LOWEST_FACTOR, MIN_KBPS, rendition, sizesFor, usualKbps, type Size } from './rungs.ts';

/** A platform makes its own ladder of what it gets, so that should be better than what is made of it. */
const CONTRIBUTION_FACTOR = 1.6;
const FULL_HD_LINES = 1_080;
const MAX_FPS = 60;

export type SingleShape = { readonly ladder: Ladder; readonly fps: number; readonly dropped: readonly string[] };

export function maxFpsOf(name: PlatformName): number {
  const { rungs } = PLATFORMS[name];
  return rungs.length === 0 ? MAX_FPS : Math.max(...rungs.map(({ fps }) => fps));
}

/**
 * The streams that could be sent, best first: the largest size at its rate, at half of it, then smaller ones. None is above what the
 * platform takes; below what it recommends is only the last resort, where the budget carries no more. Empty where it carries nothing.
 * @param rate of the show, at most {@link maxFpsOf}
 */
export function singleShapes(source: SourceSize, rate: FrameRate, name: PlatformName, budgetKbps: number): SingleShape[] {
  const platform = PLATFORMS[name];
  const lines = Math.min(FULL_HD_LINES, ...platform.rungs.slice(0, 1).map(({ height }) => height));
  const sizes = sizesFor(source, { longSide: 2 * Math.round((lines * 16) / 18), shortSide: lines });
  const audioKbps = Math.min(AUDIO_KBPS, platform.maxAudioKbps);
  const roomKbps = Math.floor((budgetKbps - audioKbps) / 10) * 10;
  const slow = fpsOf(rate) > 30.5 ? halfRate(rate) : rate;
  const shapeOf = (size: Size, frameRate: FrameRate, kbps: number): SingleShape => ({
    ladder: { name: 'auto', frameRate, gopSeconds: Math.min(GOP_SECONDS, platform.maxGopSeconds), renditions: [rendition(size, kbps)], audioKbps },
    fps: fpsOf(frameRate),
    dropped: sizes.filter(({ width }) => width > size.width).map(({ width, height }) => `${Math.min(width, height)}p`),
  });
  const wishes = sizes.flatMap((size, index) => (index === 0 && slow !== rate ? [rate, slow] : [slow]).map((frameRate) => ({ size, frameRate, bounds: boundsOf(platform, size, fpsOf(frameRate)) })));
  const shapes = wishes.flatMap(({ size, frameRate, bounds }) => {
    if (bounds === undefined) return [];
    const kbps = Math.min(bounds.wantedKbps, roomKbps);
    return kbps < bounds.leastKbps ? [] : [shapeOf(size, frameRate, kbps)];
  });
  const smallest = wishes.at(-1);
  if (shapes.length > 0 || smallest?.bounds === undefined || roomKbps < MIN_KBPS) return shapes;
  return [shapeOf(smallest.size, smallest.frameRate, Math.min(smallest.bounds.wantedKbps, roomKbps))];
}

/** Undefined where the platform takes no such picture. */
function boundsOf(platform: Platform, size: Size, fps: number): { readonly leastKbps: number; readonly wantedKbps: number } | undefined {
  const usual = usualKbps(size, fps);
  if (platform.rungs.length === 0) return { leastKbps: Math.max(MIN_KBPS, usual * LOWEST_FACTOR), wantedKbps: usual };
  const row = rungFor(platform.rungs, Math.min(size.width, size.height), fps);
  if (row === undefined || fps > row.fps + FPS_TOLERANCE) return undefined;
  const wantedKbps = Math.min(row.maxKbps, Math.max(row.minKbps, Math.round((usual * CONTRIBUTION_FACTOR) / 100) * 100));
  return { wantedKbps, leastKbps: Math.min(wantedKbps, Math.max(MIN_KBPS, row.minKbps, usual * LOWEST_FACTOR)) };
}

/** Why this stream, in the platform's own figures. */
export function singleReasons({ ladder }: Pick<SingleShape, 'ladder'>, name: PlatformName): PlanReason[] {
  const [top] = ladder.renditions;
  if (top === undefined) return [];
  const platform = PLATFORMS[name];
  const short = Math.min(top.width, top.height);
  const row = rungFor(platform.rungs, short, fpsOf(ladder.frameRate));
  const what = `${top.width}×${top.height} with ${fpsText(ladder.frameRate)} frames per second and ${top.declaredKbps} kbit/s`;
  const also = `a keyframe every ${ladder.gopSeconds} s and sound of ${ladder.audioKbps} kbit/s`;
  if (row === undefined) return [{ about: 'service', sentence: `The server takes one stream, and nothing is known of its limits: ${what}, usual for this size, with ${also}.` }];
  return [{ about: 'service', sentence: `${platform.title} takes one stream and makes its own renditions of it: ${what}, with ${also}. ${recommendation(platform, row, short, top.declaredKbps)}` }];
}

function recommendation({ title, maxGopSeconds, maxAudioKbps }: Platform, row: PlatformRung, short: number, kbps: number): string {
  const bounds = row.minKbps === row.maxKbps ? `${row.maxKbps}` : row.minKbps === 0 ? `at most ${row.maxKbps}` : `${row.minKbps} to ${row.maxKbps}`;
  const below = kbps < row.minKbps ? ' The uplink carries no more.' : '';
  return `${title} wants ${bounds} kbit/s for ${row.height === short ? '' : 'up to '}${row.height} lines at ${row.fps}, a keyframe at least every ${maxGopSeconds} s, sound of at most ${maxAudioKbps}.${below}`;
}
