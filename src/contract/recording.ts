// What is known of a recording on this computer: its files on the timeline, and what of the show never reached the service.
import { z } from 'zod';
import { frameRateSchema } from './ladder.ts';
import { undeliveredSchema } from './undelivered.ts';

const recordedFileSchema = z.object({
  path: z.string(),
  /** Frames on the event's timeline; `endFrame`, behind the last one, is missing while it is written and after a crash. */
  firstFrame: z.int(),
  endFrame: z.int().optional(),
  sizeBytes: z.number(),
  /** `recording`: being written, or left by a crash; `fragmented`: whole, not yet a plain file; `finished`: a plain file; `missing`: not there. */
  state: z.enum(['recording', 'fragmented', 'finished', 'missing']),
});
export type RecordedFile = z.infer<typeof recordedFileSchema>;

export const recordingNotesSchema = z.object({
  version: z.literal(1),
  id: z.string().regex(/^[0-9a-f-]{36}$/),
  event: z.string(),
  startedAtUtc: z.string(),
  /** Process that writes it. */
  pid: z.int(),
  /** True once nothing more is added to it. */
  isOver: z.boolean(),
  rendition: z.string(),
  /** Frame n is presented n / frameRate after this UTC second. */
  timelineZeroUtcSeconds: z.int(),
  frameRate: frameRateSchema,
  framesPerGop: z.int().positive(),
  files: z.array(recordedFileSchema),
  /** As far as it was known when this was written; all that was on its way counts while `isOver` is false. */
  undelivered: z.array(undeliveredSchema),
});
export type RecordingNotes = z.infer<typeof recordingNotesSchema>;

/** What has become of one file that was left in fragments. */
export type RepairedFile = { readonly path: string; readonly state: RecordedFile['state']; readonly problem?: string };

/** The recording of the show that is on. */
export const recordingStatusSchema = z.object({
  /** Of the file that is written, or was written last. */
  path: z.string(),
  sizeBytes: z.number(),
  /** `interrupted`: wanted, but the disk does not take it just now. */
  state: z.enum(['recording', 'interrupted', 'stopped']),
  rendition: z.string(),
  /** Files begun. */
  files: z.int(),
  /** Until the disk is full at the recording's pace; missing until that is known. */
  diskSecondsLeft: z.number().optional(),
  /** Pictures that the encoder of its own was too slow for, where it has one. */
  replacedFrames: z.int().optional(),
});
export type RecordingStatus = z.infer<typeof recordingStatusSchema>;
