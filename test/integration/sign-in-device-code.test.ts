// Signing in with a code: polling as RFC 8628 wants it, refusals with their reasons, and a service that lies, hangs or disappears.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloudOf } from '../../src/main/cloud/signIn/identity.ts';
import { UserSignIn } from '../../src/main/cloud/signIn/userSignIn.ts';
import { createMemorySecretStore } from '../../src/main/secrets/memorySecretStore.ts';
import { ANNA, BEN, CLIENT_ID, TENANT_A, TENANT_B } from '../support/openIdProvider.ts';
import { SignInBench } from '../support/signInBench.ts';
import { until } from '../support/until.ts';

const GRANT = 'device_code';

describe('signing in with a code', () => {
  let bench: SignInBench;
  beforeAll(async () => { bench = await SignInBench.start(); });
  afterAll(async () => { await bench?.close(); });

  const people = (tenant = 'organizations', requestTimeoutMs = 5000): UserSignIn => new UserSignIn({
    cloud: cloudOf(bench.identity()), clientId: CLIENT_ID, tenant, secrets: createMemorySecretStore(), cacheName: 'test', slowDownMs: 50,
    network: { ca: bench.provider.ca, requestTimeoutMs },
  });

  it('waits while the person is elsewhere, slows down when told, and signs in', async () => {
    const { provider } = bench;
    provider.refuseNext(GRANT, { error: 'slow_down' });
    const before = provider.tokenRequests.length;
    let shown: { address: string; code: string; minutes: number } | undefined;
    const account = await people().withDeviceCode({
      timeoutMs: 30_000,
      show: (code) => {
        shown = code;
        void until(() => provider.tokenRequests.length >= before + 2, 'two polls').then(() => provider.decideDeviceCode(code.code, BEN));
      },
    });
    expect(account).toMatchObject({ username: BEN.username, tenantId: TENANT_B });
    expect(shown).toMatchObject({ address: `${provider.origin}/device`, minutes: 15 });
    expect(provider.tokenRequests.slice(before).map(({ outcome }) => outcome)).toEqual(['slow_down', 'authorization_pending', 'granted']);
  });

  it('goes on polling through a loss of the network', async () => {
    const { provider } = bench;
    const before = provider.tokenRequests.length;
    const account = await people('organizations', 500).withDeviceCode({
      timeoutMs: 30_000,
      show: ({ code }) => {
        provider.hangs = true;
        const comeBack = async (): Promise<void> => {
          await until(() => provider.unanswered > 0, 'a lost poll');
          provider.hangs = false;
          provider.decideDeviceCode(code, BEN);
        };
        void comeBack();
      },
    });
    expect(account.username).toBe(BEN.username);
    expect(provider.tokenRequests.slice(before).map(({ outcome }) => outcome)).toEqual(['granted']);
  });

  it.each([
    ['consent is missing', { error: 'invalid_grant', aadsts: 65_001 }, 'SIGN_IN_CONSENT_MISSING'],
    ['an administrator must consent', { error: 'invalid_grant', aadsts: 90_094 }, 'SIGN_IN_ADMIN_CONSENT_MISSING'],
    ['the tenant is another', { error: 'invalid_grant', aadsts: 90_072 }, 'SIGN_IN_WRONG_TENANT'],
    ['a second factor is needed', { error: 'interaction_required', aadsts: 50_076 }, 'SIGN_IN_MFA_NEEDED'],
    ['a policy blocks codes', { error: 'access_denied', aadsts: 53_003 }, 'SIGN_IN_BLOCKED_BY_POLICY'],
    ['public clients are not allowed', { error: 'invalid_client', aadsts: 7_000_218, status: 401 }, 'SIGN_IN_APP_MISCONFIGURED'],
    ['the number is unknown', { error: 'invalid_request', aadsts: 9_999_999 }, 'SIGN_IN_FAILED'],
  ] as const)('says what to do when %s', async (_what, refusal, code) => {
    bench.provider.refuseNext(GRANT, refusal);
    const error: unknown = await people().withDeviceCode({ timeoutMs: 20_000, show: () => undefined }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(`AADSTS${refusal.aadsts}`), action: expect.stringMatching(/.{10}/) });
  });

  it('says when the person declines, and where the account does not belong', async () => {
    const declined = people().withDeviceCode({ timeoutMs: 20_000, show: ({ code }) => bench.provider.decideDeviceCode(code, 'declined') });
    await expect(declined).rejects.toMatchObject({ code: 'SIGN_IN_CANCELLED' });
    const stranger = people(TENANT_A).withDeviceCode({ timeoutMs: 20_000, show: ({ code }) => bench.provider.decideDeviceCode(code, BEN) });
    await expect(stranger).rejects.toMatchObject({ code: 'SIGN_IN_WRONG_TENANT', message: expect.stringContaining(TENANT_A) });
  });

  it('takes a tenant by its domain, keeps tokens under its id, and knows a tenant that does not exist', async () => {
    const accounts = bench.accounts();
    await bench.signInByCode(accounts, ANNA, bench.identity('fabrikam.example'));
    const [session] = await bench.accounts().sessions();
    expect(session).toMatchObject({ label: ANNA.username, identity: { tenant: TENANT_B } });
    await expect(bench.signInByCode(accounts, ANNA, bench.identity('nobody.example'))).rejects.toMatchObject({ code: 'SIGN_IN_UNKNOWN_TENANT' });
    expect(await accounts.signOut(undefined)).toEqual([ANNA.username]);
  });

  it('does not hang with a service that hangs, and says when it is gone', async () => {
    const { provider } = bench;
    provider.hangs = true;
    await expect(people('organizations', 300).withDeviceCode({ timeoutMs: 20_000, show: () => undefined })).rejects.toMatchObject({ code: 'CLOUD_NO_ANSWER' });
    provider.hangs = false;
    const gone = new UserSignIn({
      cloud: { ...cloudOf(bench.identity()), authorityHost: 'https://127.0.0.1:1' }, clientId: CLIENT_ID, tenant: 'organizations',
      secrets: createMemorySecretStore(), cacheName: 'test', network: { ca: provider.ca },
    });
    await expect(gone.withDeviceCode({ show: () => undefined })).rejects.toMatchObject({ code: 'SIGN_IN_UNREACHABLE' });
    const untrusted = new UserSignIn({ cloud: cloudOf(bench.identity()), clientId: CLIENT_ID, tenant: 'organizations', secrets: createMemorySecretStore(), cacheName: 'test' });
    await expect(untrusted.withDeviceCode({ show: () => undefined })).rejects.toMatchObject({ code: 'CERTIFICATE_NOT_TRUSTED' });
  });
});
