// Signing in with real Chromium against a provider that speaks as Entra does: code with PKCE by form_post, renewal, revocation, sign-out.
import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemorySecretStore } from '../../src/main/secrets/memorySecretStore.ts';
import { cloudOf, identityKey } from '../../src/main/cloud/signIn/identity.ts';
import { UserSignIn } from '../../src/main/cloud/signIn/userSignIn.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { ANNA, BEN, CLIENT_ID, TENANT_A, TENANT_B } from '../support/openIdProvider.ts';
import { personAt, SignInBench } from '../support/signInBench.ts';
import { until } from '../support/until.ts';

const missing = chromiumMissing();
const name = `signing in with a browser${missing === undefined ? '' : ` (skipped: ${missing})`}`;

describe.skipIf(missing !== undefined)(name, () => {
  let bench: SignInBench;
  let browser: Browser;
  beforeAll(async () => {
    bench = await SignInBench.start();
    browser = await launchChromium([bench.provider.tlsKeyHash]);
  });
  afterAll(async () => {
    await browser?.close();
    await bench?.close();
  });

  it('signs in two people of two tenants, renews silently, and forgets one of them for good', async () => {
    const { provider } = bench;
    const accounts = bench.accounts();
    const pages: string[] = [];
    const signIn = async (user: typeof ANNA) => await accounts.signIn(bench.identity(), { kind: 'browser', openBrowser: personAt(browser, { user, button: 'Sign in' }, pages), timeoutMs: 60_000 });
    const anna = await signIn(ANNA);
    const ben = await signIn(BEN);
    expect(anna).toMatchObject({ username: ANNA.username, tenantId: TENANT_A });
    expect(ben).toMatchObject({ username: BEN.username, tenantId: TENANT_B });
    await until(() => pages.length === 2, 'both browsers to show the end');
    expect(pages).toEqual([expect.stringContaining('You are signed in.'), expect.stringContaining('You are signed in.')]);
    expect((await stat(bench.secretsFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(`${bench.dir}/sign-in.json`, 'utf8')).not.toMatch(/refresh|eyJ/);

    // Another process: nothing but the folder in common.
    const people = new UserSignIn({
      cloud: cloudOf(bench.identity()), clientId: CLIENT_ID, tenant: 'organizations', secrets: bench.secrets(), cacheName: identityKey(bench.identity()), network: { ca: provider.ca },
    });
    const annasToken = await people.credential(anna.id).getToken(bench.scope);
    const first = provider.verify(annasToken!.token);
    expect(first).toMatchObject({ preferred_username: ANNA.username, tid: TENANT_A, aud: bench.manager.origin });
    const asked = provider.tokenRequests.length;
    expect((await people.credential(anna.id).getToken(bench.scope))!.token).toBe(annasToken!.token);
    expect(provider.tokenRequests).toHaveLength(asked);

    // Her guest tenant gets a token of its own from the same sign-in.
    const guest = await people.credential(anna.id, TENANT_B).getToken(bench.scope);
    expect(provider.verify(guest!.token)).toMatchObject({ preferred_username: ANNA.username, tid: TENANT_B });

    const wasIssued = provider.refreshTokensOf(ANNA);
    expect(await accounts.signOut(ANNA.username)).toEqual([ANNA.username]);
    // Also in the process that had her tokens in memory.
    await expect(people.credential(anna.id).getToken(bench.scope)).rejects.toMatchObject({ code: 'SIGN_IN_NEEDED' });
    const kept = await readFile(bench.secretsFile, 'utf8');
    expect(kept).not.toContain(ANNA.username);
    expect(kept).not.toContain(anna.id);
    expect(wasIssued.filter((token) => kept.includes(token))).toEqual([]);
    expect(provider.verify((await people.credential(ben.id).getToken(bench.scope))!.token)).toMatchObject({ preferred_username: BEN.username });
    await accounts.signOut('all');
    expect(JSON.parse(await readFile(bench.secretsFile, 'utf8'))).toEqual({ version: 1, secrets: {} });
  });

  it('renews an expired token without a person, and says so when the sign-in was withdrawn', async () => {
    const { provider } = bench;
    // Below the five minutes before their end at which MSAL renews tokens.
    provider.accessLifetimeS = 60;
    const people = new UserSignIn({ cloud: cloudOf(bench.identity()), clientId: CLIENT_ID, tenant: TENANT_A, secrets: createMemorySecretStore(), cacheName: 'x', network: { ca: provider.ca } });
    const pages: string[] = [];
    const account = await people.withBrowser({ openBrowser: personAt(browser, { user: ANNA, button: 'Sign in' }, pages), timeoutMs: 60_000 });
    const credential = people.credential(account.id);
    const one = (await credential.getToken(bench.scope))!.token;
    const two = (await credential.getToken(bench.scope))!.token;
    expect(two).not.toBe(one);
    expect(provider.tokenRequests.at(-1)).toMatchObject({ grantType: 'refresh_token', outcome: 'granted' });
    provider.revoke(ANNA);
    await expect(credential.getToken(bench.scope)).rejects.toMatchObject({ code: 'SIGN_IN_REVOKED', action: 'Sign in again.' });
    provider.accessLifetimeS = 3600;
  });

  it.each([
    ['the person cancels', 'Cancel', ANNA, 'organizations', undefined, 'SIGN_IN_CANCELLED'],
    ['the account is a stranger in the tenant', 'Sign in', BEN, TENANT_A, undefined, 'SIGN_IN_WRONG_TENANT'],
    ['an administrator must consent', 'Sign in', ANNA, 'organizations', { error: 'access_denied', aadsts: 90_094 }, 'SIGN_IN_ADMIN_CONSENT_MISSING'],
    ['a policy blocks', 'Sign in', ANNA, 'organizations', { error: 'access_denied', aadsts: 53_003 }, 'SIGN_IN_BLOCKED_BY_POLICY'],
  ] as const)('says what to do when %s, in Fieldcast and in the browser', async (_what, button, user, tenant, refusal, code) => {
    if (refusal !== undefined) bench.provider.refuseNext('authorize', refusal);
    const pages: string[] = [];
    const attempt = bench.accounts().signIn(bench.identity(tenant), { kind: 'browser', openBrowser: personAt(browser, { user, button }, pages), timeoutMs: 60_000 });
    await expect(attempt).rejects.toMatchObject({ code });
    await until(() => pages.length === 1, 'the browser to show the end');
    expect(pages[0]).toContain('The sign-in did not succeed.');
  });

  it('takes no answer but that of its own sign-in', async () => {
    let address = '';
    const cancel = new AbortController();
    const attempt = bench.accounts().signIn(bench.identity(), { kind: 'browser', signal: cancel.signal, openBrowser: async (url) => { address = url; } });
    const ended = expect(attempt).rejects.toMatchObject({ code: 'SIGN_IN_CANCELLED' });
    await until(() => address !== '', 'the browser to be asked');
    const { searchParams } = new URL(address);
    const redirect = new URL(searchParams.get('redirect_uri')!);
    const state = searchParams.get('state')!;
    const knock = async (body: string, options: { method?: string; headers?: Record<string, string>; path?: string } = {}): Promise<number> => await new Promise((resolve, reject) => {
      const sent = request({
        host: '127.0.0.1', port: redirect.port, path: options.path ?? '/', method: options.method ?? 'POST',
        headers: { host: redirect.host, 'content-type': 'application/x-www-form-urlencoded', ...options.headers },
      }, (response) => { response.resume(); resolve(response.statusCode!); });
      sent.on('error', reject);
      sent.end(body);
    });
    expect(await knock('code=stolen&state=wrong')).toBe(400);
    expect(await knock(`code=a&state=${state}&state=${state}`)).toBe(400);
    expect(await knock(`state=${state}`)).toBe(400);
    expect(await knock(`code=a&state=${state}`, { headers: { host: `attacker.example:${redirect.port}` } })).toBe(403);
    expect(await knock(`code=a&state=${state}`, { headers: { 'content-type': 'text/plain' } })).toBe(415);
    expect(await knock('', { method: 'GET', path: `/?code=a&state=${state}` })).toBe(404);
    expect(await knock('', { method: 'GET' })).toBe(405);
    expect(await knock(`code=${'a'.repeat(70_000)}&state=${state}`).catch(() => 413)).toBe(413);
    cancel.abort();
    await ended;
    await expect(knock(`code=a&state=${state}`)).rejects.toThrow(/ECONNREFUSED/);
    expect(searchParams.get('prompt')).toBe('select_account');
  });

  it('does not wait for a person for ever', async () => {
    const attempt = bench.accounts().signIn(bench.identity(), { kind: 'browser', openBrowser: async () => undefined, timeoutMs: 300 });
    await expect(attempt).rejects.toMatchObject({ code: 'SIGN_IN_TIMED_OUT' });
  });
});
