// The form of a protection: what is missing is named, and what is sent is what the contract takes.
import { expect, test } from 'vitest';
import { protectionFormSchema } from '../../../src/contract/contentProtection.ts';
import { emptyDraft, formOf, type Draft } from '../../../src/renderer/protectionDraft.ts';

const missing = (change: Partial<Draft>) => formOf({ ...emptyDraft, name: 'film', ...change }).missing;

test('the form is whole but for its name', () => {
  expect(formOf(emptyDraft)).toEqual({ form: undefined, missing: ['name'] });
  expect(formOf({ ...emptyDraft, name: ' film ' }).form).toEqual({ who: { kind: 'token', issuer: 'fieldcast', audience: 'viewers', signedWith: { kind: 'ours' } }, aes128: true });
});

test('each thing that is missing is named', () => {
  expect(missing({ name: 'ä b' })).toEqual(['name']);
  expect(missing({ aes128: false })).toEqual(['kind']);
  expect(missing({ issuer: ' ' })).toEqual(['token']);
  expect(missing({ who: 'open', issuer: '' })).toEqual([]);
  expect(missing({ signedWith: 'certificate' })).toEqual(['tokenSecret']);
  expect(missing({ fairPlay: true, aes128: false })).toEqual(['fairPlay']);
  expect(missing({ fairPlay: true, fairPlayCertificate: 'a', fairPlayPassword: 'b', fairPlayAsk: 'c' })).toEqual(['together']);
  expect(missing({ playReady: true, playReadyHours: '-1' })).toEqual(['hours']);
  expect(missing({ playReady: true, playReadyHours: '1e9' })).toEqual(['values']);
});

test('all systems with their details pass the contract', () => {
  const { form } = formOf({
    ...emptyDraft, name: 'film', aes128: false, signedWith: 'symmetric', tokenSecret: 'site-key', persistent: true, playReady: true, playReadySecurity: 'SL3000', playReadyHours: '48',
    widevine: true, widevineTracks: 'SD_UHD1', widevineLevel: 5, widevineHdcp: 'HDCP_V2_2', fairPlay: true, fairPlayCertificate: 'pfx', fairPlayPassword: 'password', fairPlayAsk: 'ask',
  });
  expect(protectionFormSchema.parse(form)).toMatchObject({
    who: { signedWith: { kind: 'symmetric', secret: 'site-key' } }, playReady: { security: 'SL3000', validHours: 48, persistent: true }, widevine: { tracks: 'SD_UHD1', securityLevel: 5, hdcp: 'HDCP_V2_2', persistent: true },
    fairPlay: { certificate: 'pfx', password: 'password', ask: 'ask', rental: 'persistentUnlimited' },
  });
});
