// What an operator asks for: sources, destination, ladder, and how long.
import { z } from 'zod';
import { encoderChoiceSchema } from './encoder.ts';
import { eventSettingsSchema } from './eventSettings.ts';
import { ingestProtocolSchema } from './ingest.ts';
import { ladderSchema } from './ladder.ts';
import { joinModeSchema, pairModeSchema } from './pair.ts';
import { platformNameSchema } from './platforms.ts';
import { MAX_SIDE_OUTPUTS, sideOutputNameSchema, sideOutputSchema } from './sideOutput.ts';
import { audioSpecSchema, soundSettingsSchema, sourceSpecSchema } from './source.ts';

/** Where a show goes. An RTMP URL holds a stream key: it is never logged and never leaves the engine unredacted. */
export const destinationSchema = z.discriminatedUnion('kind', [
  /** `home`: the embedded service of another home on this machine. */
  z.object({ kind: z.literal('embedded'), home: z.string().min(1).max(4096).optional() }),
  z.object({ kind: z.literal('arm'), address: z.string().max(2048) }),
  /** `keyName`: the address ends with its app, and the key of this name is taken from the environment or the store of secrets.
   * `platform`: whose limits hold where the address does not tell it. */
  z.object({ kind: z.literal('rtmp'), url: z.string().max(2048), keyName: sideOutputNameSchema.optional(), platform: platformNameSchema.optional() }),
]);
export type Destination = z.infer<typeof destinationSchema>;

/** Live event names, media-services.md §2: 1 to 32 letters, digits and inner hyphens. */
export const eventNameSchema = z.string().max(32).regex(/^[a-zA-Z0-9]+(-*[a-zA-Z0-9])*$/);

/** What viewers see while the source gives no picture: words, or a picture file. */
const slateSchema = z.object({ text: z.string().min(1).max(60).optional(), picture: z.string().min(1).max(4096).optional() });
export type SlateSpec = z.infer<typeof slateSchema>;

export const showPlanSchema = z.object({
  video: sourceSpecSchema,
  /** Sources that stand ready to be switched to. */
  otherVideo: z.array(sourceSpecSchema).max(7).optional(),
  audio: audioSpecSchema,
  /** What the sound of each source begins with, by its id: `1` to `8` in the order of the sources, `audio` for sound of its own. */
  sound: z.partialRecord(z.string().regex(/^([1-8]|audio)$/), soundSettingsSchema).optional(),
  destination: destinationSchema,
  ladder: ladderSchema,
  /** As the planner chose it; libx264 where nothing is said. */
  encoder: encoderChoiceSchema.optional(),
  /** Media time after which the show ends by itself. */
  durationSeconds: z.number().positive().max(25 * 3600).optional(),
  /** True: hold in rehearsal, where nothing is public, until `goLive`. False: public from the first frame. */
  rehearse: z.boolean(),
  recordDir: z.string().max(4096).optional(),
  /** Template of the files' names; see docs/going-live.md. */
  recordName: z.string().max(200).optional(),
  /** A new file is begun after so much media. */
  recordSplitSeconds: z.number().min(10).max(25 * 3600).optional(),
  /** The picture is encoded once more for the recording, at this bitrate; the top rendition is recorded where nothing is said. */
  recordKbps: z.int().min(200).max(60_000).optional(),
  /** A name of the operator's choice; a new one is made where it is missing. */
  eventName: eventNameSchema.optional(),
  /** How the event and its public stream are made, where that is not as usual. */
  event: eventSettingsSchema.optional(),
  /** True: the event is left running at the end (and goes on costing money). */
  keepEvent: z.boolean().default(false),
  /** Attach to the event `eventName` of another instance instead of opening one. */
  join: joinModeSchema.optional(),
  /** How two instances on one event share its ingest endpoints; `one-each` where it is missing. */
  pair: pairModeSchema.optional(),
  slate: slateSchema.optional(),
  /** Further RTMP addresses, each of which gets one rendition and fails alone. */
  also: z.array(sideOutputSchema).max(MAX_SIDE_OUTPUTS).optional(),
  /** What the live event is fed with; RTMP for a new event, and what the event takes for one that is there, where nothing is said. */
  ingest: ingestProtocolSchema.optional(),
  /** For the connections of the stream: `http://`, `https://` or `socks5://HOST:PORT`, or `none`; else what the environment says. */
  proxy: z.string().max(2048).optional(),
});
export type ShowPlan = z.infer<typeof showPlanSchema>;

/** What of a plan decides whether its destination takes it. */
export const planQuestionSchema = showPlanSchema.pick({ destination: true, ladder: true, event: true, ingest: true, also: true, join: true });
export type PlanQuestion = z.infer<typeof planQuestionSchema>;

/** Sentences; with a problem a show would not start, a remark is what is given up or not as recommended. */
export type PlanVerdict = { readonly problems: readonly string[]; readonly remarks: readonly string[] };
