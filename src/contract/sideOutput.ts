// Outputs beside the main destination: one rendition to one more RTMP address each. What an operator asks for, and what each says of itself.
import { z } from 'zod';
import { platformNameSchema } from './platforms.ts';

/** The operator's name for an output, and that of its key: small letters, digits and inner hyphens. */
export const sideOutputNameSchema = z.string().max(32).regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a name of small letters, digits and hyphens is needed');

export const sideOutputSchema = z.object({
  name: sideOutputNameSchema,
  platform: platformNameSchema,
  /** Address up to the app, `rtmps://HOST[:PORT]/APP`: no key in it. */
  server: z.string().min(1).max(2048),
  /** Of the show's ladder; the highest that the platform takes where nothing is said. */
  rendition: z.string().max(16).optional(),
  /** Where it was typed in; else the engine takes the key of this name from its environment or its store of secrets. */
  streamKey: z.string().min(1).max(1024).optional(),
});
export type SideOutput = z.infer<typeof sideOutputSchema>;

export const MAX_SIDE_OUTPUTS = 8;

/** A key by the name of its output; without a value it is forgotten. */
export const streamKeyInputSchema = z.object({ name: sideOutputNameSchema, value: z.string().trim().min(1).max(1024).optional() });

/** Names alone: no call answers with a key. */
export type KeyStatus = {
  readonly kept: readonly string[];
  /** Of those that were asked for, what is kept or stands in the environment. */
  readonly atHand: readonly string[];
  /** False where keys are forgotten when the engine ends. */
  readonly isPersistent: boolean;
};

export const sideOutputReportSchema = z.object({
  name: z.string(),
  /** `off`: the operator has switched it off; `held`: it gives way to the main destination; `failed`: the server refuses for good. */
  state: z.enum(['idle', 'connecting', 'publishing', 'waiting', 'held', 'failed', 'off', 'stopped']),
  /** Without its key. */
  endpoint: z.string(),
  rendition: z.string(),
  sentFrames: z.int(),
  sentBytes: z.number(),
  reconnects: z.int(),
  disconnectedMs: z.number(),
  queuedMs: z.number(),
  droppedMs: z.number(),
  lastError: z.string().optional(),
});
export type SideOutputReport = z.infer<typeof sideOutputReportSchema>;

/** An output beside the main one changed its state. */
export type SideOutputEvent = {
  readonly type: 'sideOutput';
  readonly name: string;
  readonly state: SideOutputReport['state'];
  readonly sentence: string;
  readonly action?: string;
  readonly atUtc: string;
};
