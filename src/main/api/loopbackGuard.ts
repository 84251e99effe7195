// Decides whether a WebSocket upgrade may reach the engine: Host, Origin and token, before any message is read.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { API_SUBPROTOCOL } from './subprotocol.ts';

export type GuardSettings = {
  readonly token: string;
  /** Origins of pages that may connect besides none at all (a command line sends no Origin), e.g. `app://fieldcast`. */
  readonly allowedOrigins: readonly string[];
  readonly port: number;
};

export type GuardVerdict = { readonly allowed: true } | { readonly allowed: false; readonly status: 401 | 403; readonly reason: string };

/**
 * The Host check defeats DNS rebinding, the Origin check a foreign page, the token every other local user.
 * All are compared here so that one place can be read and tested.
 */
export function judgeUpgrade(request: Pick<IncomingMessage, 'headers'>, settings: GuardSettings): GuardVerdict {
  if (!isOwnHost(request, settings.port)) return { allowed: false, status: 403, reason: 'This address is for this machine only.' };
  const { origin } = request.headers;
  if (origin !== undefined && !settings.allowedOrigins.includes(origin)) {
    return { allowed: false, status: 403, reason: 'This page may not control the engine.' };
  }
  const [name, token] = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  if (name !== API_SUBPROTOCOL || token === undefined || !sameSecret(token, settings.token)) {
    return { allowed: false, status: 401, reason: 'The token of the engine is missing or wrong.' };
  }
  return { allowed: true };
}

/** Whether a request names this machine's own loopback address, as one after DNS rebinding does not. */
export function isOwnHost(request: Pick<IncomingMessage, 'headers'>, port: number): boolean {
  return [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`].includes(request.headers.host ?? '');
}

function sameSecret(given: string, expected: string): boolean {
  // Hashing first makes the lengths equal, so that the comparison takes the same time for any input.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
