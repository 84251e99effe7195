// Signing in and choosing an account as a window does it: against the provider and the resource manager of the tests, told as it goes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AccountsStatus } from '../../src/contract/account.ts';
import { OperatorError } from '../../src/contract/errors.ts';
import { AccountDesk } from '../../src/main/show/accountDesk.ts';
import { ANNA, CLIENT_ID, TENANT_A, TENANT_B } from '../support/openIdProvider.ts';
import { SignInBench } from '../support/signInBench.ts';

let bench: SignInBench;
beforeAll(async () => {
  bench = await SignInBench.start();
  bench.manager.tenants = [{ tenantId: TENANT_A }, { tenantId: TENANT_B }];
  bench.manager.subscriptions = [
    { id: 'aaaa', name: 'Production', tenant: TENANT_A, accounts: ['studio/main/westeurope', 'studio/spare/westeurope'] },
    { id: 'bbbb', name: 'Closed', tenant: TENANT_B, accounts: [], refusal: { status: 403, code: 'AuthorizationFailed' } },
  ];
});
afterAll(async () => bench?.close());

/** A desk as another engine on the same folder would have it. */
function open(openBrowser: (address: string) => Promise<void> = async () => undefined): AccountDesk {
  const env = { FIELDCAST_CLOUD: 'custom', FIELDCAST_AUTHORITY: bench.provider.origin, FIELDCAST_ARM_ENDPOINT: bench.manager.origin };
  return new AccountDesk({ accounts: bench.accounts(), openBrowser, env, isKept: true });
}

/** The first status that fits; the test's own deadline bounds it. */
async function told(desk: AccountDesk, fits: (status: AccountsStatus) => boolean): Promise<AccountsStatus> {
  const over = new AbortController();
  try {
    for await (const status of desk.watch(over.signal)) if (fits(status)) return status;
  } finally {
    over.abort();
  }
  throw new Error('The desk stopped telling.');
}

test('with a code: told while it is waited for, then found, chosen, remembered by another engine, and forgotten', async () => {
  const desk = open();
  expect(await told(desk, () => true)).toMatchObject({ people: [], registration: { clientId: '', cloud: 'custom' }, isKept: true, signIn: { state: 'idle' } });
  desk.begin({ how: 'deviceCode', clientId: CLIENT_ID });
  const waiting = await told(desk, ({ signIn }) => signIn.state === 'waiting' && 'code' in signIn);
  const { signIn } = waiting as { signIn: { code: string } };
  expect(() => desk.begin({ how: 'browser' })).toThrow(expect.objectContaining({ code: 'SIGN_IN_RUNNING' }));
  bench.provider.decideDeviceCode(signIn.code, ANNA);
  expect(await told(desk, ({ people }) => people.length > 0)).toMatchObject({ people: [{ label: ANNA.username, kind: 'user' }], registration: { clientId: CLIENT_ID } });

  const found = await desk.find(AbortSignal.timeout(20_000));
  expect(found.accounts.map(({ subscriptionName, resourceGroup, name }) => [subscriptionName, resourceGroup, name])).toEqual([['Production', 'studio', 'main'], ['Production', 'studio', 'spare']]);
  expect(found.notices).toMatchObject([{ where: 'Closed', failure: { code: 'CLOUD_NO_ROLE' } }]);
  expect(JSON.stringify(found)).not.toContain('eyJ');

  const other = open();
  const [, spare] = found.accounts;
  await other.choose(spare!, AbortSignal.timeout(20_000));
  expect((await told(desk, () => true)).chosen).toMatchObject({ id: spare!.id, signedInAs: ANNA.username, accountName: 'spare', resourceGroup: 'studio' });
  await expect(desk.choose({ id: '/subscriptions/none', signedInAs: ANNA.username }, AbortSignal.timeout(20_000))).rejects.toMatchObject({ code: 'UNKNOWN_ACCOUNT' });

  await desk.signOut(ANNA.username);
  expect(await told(desk, () => true)).not.toHaveProperty('chosen');
  expect(await told(open(), () => true)).toMatchObject({ people: [] });
}, 60_000);

test('no browser can be opened: the address is told, and the sign-in is cancelled at once', async () => {
  const desk = open(async () => { throw new OperatorError('NO_BROWSER', 'None.', ''); });
  desk.begin({ how: 'browser', clientId: CLIENT_ID });
  const { signIn } = await told(desk, (status) => status.signIn.state === 'waiting' && status.signIn.how === 'browser' && !status.signIn.hasOpened);
  expect((signIn as { address: string }).address).toMatch(new RegExp(`^${bench.provider.origin}/organizations/oauth2/v2.0/authorize\\?`));
  desk.cancel();
  expect((await told(desk, () => true)).signIn).toEqual({ state: 'idle' });
  // What the abandoned attempt still says is not heard, and another one may begin.
  desk.begin({ how: 'deviceCode', clientId: CLIENT_ID });
  await told(desk, (status) => status.signIn.state === 'waiting' && 'code' in status.signIn);
  desk.cancel();
}, 30_000);

test('a refusal is a sentence with its remedy, until the next attempt', async () => {
  const desk = open();
  desk.begin({ how: 'deviceCode', clientId: 'not an id' });
  expect(await told(desk, ({ signIn }) => signIn.state === 'failed')).toMatchObject({ signIn: { failure: { code: 'SIGN_IN_NO_CLIENT_ID', action: expect.stringContaining('docs/sign-in.md') } } });
  bench.provider.refuseNext('devicecode', { error: 'invalid_client', aadsts: 7000218 });
  desk.begin({ how: 'deviceCode', clientId: CLIENT_ID });
  expect(await told(desk, ({ signIn }) => signIn.state === 'failed' && signIn.failure.code !== 'SIGN_IN_NO_CLIENT_ID')).toMatchObject({ signIn: { failure: { code: 'SIGN_IN_APP_MISCONFIGURED' } } });
}, 30_000);
