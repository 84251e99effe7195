// How a client finds the engine, and what the engine tells about itself and its machine.
import { z } from 'zod';

/** First line that an engine says: on its parent port under Electron, on stdout elsewhere. */
export const engineReadySchema = z.object({
  type: z.literal('ready'),
  /** `ws://127.0.0.1:PORT/api`. */
  address: z.string(),
  /** Presented as a WebSocket subprotocol; random for each start. */
  token: z.string(),
  /** Where a browser on this machine finds the interface, `http://127.0.0.1:PORT/#token=…`; only where the engine serves it. */
  page: z.string().optional(),
});
export type EngineReady = z.infer<typeof engineReadySchema>;

/** What an engine that carries a show, or that others watch, leaves in its home, for other processes of the same user. */
export const engineDescriptorSchema = z.object({ address: z.string(), token: z.string(), pid: z.int().positive(), carriesShow: z.boolean().default(false) });
export type EngineDescriptor = z.infer<typeof engineDescriptorSchema>;

/** Said instead of {@link engineReadySchema} when the engine cannot start. */
export const engineFailedSchema = z.object({
  type: z.literal('failed'),
  code: z.string(),
  message: z.string(),
  action: z.string(),
});

/** One line of `fieldcast doctor`. */
export const finding = z.object({
  id: z.string(),
  title: z.string(),
  verdict: z.enum(['ok', 'attention', 'missing']),
  sentence: z.string(),
  action: z.string().optional(),
});
export type Finding = z.infer<typeof finding>;

/** A show that an earlier engine did not bring to its end. */
export const unfinishedShowSchema = z.object({
  showId: z.string(),
  state: z.string(),
  startedAtUtc: z.string(),
  eventName: z.string().optional(),
  destination: z.string(),
});
export type UnfinishedShow = z.infer<typeof unfinishedShowSchema>;

/** A long operation outside a show that an earlier engine began. The command `again` takes it up. */
export type UnfinishedOperation = { readonly beganAtUtc: string; readonly sentence: string; readonly again: string };

/** A live event of an account, as far as it concerns who pays for it. */
export type AccountEvent = {
  readonly name: string;
  readonly state: string;
  /** Started by Fieldcast, on this computer or another one. */
  readonly ours: boolean;
  /** Billed in this state. */
  readonly costs: boolean;
  /** When it was started last where it is ours, else when it was created. */
  readonly sinceUtc?: string;
  /** The show of this home that uses it and has not ended. */
  readonly showId?: string;
};

/** What the uplink was last seen to carry towards a destination. */
export const uplinkRecordSchema = z.object({
  /** Without its key. */
  destination: z.string().max(2100),
  measuredAtUtc: z.string(),
  carriesKbps: z.number(),
  /** False where no more was asked of it than that. */
  isLimit: z.boolean(),
});
export type UplinkRecord = z.infer<typeof uplinkRecordSchema>;
