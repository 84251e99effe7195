// Checks of the one token that opens the service. Compares in constant time; never logs what it was given.
import { createHash, timingSafeEqual } from 'node:crypto';

/** `missing` where there is no bearer token at all, `wrong` where it is another one. */
export function checkBearer(authorization: string | undefined, token: string): 'ok' | 'missing' | 'wrong' {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (given === undefined) return 'missing';
  return timingSafeEqual(digest(given), digest(token)) ? 'ok' : 'wrong';
}

/** Equal lengths for the comparison, whatever was given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
