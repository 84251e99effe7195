// A credential that already is a token: for headless use and for services that hand one out. It cannot renew itself.
import type { TokenCredential } from '@azure/core-auth';
import { OperatorError } from '../../contract/errors.ts';

/** Assumed life of a token that does not tell its own, ms. */
const UNKNOWN_LIFE_MS = 24 * 3600_000;

/**
 * @param token what follows `Bearer `; the expiry is read from it where it is a JWT.
 * @throws OperatorError TOKEN_UNUSABLE for text that cannot stand in a header; TOKEN_EXPIRED (when used) after its end.
 */
export function createBearerCredential(token: string): TokenCredential {
  const value = token.trim();
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new OperatorError('TOKEN_UNUSABLE', 'The access token is empty or holds spaces or line breaks.', 'Copy it again, without “Bearer” and without line breaks.');
  }
  const expiresOnTimestamp = jwtExpiryMs(value);
  return {
    getToken: async () => {
      if (expiresOnTimestamp !== undefined && expiresOnTimestamp <= Date.now()) {
        throw new OperatorError('TOKEN_EXPIRED', `The access token expired at ${new Date(expiresOnTimestamp).toISOString()}.`, 'Get a new one and start again.');
      }
      return { token: value, expiresOnTimestamp: expiresOnTimestamp ?? Date.now() + UNKNOWN_LIFE_MS };
    },
  };
}

/** `exp` of a JWT in ms of UTC (RFC 7519 §4.1.4); undefined for other tokens and for a JWT without it. The signature is not ours to check. */
export function jwtExpiryMs(token: string): number | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
    // 8.64e12 s would be beyond what a Date can hold.
    return typeof exp === 'number' && Number.isFinite(exp) && exp > 0 && exp < 8.64e12 ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
