// What an operator may put on the timeline beside picture and sound: splices for advertisements, and data of his own.
import { z } from 'zod';

/** Services act only on cues that reach them at least this long before their time (media-services.md §4.6). */
export const MIN_PRE_ROLL_SECONDS = 4;
/** Of a message of its own, as services take them. */
export const MAX_DATA_BYTES = 256 * 1024;
/** Scheme under which the data of a cue reaches viewers. */
export const DATA_SCHEME = 'urn:fieldcast:userdata:2026';

/** Stands in playlists and in XML, so it is plain. */
const cueIdSchema = z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/);
const preRollSchema = z.number().nonnegative().max(3600);
/** 33 bits of 90 kHz are 26.5 hours. */
const durationSchema = z.number().positive().max(24 * 3600);

export const cueRequestSchema = z.discriminatedUnion('kind', [
  z.object({
    /** A break begins. */
    kind: z.literal('out'),
    id: cueIdSchema.optional(),
    durationSeconds: durationSchema.optional(),
    preRollSeconds: preRollSchema.default(MIN_PRE_ROLL_SECONDS),
    as: z.enum(['splice-insert', 'time-signal', 'simple', 'cue-point']).default('splice-insert'),
  }),
  z.object({
    /** The break ends; without an id it is the last one that was begun. */
    kind: z.literal('in'),
    id: cueIdSchema.optional(),
    preRollSeconds: preRollSchema.default(MIN_PRE_ROLL_SECONDS),
    as: z.enum(['splice-insert', 'time-signal']).default('splice-insert'),
  }),
  z.object({ /** Withdraws a cue whose time has not come. */ kind: z.literal('cancel'), id: cueIdSchema }),
  z.object({
    /** A splice_info_section() made elsewhere. */
    kind: z.literal('scte35'),
    id: cueIdSchema.optional(),
    section: z.base64().max(5464),
    preRollSeconds: preRollSchema.default(MIN_PRE_ROLL_SECONDS),
  }),
  z.object({
    kind: z.literal('data'),
    id: cueIdSchema.optional(),
    data: z.json(),
    durationSeconds: durationSchema.optional(),
    preRollSeconds: preRollSchema.default(0),
    /** `stream`: beside the media; `https`: by a call of the service, which takes it at once and without a time. */
    via: z.enum(['stream', 'https']).default('stream'),
  }),
]);
export type CueRequest = z.infer<typeof cueRequestSchema>;
/** With the defaults left out. */
export type CueInput = z.input<typeof cueRequestSchema>;

/** Where a cue stands. */
export const cueReceiptSchema = z.object({
  kind: z.enum(['out', 'in', 'cancel', 'scte35', 'data']),
  id: z.string(),
  /** On the event's timeline, s. */
  atSeconds: z.number(),
  atUtc: z.string(),
  durationSeconds: z.number().optional(),
});
export type CueReceipt = z.infer<typeof cueReceiptSchema>;
