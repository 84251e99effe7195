// What can be captured: the parsed form of `--source` and `--audio`. The text form is read in src/main/capture/sourceSpec.ts.
import { z } from 'zod';

/** Device names come from the system and from operators; bounded, and never a line break (they stand in sentences). */
const deviceName = z.string().min(1).max(512).regex(/^[^\r\n\0]+$/);
/** A path or a URL that FFmpeg reads. */
const mediaPath = z.string().min(1).max(4096).regex(/^[^\0]+$/);

const testSchema = z.object({ kind: z.literal('test') });
const fileSchema = z.object({ kind: z.literal('file'), path: mediaPath });
const microphoneSchema = z.object({ kind: z.literal('microphone'), name: deviceName.optional() });

/** A source: `test` (moving pattern, tone and click), `file` (path or URL), `screen`, `microphone` (no picture), `camera`. */
export const sourceSpecSchema = z.discriminatedUnion('kind', [
  testSchema,
  fileSchema,
  z.object({ kind: z.literal('screen'), display: deviceName.optional() }),
  microphoneSchema,
  z.object({ kind: z.literal('camera'), name: deviceName.optional() }),
]);
export type SourceSpec = z.infer<typeof sourceSpecSchema>;

/** Limits of the sound of a source; gain in dB. */
export const gainDbSchema = z.number().min(-60).max(20);
/** Milliseconds by which sound is heard later than it came with its picture; negative: the picture waits for it. */
export const offsetMsSchema = z.number().min(-500).max(1000);
export const soundSettingsSchema = z.object({ gainDb: gainDbSchema.optional(), offsetMs: offsetMsSchema.optional() });
export type SoundSettings = z.infer<typeof soundSettingsSchema>;

/** Where the sound comes from: a source of its own, `none` (silence) or `source` (the sound of the video source). */
export const audioSpecSchema = z.discriminatedUnion('kind', [
  testSchema,
  fileSchema,
  microphoneSchema,
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('source') }),
]);
export type AudioSpec = z.infer<typeof audioSpecSchema>;
