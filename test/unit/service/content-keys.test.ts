// Encryption of segments, and who gets the key for them.
import { createDecipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import type { ContentKeyOption } from '../../../src/main/service/keys/keyPolicy.ts';
import { encryptedLength, encryptionWith, encryptSegment, newContentKey } from '../../../src/main/service/keys/contentKeys.ts';
import { mayHaveKey } from '../../../src/main/service/keys/keyGate.ts';

test('what is encrypted has the promised length and comes back with the key', () => {
  const encryption = encryptionWith(newContentKey());
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    const encrypted = encryptSegment(bytes, encryption);
    expect(encrypted.length).toBe(encryptedLength(bytes.length));
    const decipher = createDecipheriv('aes-128-cbc', encryption.key, encryption.iv);
    expect(Buffer.concat([decipher.update(encrypted), decipher.final()])).toEqual(Buffer.from(bytes));
  }));
});

describe('a key that is given against a token', () => {
  const secret = randomBytes(32);
  const claim = 'urn:microsoft:azure:mediaservices:contentkeyidentifier';
  const keyId = newContentKey().id;
  const configuration = { '@odata.type': '#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration' };
  const options: ContentKeyOption[] = [{
    configuration,
    restriction: {
      '@odata.type': '#Microsoft.Media.ContentKeyPolicyTokenRestriction', 'issuer': 'us', 'audience': 'viewers', 'restrictionTokenType': 'Jwt',
      'primaryVerificationKey': { '@odata.type': '#Microsoft.Media.ContentKeyPolicySymmetricTokenKey', 'keyValue': secret.toString('base64') },
      'requiredClaims': [{ claimType: claim }],
    },
  }];
  const token = (change: { issuer?: string; audience?: string; seconds?: number; kid?: string; key?: Uint8Array } = {}) => new SignJWT({ [claim]: change.kid ?? keyId })
    .setProtectedHeader({ alg: 'HS256' }).setIssuer(change.issuer ?? 'us').setAudience(change.audience ?? 'viewers')
    .setExpirationTime(Math.floor(Date.now() / 1000) + (change.seconds ?? 600)).sign(change.key ?? secret);

  test('is given to the right one only', async () => {
    expect(await mayHaveKey(options, keyId, await token())).toBe('given');
    expect(await mayHaveKey(options, keyId, undefined)).toBe('tokenMissing');
    for (const change of [{ issuer: 'them' }, { audience: 'others' }, { seconds: -600 }, { kid: newContentKey().id }, { key: randomBytes(32) }]) {
      expect(await mayHaveKey(options, keyId, await token(change)), JSON.stringify(change)).toBe('tokenRefused');
    }
    // The classic forgery: no signature at all.
    const [, payload] = (await token()).split('.');
    expect(await mayHaveKey(options, keyId, `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload!}.`)).toBe('tokenRefused');
    expect(await mayHaveKey(options, keyId, 'x'.repeat(20_000))).toBe('tokenRefused');
  });

  test('is given to everyone by an open option, and to nobody by a DRM option', async () => {
    const open = { '@odata.type': '#Microsoft.Media.ContentKeyPolicyOpenRestriction' } as const;
    expect(await mayHaveKey([{ configuration, restriction: open }], keyId, undefined)).toBe('given');
    expect(await mayHaveKey([{ configuration: { '@odata.type': '#Microsoft.Media.ContentKeyPolicyWidevineConfiguration' }, restriction: open }], keyId, await token())).toBe('tokenRefused');
  });
});
