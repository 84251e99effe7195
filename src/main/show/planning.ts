// Plans a ladder for a source on this machine: looks at the source, asks what is known of the encoders, and lets the planner decide.
import { availableParallelism } from 'node:os';
import type { Ladder } from '../../contract/ladder.ts';
import type { EncodersReport, LadderPlan, ladderPlanRequestSchema } from '../../contract/ladderPlan.ts';
import type { PlatformName } from '../../contract/platforms.ts';
import type { z } from 'zod';
import { measureSource } from '../capture/sourceSize.ts';
import { planLadder, type PlannerInput } from '../encode/ladderPlanner.ts';
import { ladderByName } from '../encode/ladders.ts';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import { measuredEncoders, type EncoderBook } from './encoderBook.ts';

/** So much faster than any machine that it never is the limit. */
const ANY_MACHINE: PlannerInput['encoders'] = [{ choice: { encoder: 'libx264', preset: 'veryfast' }, pixelsPerSecond: 1e12, renditions: Number.POSITIVE_INFINITY }];

export type Planning = {
  /** `platform`: a single stream goes there. @throws {OperatorError} of the source, of FFmpeg, and of the planner. */
  readonly plan: (request: z.output<typeof ladderPlanRequestSchema> & { readonly platform?: PlatformName | undefined }, mayMeasure: boolean, signal: AbortSignal) => Promise<LadderPlan>;
  /** Measures the encoders with this ladder (the shipped 1080p) unless that is known; `again` measures in any case. */
  readonly encoders: (ladder: Ladder | undefined, again: boolean, mayMeasure: boolean, signal: AbortSignal) => Promise<EncodersReport | undefined>;
};

export function createPlanning(book: EncoderBook, locate: () => Promise<FfmpegInstall>): Planning {
  return {
    async plan(request, mayMeasure, signal) {
      const source = request.source ?? (request.video === undefined ? undefined : await measureSource(request.video, await locate()));
      const input = { source, eventType: request.eventType, platform: request.platform, uplinkKbps: request.uplinkKbps, ladder: request.ladder, cores: availableParallelism() };
      // What a machine without limits would send is what every encoder has to show itself on.
      const { ladder } = planLadder({ ...input, encoders: ANY_MACHINE });
      const report = request.measure && mayMeasure ? await book.report(ladder, { again: false, signal }) : await book.known(ladder);
      const refused = report?.encoders.filter((one) => one.verdict === 'refused').map((one) => one.sentence) ?? [];
      return planLadder({ ...input, encoders: report === undefined ? [] : measuredEncoders(report), refused });
    },
    async encoders(ladder = ladderByName('1080p'), again, mayMeasure, signal) {
      return mayMeasure ? book.report(ladder, { again, signal }) : book.known(ladder);
    },
  };
}
