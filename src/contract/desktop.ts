// What the desktop shell offers to its own page and tells it: the engine's address, and what only the operating system can do.
import { z } from 'zod';

/** IPC channel of {@link DesktopBridge.engine}. */
export const ENGINE_CHANNEL = 'fieldcast:engine';
/** IPC channel of {@link DesktopBridge.ask}. */
export const SHELL_CHANNEL = 'fieldcast:shell';
/** IPC channel of {@link DesktopBridge.onNotice}, from the shell to the page. */
export const NOTICE_CHANNEL = 'fieldcast:notice';
/** The scheme and host under which the desktop's page is served; also its WebSocket Origin. */
export const APP_ORIGIN = 'app://fieldcast';
/** Links that open Fieldcast from elsewhere: `fieldcast://join/…`. */
export const LINK_SCHEME = 'fieldcast';

export const mediaKindSchema = z.enum(['camera', 'microphone', 'screen']);
export type MediaKind = z.infer<typeof mediaKindSchema>;
/** `unknown`: this system does not tell; only the measured signal does. */
export type PermissionStatus = 'granted' | 'denied' | 'restricted' | 'not-determined' | 'unknown';

const path = z.string().min(1).max(4096);

/** Everything that the page may ask of the shell; checked there before anything is done. */
export const shellRequestSchema = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('quit'), answer: z.enum(['shown', 'keep', 'end']) }),
  z.strictObject({ ask: z.literal('permissions') }),
  z.strictObject({ ask: z.literal('requestPermission'), kind: mediaKindSchema }),
  z.strictObject({ ask: z.literal('permissionSettings'), kind: mediaKindSchema }),
  z.strictObject({ ask: z.literal('chooseFolder') }),
  z.strictObject({ ask: z.literal('chooseFiles'), folders: z.boolean() }),
  z.strictObject({ ask: z.literal('showInFolder'), path }),
  z.strictObject({ ask: z.literal('link') }),
  z.strictObject({ ask: z.literal('updates'), act: z.enum(['status', 'check', 'download', 'install']) }),
]);
export type ShellRequest = z.infer<typeof shellRequestSchema>;

export const permissionsSchema = z.object({
  camera: z.string(), microphone: z.string(), screen: z.string(),
  /** Kinds for which this system has a settings page that can be opened. */
  settings: z.array(mediaKindSchema),
});

export const updateStatusSchema = z.object({
  /** `unavailable`: this build has no place to look for updates. `held`: a show runs, so nothing is done. */
  state: z.enum(['unavailable', 'idle', 'held', 'checking', 'available', 'downloading', 'ready', 'failed']),
  version: z.string().optional(),
  percent: z.number().optional(),
});
export type UpdateStatus = z.infer<typeof updateStatusSchema>;

/** What the shell tells its page. */
export const shellNoticeSchema = z.discriminatedUnion('type', [
  /** Somebody wants to quit while a show runs: the page asks, held to confirm, and answers. */
  z.strictObject({ type: z.literal('quit-asked') }),
  z.strictObject({ type: z.literal('link'), link: z.string() }),
  z.strictObject({ type: z.literal('updates'), status: updateStatusSchema }),
]);
export type ShellNotice = z.infer<typeof shellNoticeSchema>;

/** `window.fieldcast` in the desktop's page. */
export type DesktopBridge = {
  /** Where the engine listens. Waits for a start that is under way; rejects with a sentence when the engine cannot be started. */
  engine(): Promise<{ readonly address: string; readonly token: string }>;
  /** Where a file lies that was dropped on the window; empty where it lies nowhere. */
  pathOf(file: File): string;
  /** Answers differ by question; the page parses what it expects. */
  ask(request: ShellRequest): Promise<unknown>;
  /** Calls `listener` with each {@link ShellNotice}; the returned function ends that. */
  onNotice(listener: (notice: unknown) => void): () => void;
};
