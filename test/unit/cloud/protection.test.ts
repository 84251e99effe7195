// From forms to content key policies and streaming policies: what the API gets, and the sentences for what cannot be.
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PLAYER_TABLE, protectionFormSchema, type ProtectionForm } from '../../../src/contract/contentProtection.ts';
import { keyPolicyOf, secretsOf, type BuiltKeyPolicy } from '../../../src/main/cloud/protection/keyPolicy.ts';
import { streamingPolicyOf } from '../../../src/main/cloud/protection/streamingPolicy.ts';

const ownKey = new Uint8Array(32);
const secrets = new Map([['pfx', Buffer.from([0x30, 0x82, 1, 2]).toString('base64')], ['pfx-password', 'open sesame'], ['ask', '00112233445566778899aabbccddeeff'], ['signing', Buffer.alloc(32, 7).toString('base64')], ['short', 'AAAA'], ['text', 'no certificate']]);
const form = (about: object): ProtectionForm => protectionFormSchema.parse({ who: { kind: 'open' }, ...about });
const built = (about: object): BuiltKeyPolicy => keyPolicyOf(form(about), { named: secrets, ownKey });
const problems = (about: object): string => {
  const policy = built(about);
  return policy.kind === 'refused' ? policy.problems.join(' ') : '';
};
const fairPlay = { certificate: 'pfx', password: 'pfx-password', ask: 'ask' };
const token = (signedWith: object, claims: object[] = []) => ({ kind: 'token', issuer: 'https://login.example', audience: 'viewers', signedWith, claims });

test('all three systems against a token', () => {
  const policy = built({ who: token({ kind: 'symmetric', secret: 'signing' }, [{ type: 'tier', value: 'gold' }, { type: 'sub' }]), playReady: {}, widevine: { hdcp: 'HDCP_V2', securityLevel: 5 }, fairPlay });
  expect(policy).toMatchObject({ kind: 'built', options: [{ name: 'PlayReady' }, { name: 'Widevine' }, { name: 'FairPlay' }] });
  const { options } = policy as Extract<BuiltKeyPolicy, { kind: 'built' }>;
  for (const { restriction } of options) {
    expect(restriction).toMatchObject({ issuer: 'https://login.example', audience: 'viewers', restrictionTokenType: 'Jwt', requiredClaims: [{ claimType: 'tier', claimValue: 'gold' }, { claimType: 'sub' }], primaryVerificationKey: { keyValue: Buffer.alloc(32, 7) } });
  }
  expect(options[0]!.configuration).toMatchObject({ licenses: [{ licenseType: 'NonPersistent', securityLevel: 'SL2000', allowTestDevices: false, playRight: { allowPassingVideoContentToUnknownOutput: 'NotAllowed' } }] });
  expect(JSON.parse((options[1]!.configuration as { widevineTemplate: string }).widevineTemplate)).toEqual({
    allowed_track_types: 'SD_HD', content_key_specs: [{ track_type: 'SD', security_level: 5, required_output_protection: { hdcp: 'HDCP_V2' } }], policy_overrides: { can_play: true, can_persist: false, can_renew: false },
  });
  expect(options[2]!.configuration).toMatchObject({ ask: Buffer.from(secrets.get('ask')!, 'hex'), fairPlayPfx: secrets.get('pfx'), fairPlayPfxPassword: 'open sesame', rentalAndLeaseKeyType: 'Undefined', rentalDuration: 0 });
});

test('licences that may be kept, with their times', () => {
  const policy = built({ playReady: { persistent: true, beginUtc: '2026-01-01T00:00:00Z', validHours: 48, graceHours: 1, firstPlayHours: 0.5 }, widevine: { persistent: true, rentalSeconds: 100 }, fairPlay: { ...fairPlay, rental: 'dualExpiry', playbackSeconds: 10, storageSeconds: 20 } });
  const [playReady, , apple] = (policy as Extract<BuiltKeyPolicy, { kind: 'built' }>).options;
  expect(playReady!.configuration).toMatchObject({ licenses: [{ licenseType: 'Persistent', beginDate: new Date('2026-01-01T00:00:00Z'), relativeExpirationDate: 'PT172800S', gracePeriod: 'PT3600S', playRight: { firstPlayExpiration: 'PT1800S' } }] });
  expect(apple!.configuration).toMatchObject({ rentalAndLeaseKeyType: 'DualExpiry', offlineRentalConfiguration: { playbackDurationSeconds: 10, storageDurationSeconds: 20 } });
});

test.each([
  [{}, 'Nothing is chosen'],
  [{ aes128: true, fairPlay }, 'either with AES-128 or for FairPlay'],
  [{ widevine: {}, licenceUrls: { playReady: 'https://a.example/' } }, 'which is not chosen'],
  [{ playReady: { validHours: 1 } }, 'may be kept'],
  [{ playReady: { persistent: true, endUtc: '2026-01-01T00:00:00Z', validHours: 1 } }, 'not both'],
  [{ playReady: { persistent: true, beginUtc: '2026-01-02T00:00:00Z', endUtc: '2026-01-01T00:00:00Z' } }, 'not after the beginning'],
  [{ playReady: { testDevices: true } }, 'SL150'],
  [{ widevine: { rentalSeconds: 5 } }, 'may be kept'],
  [{ fairPlay: { ...fairPlay, certificate: 'absent' } }, 'fieldcast protection secret absent'],
  [{ fairPlay: { ...fairPlay, certificate: 'text' } }, 'no PFX file'],
  [{ fairPlay: { ...fairPlay, ask: 'short' } }, '32 hexadecimal digits'],
  [{ fairPlay: { ...fairPlay, rental: 'persistentLimited' } }, 'needs its time'],
  [{ fairPlay: { ...fairPlay, rental: 'dualExpiry' } }, 'needs `playbackSeconds`'],
  [{ fairPlay: { ...fairPlay, storageSeconds: 4 } }, 'belong to dual expiry'],
  [{ aes128: true, who: token({ kind: 'symmetric', secret: 'short' }) }, 'at least 32'],
  [{ aes128: true, who: token({ kind: 'certificate', secret: 'text' }) }, 'no certificate in PEM form'],
])('%j: %s', (about, words) => { expect(problems(about)).toContain(words); });

test('no problem repeats a secret', () => {
  fc.assert(fc.property(fc.string({ minLength: 6, maxLength: 60 }).filter((text) => text.trim().length >= 6), fc.constantFrom('pfx', 'ask', 'signing'), (value, name) => {
    const policy = keyPolicyOf(form({ who: token({ kind: 'certificate', secret: 'signing' }), fairPlay }), { named: new Map([...secrets, [name, `#${value}#`]]), ownKey });
    if (policy.kind === 'refused') expect(policy.problems.join(' ')).not.toContain(`#${value}#`);
  }));
});

test('the streaming policy: predefined where one fits, else of its own with licence servers', () => {
  expect(streamingPolicyOf(form({ aes128: true }))).toEqual({ kind: 'predefined', name: 'Predefined_ClearKey' });
  expect(streamingPolicyOf(form({ playReady: {}, widevine: {} }))).toEqual({ kind: 'predefined', name: 'Predefined_MultiDrmCencStreaming' });
  expect(streamingPolicyOf(form({ playReady: {}, widevine: {}, fairPlay }))).toEqual({ kind: 'predefined', name: 'Predefined_MultiDrmStreaming' });
  expect(streamingPolicyOf(form({ widevine: {}, licenceUrls: { widevine: 'https://drm.example/{ContentKeyId}' } }))).toEqual({
    kind: 'own',
    body: { commonEncryptionCenc: { enabledProtocols: { download: false, dash: true, hls: false, smoothStreaming: true }, contentKeys: { defaultKey: { label: 'cencDefaultKey' } }, drm: { widevine: { customLicenseAcquisitionUrlTemplate: 'https://drm.example/{ContentKeyId}' } } } },
  });
  expect(streamingPolicyOf(form({ fairPlay: { ...fairPlay, rental: 'persistentUnlimited' } }))).toMatchObject({ kind: 'own', body: { commonEncryptionCbcs: { drm: { fairPlay: { allowPersistentLicense: true } } } } });
  expect(streamingPolicyOf(form({ aes128: true, widevine: {} }))).toMatchObject({ kind: 'own', body: { envelopeEncryption: { enabledProtocols: { hls: true, dash: false } }, commonEncryptionCenc: {} } });
});

test('secrets that a form names, each once', () => {
  expect(secretsOf(form({ who: token({ kind: 'symmetric', secret: 'signing' }), fairPlay: { ...fairPlay, password: 'signing' } }))).toEqual(['signing', 'pfx', 'ask']);
});

test('the documentation has the table of players that the API answers with', async () => {
  const docs = await readFile(new URL('../../../docs/on-demand.md', import.meta.url), 'utf8');
  for (const { player, clear, aes128, drm } of PLAYER_TABLE) expect(docs).toContain(`| ${player} | ${clear} | ${aes128} | ${drm} |`);
});
