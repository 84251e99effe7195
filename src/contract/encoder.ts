// The vocabulary of encoder choice: which H.264 encoders there are, their presets, and what a show was given.
import { z } from 'zod';

/**
 * FFmpeg's H.264 encoders that Fieldcast knows how to drive, each with its presets from the fastest to the best.
 * `default` stands where an encoder has no such scale of its own.
 */
export const ENCODER_PRESETS = {
  libx264: ['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium'],
  h264_nvenc: ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'],
  h264_qsv: ['veryfast', 'faster', 'fast', 'medium', 'slow'],
  h264_videotoolbox: ['default'],
  h264_amf: ['speed', 'balanced', 'quality'],
  h264_vaapi: ['lowpower', 'normal'],
  h264_mf: ['default'],
  h264_v4l2m2m: ['default'],
} as const satisfies Readonly<Record<string, readonly [string, ...string[]]>>;

export type EncoderName = keyof typeof ENCODER_PRESETS;
export const ENCODER_NAMES = Object.keys(ENCODER_PRESETS) as [EncoderName, ...EncoderName[]];

/** What only some versions of FFmpeg or some machines have, so that it is used where the probe found that it works. */
export const ENCODER_FEATURES = ['cbr_padding', 'constant_bit_rate', 'peak_limit'] as const;
export type EncoderFeature = (typeof ENCODER_FEATURES)[number];

/** One encoder for all renditions of a show, as it was planned; the arguments are built from it. */
export const encoderChoiceSchema = z.object({
  encoder: z.enum(ENCODER_NAMES),
  preset: z.string().max(16),
  /** B-frames in a row, none of which is a reference. Hardware encoders get none; libx264 two where nothing is said. */
  bFrames: z.literal([0, 2]).optional(),
  features: z.array(z.enum(ENCODER_FEATURES)).max(ENCODER_FEATURES.length).optional(),
  /** The GPU of h264_vaapi where the machine has several. */
  device: z.string().regex(/^\/dev\/dri\/renderD\d{1,3}$/).optional(),
}).refine(
  ({ encoder, preset }) => presetsOf(encoder).includes(preset),
  { error: 'This encoder has no such preset.', path: ['preset'] },
);
export type EncoderChoice = z.infer<typeof encoderChoiceSchema>;

/** What a show uses when its plan names no encoder. */
export const DEFAULT_ENCODER: EncoderChoice = { encoder: 'libx264', preset: 'superfast' };

/** The presets of an encoder, the fastest first. */
export function presetsOf(encoder: EncoderName): readonly string[] {
  return ENCODER_PRESETS[encoder];
}

/** How an encoder is written for an operator: `h264_nvenc (p4)`; the preset only where there is a choice. */
export function encoderText({ encoder, preset }: EncoderChoice): string {
  return presetsOf(encoder).length === 1 ? encoder : `${encoder} (${preset})`;
}
