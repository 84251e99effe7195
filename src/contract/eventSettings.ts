// What an operator may decide about the live event and the public stream of a show; everything has a usual value. Rules: src/main/show/eventRules.ts.
import { z } from 'zod';

/** Types of live events, media-services.md §4.1; the last two encode at the service and take one rendition. */
export const EVENT_TYPES = ['PassthroughBasic', 'PassthroughStandard', 'Standard', 'Premium1080P'] as const;
export const eventTypeSchema = z.enum(EVENT_TYPES);
export type EventType = z.infer<typeof eventTypeSchema>;

const STREAM_OPTIONS = ['Default', 'LowLatency', 'LowLatencyV2'] as const;

/** `everyone` (said as a rule, never left out), `this-computer`, or addresses such as `203.0.113.7` and `203.0.113.0/24`. */
const allowedSchema = z.array(z.string().min(1).max(64)).min(1).max(32);

export const eventSettingsSchema = z.object({
  type: eventTypeSchema.optional(),
  /** First part of a host name that stays the same. */
  hostnamePrefix: z.string().max(28).regex(/^[a-z0-9]+(-*[a-z0-9])*$/i).optional(),
  streamOption: z.enum(STREAM_OPTIONS).optional(),
  /** Languages of speech, `en-US`. */
  transcribe: z.array(z.string().regex(/^[a-z]{2,3}(-[A-Za-z]{2,8}){1,2}$/)).min(1).max(8).optional(),
  allowIngest: allowedSchema.optional(),
  allowPreview: allowedSchema.optional(),
  archiveSeconds: z.int().min(60).max(25 * 3600).optional(),
  /** How far viewers may go back. */
  rewindSeconds: z.int().min(60).max(25 * 3600).optional(),
  manifestName: z.string().max(128).regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/).optional(),
  /** GUID in the public addresses. */
  locatorId: z.uuid().optional(),
  /** The public addresses work within these times, UTC. */
  publicFrom: z.iso.datetime().optional(),
  publicUntil: z.iso.datetime().optional(),
  /** A streaming policy of the account that does not encrypt. */
  streamingPolicy: z.string().min(1).max(260).optional(),
});
export type EventSettings = z.infer<typeof eventSettingsSchema>;

/** A streaming endpoint of an account: what carries the streams to viewers, and costs while it runs. */
export type EndpointStatus = {
  readonly name: string;
  readonly state: string;
  readonly hostName?: string;
  /** 0: the standard type. */
  readonly scaleUnits: number;
  readonly cdn: boolean;
  readonly cdnProvider?: string;
  readonly cdnProfile?: string;
};

export const endpointChangeSchema = z.object({
  name: z.string().min(1).max(24).regex(/^[a-zA-Z0-9]+(-*[a-zA-Z0-9])*$/).default('default'),
  run: z.boolean().optional(),
  scaleUnits: z.int().min(0).max(10).optional(),
  cdn: z.boolean().optional(),
  cdnProvider: z.enum(['StandardVerizon', 'PremiumVerizon', 'StandardAkamai']).optional(),
  cdnProfile: z.string().min(1).max(260).regex(/^[A-Za-z0-9-]+$/).optional(),
});
export type EndpointChange = z.infer<typeof endpointChangeSchema>;

/** `byStopping`: consent to stop and start the event where the service cannot reset it, which ends its outputs. */
export const eventActionSchema = z.discriminatedUnion('action', [
  z.object({ action: z.literal('standBy') }),
  z.object({ action: z.literal('reset'), byStopping: z.boolean().default(false) }),
  z.object({ action: z.literal('delete') }),
]);
export type EventAction = z.infer<typeof eventActionSchema>;
