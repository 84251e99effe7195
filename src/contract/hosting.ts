// What the engine asks of the desktop around it, over its parent port: Node processes (under Electron only the main process can
// make them, decision 0005) and the operating system's store for secrets. Under plain Node nobody asks.
import { z } from 'zod';
import { failureSchema } from './report.ts';

/** The entries that the desktop starts for its engine; it starts no other. */
const hostedEntrySchema = z.enum(['service', 'reaper']);
export type HostedEntry = z.infer<typeof hostedEntrySchema>;

const id = z.int().nonnegative();
const name = z.string().max(128);

export const hostRequestSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('host.fork'),
    id,
    entry: hostedEntrySchema,
    args: z.array(z.string().max(4096)).max(32),
    /** Where what the process writes is appended; without it, it is thrown away. */
    logPath: z.string().max(4096).optional(),
  }),
  /** Text for the process `id`. */
  z.strictObject({ type: z.literal('host.say'), id, text: z.string().max(64 * 1024) }),
  z.strictObject({ type: z.literal('secret.get'), id, name }),
  z.strictObject({ type: z.literal('secret.set'), id, name, value: z.string().max(1024 * 1024) }),
  z.strictObject({ type: z.literal('secret.delete'), id, name }),
  z.strictObject({ type: z.literal('secret.list'), id }),
]);
export type HostRequest = z.infer<typeof hostRequestSchema>;
export type SecretRequest = Extract<HostRequest, { readonly type: `secret.${string}` }>;

export const hostAnswerSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('host.exit'), id, code: z.int().nullable() }),
  z.strictObject({
    type: z.literal('secret.answer'),
    id,
    value: z.string().optional(),
    names: z.array(z.string()).optional(),
    failure: failureSchema.optional(),
  }),
]);
export type HostAnswer = z.infer<typeof hostAnswerSchema>;

/** Posted to a service to end it in order. */
export const HOSTED_STOP = 'stop';
/** Posted to a reaper when its engine has gone. */
export const HOSTED_ENGINE_GONE = 'engine-gone';

/** A process that the desktop runs for the engine, as the engine sees it. */
export type HostedProcess = {
  /** Undefined while it lives; `code` is null where it could not be started. */
  readonly exit: { readonly code: number | null } | undefined;
  onExit(listener: () => void): void;
  say(text: string): void;
};
export type ForkHosted = (entry: HostedEntry, args: readonly string[], logPath?: string) => HostedProcess;
