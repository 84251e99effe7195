// The vocabulary of a ladder: renditions with their declared bitrates, one frame rate, one audio track.
import { z } from 'zod';

/** A constant frame rate as a fraction, frames per second = num / den. */
export const frameRateSchema = z.object({ num: z.int().positive(), den: z.int().positive() });
export type FrameRate = z.infer<typeof frameRateSchema>;

const SIDE = 'an even number from 16 to 4096 is needed';
const KBPS = 'a whole number from 50 to 60000 (kbit/s) is needed';

/** One rung. `name` is unique in its ladder (`720p`); `declaredKbps` names the track at the service, so it is unique too. */
export const renditionSchema = z.object({
  name: z.string().regex(/^[a-z0-9]{1,16}$/, 'a name of 1 to 16 small letters and digits is needed'),
  width: z.int(SIDE).min(16, SIDE).max(4096, SIDE).multipleOf(2, SIDE),
  height: z.int(SIDE).min(16, SIDE).max(4096, SIDE).multipleOf(2, SIDE),
  declaredKbps: z.int(KBPS).min(50, KBPS).max(60_000, KBPS),
});
export type Rendition = z.infer<typeof renditionSchema>;

/** Renditions from highest to lowest, and the audio that every one of them carries. */
export const ladderSchema = z.object({
  name: z.string(),
  frameRate: frameRateSchema,
  gopSeconds: z.number().positive(),
  renditions: z.array(renditionSchema).min(1),
  audioKbps: z.int().min(32).max(512),
});
export type Ladder = z.infer<typeof ladderSchema>;

/** Audio is always 48 kHz stereo inside Fieldcast. */
export const AUDIO_SAMPLE_RATE = 48_000;
export const AUDIO_CHANNELS = 2;
/** Samples in one AAC-LC frame (ISO/IEC 14496-3, frameLengthFlag 0). */
export const AAC_FRAME_SAMPLES = 1024;
