// The `arm:` destination: what is read from it, what is refused, and how the environment signs in.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/contract/errors.ts';
import { CHOSEN_ACCOUNT, openArmDestination, parseArmDestination } from '../../../src/main/cloud/armDestination.ts';

const id = '/subscriptions/0a6ec948-5a62-437d-b9df-934dc7c1b722/resourceGroups/media_rg(1)/providers/Microsoft.Media/mediaservices/acct10';
const parts = { subscriptionId: '0a6ec948-5a62-437d-b9df-934dc7c1b722', resourceGroup: 'media_rg(1)', accountName: 'acct10' };

describe('parseArmDestination', () => {
  it.each([
    [`arm:${id}`, { endpoint: 'https://management.azure.com', ...parts, eventName: undefined }],
    [`arm:https://api.example.net:8443${id}/?event=my-show-1`, { endpoint: 'https://api.example.net:8443', ...parts, eventName: 'my-show-1' }],
    [`arm:https://api.example.net/rms/v1${id}`, { endpoint: 'https://api.example.net/rms/v1', ...parts, eventName: undefined }],
    [`ARM:http://127.0.0.1:9000${id.toLowerCase()}`, { endpoint: 'http://127.0.0.1:9000', ...parts, eventName: undefined }],
  ])('%s', (text, expected) => {
    expect(parseArmDestination(text)).toEqual(expected);
  });

  it.each([
    '', 'arm:', 'arm', 'embedded', 'rtmp://h/a/b', 'arm:https://', 'arm:ftp://h' + id, 'arm:https://h', 'arm:https://h/subscriptions/x', `arm:https://u:p@h${id}`,
    `arm:${id}?event=-bad`, `arm:${id}?event=${'x'.repeat(33)}`, `arm:${id}?event=`, `arm:${id}?evnt=x`, `arm:${id}/liveEvents/x`,
    `arm:${id.replace('acct10', '%2e%2e%2fx')}`, `arm:${id.replace('acct10', '%zz')}`, `arm:${id.replace('acct10', 'a%20b')}`,
  ])('refuses %j with a sentence', (text) => {
    expect(() => parseArmDestination(text)).toThrow(OperatorError);
    expect(() => parseArmDestination(text)).toThrow(expect.objectContaining({ code: 'BAD_DESTINATION', message: expect.stringMatching(/^The destination .*\.$/) as string }) as Error);
  });

  it('never throws anything else, whatever the text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((tail) => `arm:https://h${id}${tail}`), fc.webUrl().map((url) => `arm:${url}${id}`)), (text) => {
      try {
        const found = parseArmDestination(text);
        expect(new URL(found.endpoint).protocol).toMatch(/^https?:$/);
      } catch (error) {
        expect(error).toBeInstanceOf(OperatorError);
      }
    }));
  });
});

describe('openArmDestination', () => {
  const destination = `arm:${id}`;
  const nobody = {
    chosen: async () => { throw new OperatorError('NO_ACCOUNT_CHOSEN', 'none', 'choose'); },
    credentialFor: async () => { throw new OperatorError('SIGN_IN_NEEDED', 'nobody', 'sign in'); },
    keyOf: async () => undefined,
  };
  const open = (env: Record<string, string>, address = destination) => openArmDestination(address, env, nobody);

  it('asks for a token and for a readable CA', async () => {
    await expect(open({})).rejects.toMatchObject({ code: 'SIGN_IN_NEEDED' });
    await expect(open({}, CHOSEN_ACCOUNT)).rejects.toMatchObject({ code: 'NO_ACCOUNT_CHOSEN' });
    await expect(open({ FIELDCAST_ARM_TOKEN: 'two words' })).rejects.toMatchObject({ code: 'TOKEN_UNUSABLE' });
    await expect(open({ FIELDCAST_ARM_TOKEN: 't', FIELDCAST_ARM_CA: '/does/not/exist' })).rejects.toMatchObject({ code: 'CA_UNREADABLE' });
    const folder = await mkdtemp(join(tmpdir(), 'fieldcast-ca-'));
    try {
      await writeFile(join(folder, 'ca.pem'), 'no certificate');
      await expect(open({ FIELDCAST_ARM_TOKEN: 't', FIELDCAST_ARM_CA: join(folder, 'ca.pem') })).rejects.toMatchObject({ code: 'CA_UNREADABLE' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('uses the chosen account, or whoever is signed in for the address', async () => {
    const credential = { getToken: async () => ({ token: 't', expiresOnTimestamp: Date.now() + 60_000 }) };
    const somebody = {
      chosen: async () => ({ label: 'studio', endpoint: 'https://management.example', subscriptionId: 's', resourceGroup: 'g', accountName: 'studio', credential }),
      credentialFor: async () => ({ credential, credentialScopes: 'https://management.example/.default' }),
      keyOf: async () => undefined,
    };
    expect((await openArmDestination(CHOSEN_ACCOUNT, {}, somebody)).label).toBe('studio');
    expect((await openArmDestination(destination, {}, somebody)).label).toBe('acct10');
  });

  it('is a cloud: no bursts, and patience for a cold start', async () => {
    const service = await open({ FIELDCAST_ARM_TOKEN: 't' });
    expect(service).toMatchObject({ label: 'acct10', ca: undefined, capabilities: { burstWelcome: false } });
    expect(service.capabilities.startTimeoutMs).toBeGreaterThanOrEqual(20 * 60_000);
  });
});
