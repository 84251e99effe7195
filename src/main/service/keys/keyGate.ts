// Decides who gets a content key: everyone, or the bearer of a token that one of the policy's options accepts. Delivers nothing itself.
import { jwtVerify } from 'jose';
import { CLEAR_KEY, OPEN, SYMMETRIC, type ContentKeyOption } from './keyPolicy.ts';

export type KeyVerdict = 'given' | 'tokenMissing' | 'tokenRefused';

/** A claim that names the key itself; its value is the id of the key that is asked for (documentation "Content key policies"). */
const KEY_ID_CLAIM = 'urn:microsoft:azure:mediaservices:contentkeyidentifier';
/** Clocks of players and of whoever signs tokens differ, s. */
const CLOCK_TOLERANCE_S = 60;
const MAX_TOKEN_CHARS = 16 * 1024;

/** @param token a JWT as the player sent it; never logged. */
export async function mayHaveKey(options: readonly ContentKeyOption[], keyId: string, token: string | undefined): Promise<KeyVerdict> {
  const clear = options.filter(({ configuration }) => configuration['@odata.type'] === CLEAR_KEY);
  if (clear.some(({ restriction }) => restriction['@odata.type'] === OPEN)) return 'given';
  if (token === undefined || token.length > MAX_TOKEN_CHARS) return token === undefined ? 'tokenMissing' : 'tokenRefused';
  for (const { restriction } of clear) {
    if (await isAccepted(restriction, keyId, token)) return 'given';
  }
  return 'tokenRefused';
}

async function isAccepted(restriction: ContentKeyOption['restriction'], keyId: string, token: string): Promise<boolean> {
  if (restriction['@odata.type'] === OPEN) return true;
  const keys = [restriction.primaryVerificationKey, ...restriction.alternateVerificationKeys ?? []];
  for (const key of keys) {
    if (key?.['@odata.type'] !== SYMMETRIC || key.keyValue === undefined) continue;
    const payload = await jwtVerify(token, Buffer.from(key.keyValue, 'base64'), {
      issuer: restriction.issuer, audience: restriction.audience, algorithms: ['HS256'], clockTolerance: CLOCK_TOLERANCE_S, requiredClaims: ['exp'],
    }).then((verified) => verified.payload, () => undefined);
    if (payload === undefined) continue;
    const claims = new Map(Object.entries(payload).map(([name, value]) => [name.toLowerCase(), value]));
    if ((restriction.requiredClaims ?? []).every(({ claimType, claimValue }) => claims.get(claimType.toLowerCase()) === (claimType.toLowerCase() === KEY_ID_CLAIM ? keyId : claimValue))) return true;
  }
  return false;
}
