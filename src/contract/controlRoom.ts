// The control room: the interface in browsers of the local network. Who may do what, and what its owner sees of it.
import { z } from 'zod';

/** `watch` sees everything and changes nothing; `operate` may also run the show. */
export const remoteRoleSchema = z.enum(['watch', 'operate']);
export type RemoteRole = z.infer<typeof remoteRoleSchema>;
/** `owner`: a client on the engine's own machine that holds its token. */
export type Role = RemoteRole | 'owner';

/** Where a browser exchanges a code for a session: POST, JSON. */
export const PAIR_PATH = '/pair';
/** Where a browser asks whether its session still stands: GET with `authorization: Bearer …`. */
export const SESSION_PATH = '/session';

export const pairRequestSchema = z.strictObject({ code: z.string().max(32), name: z.string().trim().min(1).max(40) });
export const pairAnswerSchema = z.object({ token: z.string(), role: remoteRoleSchema });
export const refusedAnswerSchema = z.object({ code: z.string(), message: z.string(), action: z.string() });

export const controlRoomChoiceSchema = z.strictObject({
  on: z.boolean(),
  /** TCP port on all interfaces; 0 takes any free one. */
  port: z.int().min(0).max(65_535),
});
export type ControlRoomChoice = z.infer<typeof controlRoomChoiceSchema>;

export type RemoteSession = {
  readonly id: string;
  /** What the browser's person called it. */
  readonly name: string;
  readonly role: RemoteRole;
  readonly createdAtUtc: string;
  readonly lastSeenUtc: string;
  /** Connected now. */
  readonly isHere: boolean;
};

export type ControlRoomStatus = {
  readonly on: boolean;
  /** Listens; false while switched off, or where the port could not be opened. */
  readonly listening: boolean;
  /** `https://ADDRESS:PORT/`, one for each address of this machine. */
  readonly addresses: readonly string[];
  /** SHA-256 of the certificate, as browsers show it; missing until one has been made. */
  readonly fingerprint?: string;
  readonly sessions: readonly RemoteSession[];
  /** Why it does not listen although it is switched on. */
  readonly failure?: { readonly code: string; readonly message: string; readonly action: string };
};

export type PairingCode = { readonly code: string; readonly role: RemoteRole; readonly expiresAtUtc: string };
