// A token as a credential: where its end is read from, and what is no token.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBearerCredential, jwtExpiryMs } from '../../../src/main/cloud/bearerCredential.ts';

const jwt = (claims: unknown): string => `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

describe('jwtExpiryMs', () => {
  it('reads exp, and nothing from other text', () => {
    expect(jwtExpiryMs(jwt({ exp: 1_900_000_000 }))).toBe(1_900_000_000_000);
    for (const token of ['opaque', 'a.b.c', 'a.b', jwt({}), jwt({ exp: '1900000000' }), jwt({ exp: -1 }), jwt({ exp: 1e300 }), jwt(null), jwt([1])]) {
      expect(jwtExpiryMs(token), token).toBeUndefined();
    }
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), fc.string(), fc.string(), (a, b, c) => void jwtExpiryMs(`${a}.${b}.${c}`)));
  });
});

describe('createBearerCredential', () => {
  it('hands the token out until it ends', async () => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    expect(await createBearerCredential(` ${jwt({ exp })}\n`).getToken([])).toEqual({ token: jwt({ exp }), expiresOnTimestamp: exp * 1000 });
    expect((await createBearerCredential('opaque').getToken([]))?.expiresOnTimestamp).toBeGreaterThan(Date.now());
    await expect(createBearerCredential(jwt({ exp: 1 })).getToken([])).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it.each(['', '  ', 'two words', 'line\nbreak', 'ünïcode', 'nul\0'])('refuses %j', (token) => {
    expect(() => createBearerCredential(token)).toThrow(expect.objectContaining({ code: 'TOKEN_UNUSABLE' }) as Error);
  });
});
