// What is wrong with a ladder, in sentences that say what to do. Pure.
import { OperatorError } from '../../contract/errors.ts';
import type { Ladder, Rendition } from '../../contract/ladder.ts';
import type { SourceSize } from '../../contract/ladderPlan.ts';
import type { EventLimits } from './eventLimits.ts';
import { fpsOf, fpsText } from './frameRates.ts';
import { totalKbpsOf } from './rungs.ts';

/** A keyframe every 4 s is the most that services take (media-services.md §4.4); below half a second they eat the bitrate. */
const MIN_GOP_SECONDS = 0.5;
const MAX_GOP_SECONDS = 4;
const MAX_FPS = 60.01;
/** Two shapes that differ by less are the same up to even sides. */
const SHAPE_TOLERANCE = 0.03;

/** What makes a ladder unusable wherever it goes; empty for a good one. */
export function ladderProblems(ladder: Ladder): string[] {
  const { renditions, frameRate, gopSeconds } = ladder;
  const problems: string[] = [];
  if (gopSeconds < MIN_GOP_SECONDS || gopSeconds > MAX_GOP_SECONDS) {
    problems.push(`A keyframe every ${gopSeconds} s does not suit live streaming: set gopSeconds between ${MIN_GOP_SECONDS} and ${MAX_GOP_SECONDS}; 2 is usual.`);
  }
  if (fpsOf(frameRate) > MAX_FPS || fpsOf(frameRate) < 1) problems.push(`${fpsText(frameRate)} frames per second cannot be sent: choose a rate between 1 and 60.`);
  for (const [index, one] of renditions.entries()) {
    const above = renditions[index - 1];
    const same = renditions.slice(0, index).find((other) => other.name === one.name);
    if (same !== undefined) problems.push(`Two renditions are called ${one.name}: give each a name of its own.`);
    if (above !== undefined) problems.push(...stepProblems(above, one));
  }
  return problems;
}

/** What makes a ladder unusable at this event, from this source, over this uplink. */
export function fittingProblems(ladder: Ladder, limits: EventLimits, eventType: string, source: SourceSize | undefined, uplinkBudgetKbps: number | undefined): string[] {
  const problems: string[] = [];
  const [top] = ladder.renditions;
  if (top === undefined) return problems;
  const total = totalKbpsOf(ladder);
  if (limits.encodes && ladder.renditions.length > 1) {
    problems.push(`An event of type ${eventType} makes the ladder itself from one rendition: keep only ${top.name}.`);
  }
  if (Math.max(top.width, top.height) > limits.longSide || Math.min(top.width, top.height) > limits.shortSide) {
    problems.push(`${top.name} (${sizeText(top)}) is larger than an event of type ${eventType} uses: choose at most ${limits.longSide}×${limits.shortSide}.`);
  }
  if (fpsOf(ladder.frameRate) > limits.maxFps + 0.01) {
    problems.push(`${fpsText(ladder.frameRate)} frames per second are more than an event of type ${eventType} uses: choose at most ${limits.maxFps}.`);
  }
  for (const one of ladder.renditions) {
    if (one.declaredKbps > limits.renditionKbps) problems.push(`${one.name} declares ${one.declaredKbps} kbit/s; an event of type ${eventType} takes at most ${limits.renditionKbps} for each rendition.`);
  }
  if (total > limits.totalKbps) {
    problems.push(`All renditions with their sound make ${total} kbit/s; an event of type ${eventType} takes at most ${limits.totalKbps}. Lower bitrates or leave out a rendition.`);
  }
  if (uplinkBudgetKbps !== undefined && total > uplinkBudgetKbps) {
    problems.push(`All renditions with their sound make ${total} kbit/s; half of the measured uplink is ${uplinkBudgetKbps}. Lower bitrates or leave out a rendition.`);
  }
  if (source !== undefined && (top.width > source.width || top.height > source.height)) {
    problems.push(`${top.name} (${sizeText(top)}) is larger than the source (${sizeText(source)}), and nothing is scaled up: choose at most ${sizeText({ width: even(source.width), height: even(source.height) })}.`);
  }
  return problems;
}

/** @throws {OperatorError} `LADDER_INVALID` with the first problem, and how many more there are. */
export function refuse(problems: readonly string[]): void {
  const [first, ...others] = problems;
  if (first === undefined) return;
  throw new OperatorError('LADDER_INVALID', 'The ladder cannot be used.', [first, ...others].join(' '));
}

function stepProblems(above: Rendition, below: Rendition): string[] {
  const problems: string[] = [];
  if (below.declaredKbps === above.declaredKbps) {
    problems.push(`${above.name} and ${below.name} both declare ${below.declaredKbps} kbit/s, and a service tells renditions by their bitrate: give each another one.`);
  } else if (below.declaredKbps > above.declaredKbps) {
    problems.push(`${below.name} declares more (${below.declaredKbps} kbit/s) than ${above.name} before it (${above.declaredKbps}): list the renditions from the highest to the lowest.`);
  }
  if (below.width > above.width || below.height > above.height) {
    problems.push(`${below.name} (${sizeText(below)}) is larger than ${above.name} before it (${sizeText(above)}): list the renditions from the largest to the smallest.`);
  } else if (Math.abs(below.width / below.height / (above.width / above.height) - 1) > SHAPE_TOLERANCE) {
    problems.push(`${below.name} (${sizeText(below)}) has another shape than ${above.name} (${sizeText(above)}): players switch between them, so make it ${sizeText({ width: even((below.height * above.width) / above.height), height: below.height })}.`);
  }
  return problems;
}

function sizeText({ width, height }: { readonly width: number; readonly height: number }): string {
  return `${width}×${height}`;
}

function even(length: number): number {
  return Math.max(16, 2 * Math.floor(length / 2 + 1e-9));
}
