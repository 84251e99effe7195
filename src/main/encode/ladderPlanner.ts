// The planner: from a source, an event, an uplink and the encoders of a machine to a ladder and an encoder, with a reason for each
// choice. Pure: it measures nothing and starts nothing. It never scales up.
import { OperatorError } from '../../contract/errors.ts';
import type { FrameRate, Ladder, Rendition } from '../../contract/ladder.ts';
import type { LadderPlan, PlanReason, SourceSize } from '../../contract/ladderPlan.ts';
import type { EventType } from '../../contract/eventSettings.ts';
import { PLATFORMS, type PlatformName } from '../../contract/platforms.ts';
import { fastestEncoder, pickEncoder, pixelRateOf, usualEncoders, type EncoderPick, type MeasuredEncoder } from './encoderSpeed.ts';
import { EVENT_LIMITS, type EventLimits } from './eventLimits.ts';
import { fpsOf, fpsText, halfRate, programRate } from './frameRates.ts';
import { fittingProblems, ladderProblems, refuse } from './ladderRules.ts';
import { AUDIO_KBPS, GOP_SECONDS } from './ladders.ts';
import { fitFor } from './platformFit.ts';
import { renditionsWithin, sizesFor, squeezed, totalKbpsOf, type Budget, type Size } from './rungs.ts';
import { maxFpsOf, singleReasons, singleShapes } from './singleStream.ts';

export type PlannerInput = {
  /** Undefined for a picture that is made to measure (the test picture). */
  readonly source?: SourceSize | undefined;
  readonly eventType: EventType;
  /** Where a single stream goes, which no event takes; then `eventType` says nothing. */
  readonly platform?: PlatformName | undefined;
  readonly uplinkKbps?: number | undefined;
  readonly cores: number;
  /** Those that work; empty where nothing was measured yet. */
  readonly encoders: readonly MeasuredEncoder[];
  /** Why others do not work, to be told. */
  readonly refused?: readonly string[];
  /** The operator's own. */
  readonly ladder?: Ladder | undefined;
};

const FULL_HD = { longSide: 1_920, shortSide: 1_080 } as const;
const MADE_TO_MEASURE: SourceSize = { width: 1_920, height: 1_080, frameRate: { num: 30, den: 1 } };
/** The service's own advice: an uplink of twice what is sent (media-services.md §4.4). */
const UPLINK_PART = 0.5;
/** What the service encodes again should be better than what it makes of it. */
const CONTRIBUTION_FACTOR = 1.6;

/** Who gets the stream, for sentences. */
type Taker = { readonly name: string; readonly maxFps: number };
type Shape = { readonly ladder: Ladder; readonly fps: number; readonly dropped: readonly string[] };

/** @throws {OperatorError} `LADDER_INVALID`, `UPLINK_TOO_SLOW`, `MACHINE_TOO_SLOW`. */
export function planLadder(input: PlannerInput): LadderPlan {
  const limits = EVENT_LIMITS[input.eventType];
  const uplinkBudgetKbps = input.uplinkKbps === undefined ? undefined : Math.floor(input.uplinkKbps * UPLINK_PART);
  const isMeasured = input.encoders.length > 0;
  const encoders = isMeasured ? input.encoders : usualEncoders(input.cores);
  const estimate: PlanReason[] = isMeasured ? [] : [{ about: 'machine', sentence: `Nothing was measured on this machine yet; speeds are an estimate from its ${input.cores} cores. \`fieldcast encoders\` measures them.` }];
  const refused = (input.refused ?? []).map((sentence): PlanReason => ({ about: 'encoder', sentence }));
  const answer = (ladder: Ladder, pick: EncoderPick, reasons: readonly PlanReason[]): LadderPlan => ({
    ladder, encoder: pick.choice, totalKbps: totalKbpsOf(ladder), expectedSpeed: Math.round(pick.speed * 100) / 100, isMeasured,
    reasons: [...reasons, ...estimate, { about: 'encoder', sentence: pick.sentence }, ...refused],
  });

  if (input.ladder !== undefined) {
    const { platform } = input;
    // A platform's wishes are told, not enforced: the operator's own choice goes before them.
    const ladder = platform === undefined ? input.ladder : { ...input.ladder, renditions: input.ladder.renditions.slice(0, 1) };
    refuse([...ladderProblems(input.ladder), ...(platform === undefined ? fittingProblems(ladder, limits, input.eventType, input.source, uplinkBudgetKbps) : [])]);
    const pick = pickEncoder(ladder, encoders, 'fastest') ?? fastestEncoder(ladder, encoders);
    if (pick === undefined) throw machineTooSlow();
    const remarks = platform === undefined ? [] : fitFor(ladder, platform)?.remarks ?? [];
    return answer(ladder, pick, [{ about: 'size', sentence: 'The ladder is the one you gave.' }, ...remarks.map((sentence): PlanReason => ({ about: 'service', sentence }))]);
  }

  const source = input.source ?? MADE_TO_MEASURE;
  const taker: Taker = input.platform === undefined ? { name: `An event of type ${input.eventType}`, maxFps: limits.maxFps } : { name: PLATFORMS[input.platform].title, maxFps: maxFpsOf(input.platform) };
  const rate = programRate(source.frameRate, taker.maxFps);
  const budgetKbps = Math.min(input.platform === undefined ? limits.totalKbps : Number.POSITIVE_INFINITY, uplinkBudgetKbps ?? Number.POSITIVE_INFINITY);
  const shapes = input.platform === undefined ? shapesFor(source, rate, limits, budgetKbps) : singleShapes(source, rate, input.platform, budgetKbps);
  const [best] = shapes;
  if (best === undefined) throw uplinkTooSlow(budgetKbps, input.uplinkKbps);
  for (const allow of ['good', 'fastest'] as const) {
    for (const shape of shapes) {
      const pick = pickEncoder(shape.ladder, encoders, allow);
      if (pick === undefined) continue;
      return answer(shape.ladder, pick, [
        ...sourceReasons(input.source, rate, taker),
        ...(input.platform === undefined
          ? [...sizeReasons(source, best, limits, input.eventType), ...budgetReasons(best, limits, input.eventType, input.uplinkKbps, uplinkBudgetKbps)]
          : [...singleReasons(shape, input.platform), ...uplinkReasons(best, input.uplinkKbps)]),
        ...machineReasons(best, shape),
      ]);
    }
  }
  const smallest = shapes.at(-1) ?? best;
  const last = fastestEncoder(smallest.ladder, encoders);
  if (last === undefined || last.speed < 1) throw machineTooSlow();
  return answer(smallest.ladder, last, [...sourceReasons(input.source, rate, taker), ...(input.platform === undefined ? [] : singleReasons(smallest, input.platform)), ...machineReasons(best, smallest)]);
}

/** What could be sent, the best first: the whole, at half the frame rate, then without the highest renditions one by one. */
function shapesFor(source: SourceSize, rate: FrameRate, limits: EventLimits, budgetKbps: number): Shape[] {
  const box = { longSide: Math.min(FULL_HD.longSide, limits.longSide), shortSide: Math.min(FULL_HD.shortSide, limits.shortSide) };
  const all = sizesFor(source, box);
  const shapes: Shape[] = [];
  const add = (frameRate: FrameRate, from: number): void => {
    const fps = fpsOf(frameRate);
    const renditions = fitted(all.slice(from), fps, { totalKbps: budgetKbps, renditionKbps: limits.renditionKbps, factor: limits.encodes ? CONTRIBUTION_FACTOR : 1 }, limits.encodes);
    const [top] = renditions;
    if (top === undefined) return;
    const ladder: Ladder = { name: 'auto', frameRate, gopSeconds: GOP_SECONDS, renditions, audioKbps: AUDIO_KBPS };
    shapes.push({ ladder, fps, dropped: all.filter(({ width }) => width > top.width).map(({ width, height }) => `${Math.min(width, height)}p`) });
  };
  const rates = fpsOf(rate) > 30.5 ? [rate, halfRate(rate)] : [rate];
  for (const one of rates) add(one, 0);
  const slow = rates.at(-1) ?? rate;
  for (let from = 1; from < all.length; from += 1) add(slow, from);
  return shapes;
}

/** @param single one rendition is sent: the largest that the budget carries. */
function fitted(sizes: readonly Size[], fps: number, budget: Budget, single: boolean): Rendition[] {
  const choices = single ? sizes.map((size) => [size]) : [sizes];
  const found = choices.map((some) => renditionsWithin(some, fps, budget)).find((one) => one !== undefined);
  const [last] = sizes.slice(-1);
  const one = found === undefined && last !== undefined ? squeezed(last, fps, budget) : undefined;
  return found ?? (one === undefined ? [] : [one]);
}

function sourceReasons(source: SourceSize | undefined, rate: FrameRate, taker: Taker): PlanReason[] {
  if (source === undefined) return [{ about: 'source', sentence: 'The picture is made to measure: 1080p with 30 frames per second at best.' }];
  const from = fpsText(source.frameRate);
  const to = fpsText(rate);
  const reasons: PlanReason[] = [{ about: 'source', sentence: `The source is ${source.width}×${source.height} with ${from} frames per second; nothing is scaled up.` }];
  if (from === to) reasons.push({ about: 'frame-rate', sentence: `The show keeps the ${to} frames per second of the source.` });
  else if (fpsOf(source.frameRate) > taker.maxFps) reasons.push({ about: 'frame-rate', sentence: `${taker.name} takes ${taker.maxFps} frames per second, so the show has ${to} of the ${from}, evenly spaced.` });
  else reasons.push({ about: 'frame-rate', sentence: `${from} frames per second are unusual, so the show has ${to}: frames are repeated, and none is lost.` });
  return reasons;
}

function sizeReasons(source: SourceSize, best: Shape, limits: EventLimits, eventType: EventType): PlanReason[] {
  const [top] = best.ladder.renditions;
  if (top === undefined) return [];
  const reasons: PlanReason[] = [];
  if (limits.encodes) reasons.push({ about: 'service', sentence: `An event of type ${eventType} makes the ladder itself, so one rendition is sent, better than what is made of it.` });
  const isSmaller = top.width < source.width - 1 || top.height < source.height - 1;
  if (isSmaller && best.dropped.length === 0) {
    reasons.push({ about: 'size', sentence: `The highest rendition is ${top.width}×${top.height}: ${limits.encodes && limits.shortSide < FULL_HD.shortSide ? 'the event makes nothing larger' : 'few viewers can use more'}; give a ladder of your own for another size.` });
  } else if (!isSmaller) {
    reasons.push({ about: 'size', sentence: `The highest rendition has the size of the source (${top.width}×${top.height}).` });
  }
  if (!limits.encodes) reasons.push({ about: 'bitrates', sentence: `Every rendition declares a bitrate of its own (${best.ladder.renditions.map((one) => `${one.name} ${one.declaredKbps}`).join(', ')} kbit/s), usual for its size.` });
  return reasons;
}

function budgetReasons(best: Shape, limits: EventLimits, eventType: EventType, uplinkKbps: number | undefined, uplinkBudgetKbps: number | undefined): PlanReason[] {
  const total = totalKbpsOf(best.ladder);
  if (uplinkBudgetKbps !== undefined && uplinkBudgetKbps <= limits.totalKbps) {
    return uplinkReasons(best, uplinkKbps);
  }
  return best.dropped.length > 0 || eventType === 'PassthroughBasic' ? [{ about: 'service', sentence: `An event of type ${eventType} takes ${limits.totalKbps} kbit/s in all; the ladder needs ${total} with its sound.${leftOut(best)}` }] : [];
}

function uplinkReasons(best: Shape, uplinkKbps: number | undefined): PlanReason[] {
  return uplinkKbps === undefined ? [] : [{ about: 'uplink', sentence: `The uplink carried ${uplinkKbps} kbit/s; half of it is planned with, and ${totalKbpsOf(best.ladder)} are needed with the sound.${leftOut(best)}` }];
}

function leftOut({ dropped }: Shape): string {
  return dropped.length === 0 ? '' : ` ${dropped.join(', ')} would be too much.`;
}

function machineReasons(best: Shape, chosen: Shape): PlanReason[] {
  if (chosen === best) return [];
  const top = best.ladder.renditions[0]?.name ?? '';
  const now = chosen.ladder.renditions[0]?.name ?? '';
  const parts = [...(chosen.fps < best.fps - 0.01 ? [`${fpsText(chosen.ladder.frameRate)} instead of ${fpsText(best.ladder.frameRate)} frames per second`] : []), ...(top === now ? [] : [`${now} instead of ${top} as the highest rendition`])];
  const part = Math.round((pixelRateOf(chosen.ladder) / pixelRateOf(best.ladder)) * 100);
  return [{ about: 'machine', sentence: `No encoder of this machine carries the whole with room to spare, so the show has ${parts.join(' and ')} (${part} % of the work).` }];
}

function uplinkTooSlow(budgetKbps: number, uplinkKbps: number | undefined): OperatorError {
  return new OperatorError(
    'UPLINK_TOO_SLOW', `The uplink (${uplinkKbps ?? budgetKbps} kbit/s) carries not even the smallest picture with sound.`,
    'Use a wired or another connection, and measure again.',
  );
}

function machineTooSlow(): OperatorError {
  return new OperatorError(
    'MACHINE_TOO_SLOW', 'No encoder of this machine encodes even the smallest picture in real time.',
    'Close other programs and run `fieldcast encoders --probe-again`, or use another machine.',
  );
}
