import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PublicClientApplication } from '@azure/msal-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SignInFile } from '../../../../src/main/cloud/signIn/signInFile.ts';
import { tokenCachePlugin } from '../../../../src/main/cloud/signIn/tokenCache.ts';
import { createMemorySecretStore } from '../../../../src/main/secrets/memorySecretStore.ts';

const IDENTITY = { kind: 'user', cloud: 'public', clientId: 'c', tenant: 'organizations' } as const;

describe('what is remembered about signing in', () => {
  let home: string;
  const warnings: string[] = [];
  const file = (): SignInFile => new SignInFile(home, (sentence) => warnings.push(sentence));
  beforeEach(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-sign-in-file-'));
    warnings.length = 0;
  });
  afterEach(async () => { await rm(home, { recursive: true, force: true }); });

  it('is nothing at first, and then what was written, by several at once', async () => {
    expect(await file().read()).toEqual({ identities: [] });
    await Promise.all(['a', 'b', 'c', 'd'].map(async (clientId) => await file().change((before) => ({ ...before, identities: [...before.identities, { ...IDENTITY, clientId }] }))));
    expect(new Set((await file().read()).identities.map(({ clientId }) => clientId))).toEqual(new Set(['a', 'b', 'c', 'd']));
    expect(await readdir(home)).toEqual(['sign-in.json']);
  });

  it.each(['', '{', '{"version":1,"identities":[{"kind":"user"}]}', '{"version":9,"identities":[]}', 'x'.repeat(300_000)])('counts as nothing when damaged, and is set aside before it is replaced', async (text) => {
    await writeFile(path.join(home, 'sign-in.json'), text);
    expect(await file().read()).toEqual({ identities: [] });
    await file().change(() => ({ identities: [IDENTITY] }));
    expect(await file().read()).toEqual({ identities: [IDENTITY] });
    expect(await readFile(path.join(home, 'sign-in.json.damaged'), 'utf8')).toBe(text);
    expect(warnings).toEqual([expect.stringContaining('damaged')]);
  });
});

describe('a token cache in a store', () => {
  it.each(['not json', '[]', '{"Account":7}', 'null', ''])('that holds %j counts as empty', async (kept) => {
    const secrets = createMemorySecretStore();
    await secrets.set('cache', kept);
    const application = new PublicClientApplication({ auth: { clientId: 'c' }, cache: { cachePlugin: tokenCachePlugin(secrets, 'cache') } });
    expect(await application.getTokenCache().getAllAccounts()).toEqual([]);
  });
});
