// Two instances on one live event: how they share its endpoints, who owns it, and what each knows of the other.
import { z } from 'zod';

/** `one-each`: one instance feeds the primary ingest endpoint and the other the secondary; `both`: each feeds both. */
export const pairModeSchema = z.enum(['one-each', 'both']);
export type PairMode = z.infer<typeof pairModeSchema>;

/**
 * Attach to an event that another instance has prepared. `adopt`: the ladder comes from the event; `match`: the plan's own ladder
 * must be that of the event.
 */
export const joinModeSchema = z.enum(['adopt', 'match']);

/** The ingest endpoints that an instance feeds. */
export const endpointUseSchema = z.enum(['primary', 'secondary', 'both']);
export type EndpointUse = z.infer<typeof endpointUseSchema>;

/** Who may stop and reset the event. */
export const ownershipSchema = z.enum(['ours', 'partner', 'nobody']);
export type Ownership = z.infer<typeof ownershipSchema>;

/** The other instance as the live event tells of it. */
export const partnerSchema = z.object({
  /** Its computer. */
  name: z.string(),
  /** False once it has not been heard of for the time that its place is kept. */
  isPresent: z.boolean(),
  state: z.string(),
  endpoint: endpointUseSchema,
  lastSeenUtc: z.string(),
  /** Of its clock against the service's. */
  clockOffsetMs: z.number(),
  /** How far its program is ahead of ours on the timeline, ms. */
  phaseMs: z.number(),
  /** Connections on which the service takes its media, of all that it has. */
  publishing: z.int(),
  connections: z.int(),
});
export type Partner = z.infer<typeof partnerSchema>;

/** What a show says of itself as one of a pair; `partner` is missing until one was seen. */
export const pairSchema = z.object({
  ownership: ownershipSchema,
  mode: pairModeSchema,
  endpoint: endpointUseSchema,
  /** Our clock against the service's, and how well that is known. */
  clockOffsetMs: z.number(),
  clockUncertaintyMs: z.number(),
  /** What does not match between the two, a sentence each. */
  differences: z.array(z.string()),
  partner: partnerSchema.optional(),
});
export type Pair = z.infer<typeof pairSchema>;

/** Something has changed between the two: one sentence, with the moment. */
export type PairEvent = {
  readonly type: 'pair';
  readonly change: 'partner-here' | 'partner-gone' | 'ours' | 'partners' | 'differs' | 'matches';
  readonly sentence: string;
  readonly atUtc: string;
};

/** What the pair amounted to, in the report. */
export const pairReportSchema = z.object({
  ownership: ownershipSchema,
  /** Frames in the archive that this instance did not send, for each rendition. */
  filledByPartner: z.array(z.object({ rendition: z.string(), frames: z.int() })),
  partnerSeen: z.boolean(),
});
