// Shared access signatures of containers: minted for `listContainerSas`, checked on every request of the blob endpoint.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { BlobError } from './blobError.ts';

/** r read, c create, w write, d delete, l list (Blob service, "Create a service SAS"). */
export type SasPermission = 'r' | 'c' | 'w' | 'd' | 'l';

const VERSION = '2022-11-02';

/**
 * Query of a container SAS URL.
 * @param key Secret of the account, any text.
 * @param permissions In the documented order, `rcwdl`.
 */
export function containerSas(key: string, container: string, permissions: string, expiresAt: Date): string {
  const expiry = expiresAt.toISOString().replace(/\.\d{3}Z$/, 'Z');
  const query = new URLSearchParams({ sv: VERSION, sr: 'c', sp: permissions, se: expiry, spr: 'https', sig: signature(key, container, permissions, expiry) });
  return query.toString();
}

/**
 * What a request may do.
 * @throws BlobError 403 where the signature is missing, wrong or expired.
 */
export function permissionsOf(query: Readonly<Record<string, unknown>>, keys: readonly string[], container: string, now: Date): ReadonlySet<string> {
  const { sv, sr, sp, se, sig } = query;
  if (typeof sig !== 'string' || typeof sp !== 'string' || typeof se !== 'string' || sv !== VERSION || sr !== 'c') {
    throw new BlobError(403, 'AuthenticationFailed', 'Server failed to authenticate the request: it carries no complete container SAS.');
  }
  const given = Buffer.from(sig);
  const isSigned = keys.some((key) => {
    const expected = Buffer.from(signature(key, container, sp, se));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  if (!isSigned) throw new BlobError(403, 'AuthenticationFailed', 'Server failed to authenticate the request: the signature is wrong.');
  if (!(now.getTime() < Date.parse(se))) throw new BlobError(403, 'AuthenticationFailed', `Server failed to authenticate the request: the signature expired at ${se}.`);
  return new Set(sp);
}

function signature(key: string, container: string, permissions: string, expiry: string): string {
  return createHmac('sha256', key).update(['fieldcast-container', container.toLowerCase(), permissions, expiry, VERSION].join('\n')).digest('base64url');
}
