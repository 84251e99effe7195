// The sources of a plan, looked at before there is a show: what is asked for and what is told of them. The pictures and the levels come over
// the monitor stream, as those of a show do.
import { z } from 'zod';
import { showPlanSchema } from './plan.ts';
import type { AlarmEvent, Failure, MixEvent, SourceEvent } from './report.ts';

export const previewRequestSchema = showPlanSchema.pick({ video: true, otherVideo: true, audio: true }).extend({
  /** Of the show that is planned: its shape, and what a camera is asked for. */
  size: z.object({ width: z.int().min(16).max(8192), height: z.int().min(16).max(8192) }).default({ width: 1280, height: 720 }),
});
export type PreviewRequest = z.output<typeof previewRequestSchema>;

/** A source that could not be opened, by its id (`1` to `8` in the order of the plan, `audio`). It is tried again, and told again only when the cause has changed. */
export type SourceUnopened = { readonly type: 'unopened'; readonly source: string; readonly failure: Failure; readonly atUtc: string };

/** Alarms are those of the signal: no picture, black, frozen, no sound, silence, digital zero (withheld by the system), clipping. */
export type PreviewEvent = SourceEvent | MixEvent | AlarmEvent | SourceUnopened;
