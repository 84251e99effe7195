// What the planner is asked and what it answers: a ladder and an encoder with a reason for each choice, and what encoders were found.
import { z } from 'zod';
import { encoderChoiceSchema, ENCODER_NAMES, type EncoderChoice } from './encoder.ts';
import { EVENT_TYPES } from './eventSettings.ts';
import { frameRateSchema, ladderSchema, type Ladder } from './ladder.ts';
import { destinationSchema } from './plan.ts';
import { sourceSpecSchema } from './source.ts';

/** The picture of a source as viewers see it: after rotation, square pixels. */
export const sourceSizeSchema = z.object({
  width: z.int().min(16).max(16_384),
  height: z.int().min(16).max(16_384),
  frameRate: frameRateSchema,
});
export type SourceSize = z.infer<typeof sourceSizeSchema>;

export const ladderPlanRequestSchema = z.object({
  /** Looked at for its size and rate. */
  video: sourceSpecSchema.optional(),
  /** Said instead of measured. Without either the picture is made to measure, as the test picture is. */
  source: sourceSizeSchema.optional(),
  eventType: z.enum(EVENT_TYPES).default('PassthroughStandard'),
  /** What the uplink carried when it was measured. */
  uplinkKbps: z.int().min(64).max(10_000_000).optional(),
  /** Where that is not said: the limit that was last seen towards this destination, if one was. */
  destination: destinationSchema.optional(),
  /** True: measure the encoders first where that was not done yet, some seconds. False: an estimate is good enough. */
  measure: z.boolean().default(false),
  /** The operator's own: it is checked and kept, and only the encoder is chosen. */
  ladder: ladderSchema.optional(),
});

export type PlanReason = {
  readonly about: 'source' | 'frame-rate' | 'size' | 'bitrates' | 'service' | 'uplink' | 'machine' | 'encoder';
  readonly sentence: string;
};

export type LadderPlan = {
  readonly ladder: Ladder;
  readonly encoder: EncoderChoice;
  /** In the order in which the choices were made. */
  readonly reasons: readonly PlanReason[];
  /** Of all renditions with their sound, kbit/s. */
  readonly totalKbps: number;
  /** Encoding speed that is expected, × real time. */
  readonly expectedSpeed: number;
  /** False where nothing was measured yet and the speed is an estimate from the number of cores. */
  readonly isMeasured: boolean;
};

/** What a probe found of one encoder. */
export const encoderFindingSchema = z.object({
  encoder: z.enum(ENCODER_NAMES),
  verdict: z.enum(['works', 'refused']),
  /** In words: what it did, or why it is not used. */
  sentence: z.string(),
  /** The settings with which it worked: the best that keep up, else the fastest. */
  choice: encoderChoiceSchema.optional(),
  /** × real time on the probed ladder. */
  speed: z.number().optional(),
  /** What each rendition was told and what came; the error is of the declared bitrate, signed. */
  renditions: z.array(z.object({ name: z.string(), declaredKbps: z.number(), actualKbps: z.number(), errorPercent: z.number() })).optional(),
  /** Every setting that worked, with its speed. */
  tried: z.array(z.object({ choice: encoderChoiceSchema, speed: z.number() })),
  tookMs: z.number(),
});
export type EncoderFinding = z.infer<typeof encoderFindingSchema>;
export type ProbedRendition = NonNullable<EncoderFinding['renditions']>[number];

export type EncodersReport = {
  readonly probedAtUtc: string;
  /** True when it was read from the cache of this machine, driver and FFmpeg. */
  readonly fromCache: boolean;
  readonly ffmpeg: string;
  /** The ladder that every encoder had to carry. */
  readonly ladder: Ladder;
  readonly encoders: readonly EncoderFinding[];
};
