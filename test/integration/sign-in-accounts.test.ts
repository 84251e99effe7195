// From a sign-in to a Media Services account: tenants, subscriptions and resource groups page by page, refusals told and not fatal,
// the remembered choice, identities without a person, and clocks and claims that do not fit.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMemorySecretStore } from '../../src/main/secrets/memorySecretStore.ts';
import { servicePrincipalCredential } from '../../src/main/cloud/signIn/servicePrincipal.ts';
import { cloudOf } from '../../src/main/cloud/signIn/identity.ts';
import { ANNA, BEN, TENANT_A, TENANT_B } from '../support/openIdProvider.ts';
import { SignInBench } from '../support/signInBench.ts';

const PRINCIPAL = '44444444-4444-4444-8444-444444444444';
const SECRET = 'Zz8~the-secret-of-the-principal';
const never = new AbortController().signal;

describe('finding Media Services accounts', () => {
  let bench: SignInBench;
  beforeAll(async () => { bench = await SignInBench.start(); });
  afterAll(async () => { await bench?.close(); });
  beforeEach(() => {
    bench.manager.tenants = [{ tenantId: TENANT_A, displayName: 'Contoso' }, { tenantId: TENANT_B }];
    bench.manager.subscriptions = [
      { id: 'sub-1', name: 'Production', tenant: TENANT_A, accounts: ['live-rg/studio1/westeurope', 'live-rg/studio2/westeurope', 'events/arena/northeurope'] },
      { id: 'sub-2', name: 'Locked\u001b[31m', tenant: TENANT_A, accounts: [], refusal: { status: 403, code: 'AuthorizationFailed' } },
      { id: 'sub-3', name: 'No media', tenant: TENANT_A, accounts: [], refusal: { status: 404, code: 'InvalidResourceType' } },
      { id: 'sub-4', name: 'Old', tenant: TENANT_A, state: 'Disabled', accounts: ['x/gone/westus'] },
      { id: 'sub-5', name: 'Guest', tenant: TENANT_B, accounts: ['g/stage/eastus'] },
    ];
    bench.manager.nextLinkOrigin = undefined;
    bench.manager.clockOffsetMs = 0;
  });

  it('looks through every tenant with its own token, page by page, and tells what was refused', async () => {
    const accounts = bench.accounts();
    await bench.signInByCode(accounts, ANNA);
    const found = await accounts.find(undefined, never);
    expect(found.accounts.map(({ subscriptionName, resourceGroup, name, location, tenantId }) => [subscriptionName, resourceGroup, name, location, tenantId])).toEqual([
      ['Guest', 'g', 'stage', 'eastus', TENANT_B],
      ['Production', 'events', 'arena', 'northeurope', TENANT_A],
      ['Production', 'live-rg', 'studio1', 'westeurope', TENANT_A],
      ['Production', 'live-rg', 'studio2', 'westeurope', TENANT_A],
    ]);
    expect(found.notices).toEqual([expect.objectContaining({ where: 'Locked[31m', error: expect.objectContaining({ code: 'CLOUD_NO_ROLE' }) })]);
    expect(bench.manager.requests.filter(({ path: asked }) => asked.includes('sub-5')).map(({ tenant }) => tenant)).toEqual([TENANT_B]);
    expect((await accounts.find('WEST studio', never)).accounts.map(({ name }) => name)).toEqual(['studio1', 'studio2']);

    // Another process: the choice is remembered, and gives a credential for the right tenant.
    await accounts.choose(found.accounts[0]!);
    const access = await bench.accounts().chosen();
    expect(access).toMatchObject({ endpoint: bench.manager.origin, subscriptionId: 'sub-5', resourceGroup: 'g', accountName: 'stage', location: 'eastus', credentialScopes: bench.scope });
    expect(bench.provider.verify((await access.credential.getToken(access.credentialScopes))!.token)).toMatchObject({ tid: TENANT_B, preferred_username: ANNA.username });
    expect(await readFile(path.join(bench.dir, 'sign-in.json'), 'utf8')).not.toMatch(/eyJ|refresh-/);

    // Two people: an address that was not chosen needs a word on whose.
    await bench.signInByCode(accounts, BEN);
    await expect(accounts.credentialFor(bench.manager.origin, 'sub-1')).rejects.toMatchObject({ code: 'SIGN_IN_AMBIGUOUS' });
    await accounts.credentialFor(bench.manager.origin, 'sub-5');
    await expect(accounts.signOut(undefined)).rejects.toMatchObject({ code: 'SIGN_IN_AMBIGUOUS' });
    await expect(accounts.signOut('carla@contoso.example')).rejects.toMatchObject({ code: 'SIGN_IN_UNKNOWN_ACCOUNT' });
    await accounts.signOut(ANNA.username.toUpperCase());
    await expect(bench.accounts().chosen()).rejects.toMatchObject({ code: 'NO_ACCOUNT_CHOSEN' });
    await expect(access.credential.getToken(access.credentialScopes)).rejects.toMatchObject({ code: 'SIGN_IN_NEEDED' });
    await accounts.signOut('all');
    await expect(accounts.find(undefined, never)).rejects.toMatchObject({ code: 'SIGN_IN_NEEDED' });
  });

  it('renews the token when access is challenged, and follows no link to another host', async () => {
    const accounts = bench.accounts();
    await bench.signInByCode(accounts, BEN, bench.identity(TENANT_B));
    const before = bench.provider.tokenRequests.length;
    bench.manager.challengeOnce = true;
    expect((await accounts.find(undefined, never)).accounts).toHaveLength(1);
    expect(bench.provider.tokenRequests.slice(before)).toMatchObject([{ grantType: 'refresh_token', outcome: 'granted' }]);
    bench.manager.subscriptions = [1, 2, 3].map((n) => ({ id: `s${n}`, name: `S${n}`, tenant: TENANT_B, accounts: [] }));
    bench.manager.nextLinkOrigin = 'https://attacker.example';
    await expect(accounts.find(undefined, never)).rejects.toMatchObject({ code: 'CLOUD_FOREIGN_HOST' });
    await accounts.signOut('all');
  });

  it('says what to do when no role was given anywhere, and when the clock is wrong', async () => {
    const accounts = bench.accounts();
    await bench.signInByCode(accounts, BEN, bench.identity(TENANT_B));
    bench.manager.subscriptions = [{ id: 's', name: 'S', tenant: TENANT_B, accounts: [], refusal: { status: 403, code: 'AuthorizationFailed' } }];
    await expect(accounts.find(undefined, never)).rejects.toMatchObject({ code: 'CLOUD_NO_ROLE', action: expect.stringContaining('Contributor') });
    bench.manager.subscriptions = [{ id: 's', name: 'S', tenant: TENANT_B, accounts: [], refusal: { status: 401, code: 'ExpiredAuthenticationToken' } }];
    bench.manager.clockOffsetMs = -47 * 60_000;
    await expect(accounts.find(undefined, never)).rejects.toMatchObject({ code: 'CLOCK_WRONG', message: expect.stringContaining('47 minutes ahead') });
    await accounts.signOut('all');
  });

  it('acts as a service principal with a secret, and says which secret is wrong, expired or missing', async () => {
    const { provider } = bench;
    provider.secrets.set(PRINCIPAL, SECRET);
    const accounts = bench.accounts();
    const identity = { ...bench.identity(TENANT_A), kind: 'service-principal', clientId: PRINCIPAL } as const;
    await expect(accounts.addServicePrincipal(identity, 'guess')).rejects.toMatchObject({ code: 'SIGN_IN_SECRET_WRONG', message: expect.not.stringContaining('guess') });
    expect(await accounts.sessions()).toEqual([]);
    await accounts.addServicePrincipal(identity, SECRET);
    const found = await bench.accounts().find('studio1', never);
    expect(found.accounts.map(({ name, session }) => [name, session.label])).toEqual([['studio1', `service principal ${PRINCIPAL}`]]);
    provider.refuseNext('client_credentials', { error: 'invalid_client', aadsts: 7_000_222, status: 401 });
    await expect(bench.accounts().find(undefined, never)).rejects.toMatchObject({ code: 'SIGN_IN_SECRET_EXPIRED' });
    await accounts.signOut(PRINCIPAL);
    expect(await readFile(bench.secretsFile, 'utf8')).not.toContain(SECRET);
    expect(await bench.accounts().sessions()).toEqual([]);

    // From the environment, as a machine is given it: nothing is written.
    const env = { FIELDCAST_CREDENTIAL: 'service-principal', FIELDCAST_CLOUD: 'custom', FIELDCAST_AUTHORITY: provider.origin, FIELDCAST_ARM_ENDPOINT: bench.manager.origin, AZURE_CLIENT_ID: PRINCIPAL, AZURE_TENANT_ID: TENANT_A };
    const byEnvironment = bench.accounts({ ...env, AZURE_CLIENT_SECRET: SECRET }, createMemorySecretStore());
    expect((await byEnvironment.find('arena', never)).accounts).toHaveLength(1);
    const { credential, credentialScopes } = await byEnvironment.credentialFor(bench.manager.origin, 'sub-1');
    expect(provider.verify((await credential.getToken(credentialScopes))!.token)).toMatchObject({ oid: PRINCIPAL });
    await expect(bench.accounts(env).sessions()).rejects.toMatchObject({ code: 'SIGN_IN_NO_SECRET' });
  });

  it('acts as a service principal with a certificate, and measures a clock that is wrong', async () => {
    const { provider } = bench;
    const file = path.join(bench.dir, 'principal.pem');
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=fieldcast-test', '-keyout', `${file}.key`, '-out', `${file}.crt`], { stdio: 'ignore' });
    const crt = await readFile(`${file}.crt`, 'utf8');
    await writeFile(file, `${await readFile(`${file}.key`, 'utf8')}${crt}`);
    provider.certificates.set(PRINCIPAL, { pem: crt, thumbprintSha256: new X509Certificate(crt).fingerprint256.replaceAll(':', '') });
    const credential = (certificatePath: string) => servicePrincipalCredential({
      cloud: cloudOf(bench.identity()), clientId: PRINCIPAL, tenant: TENANT_A, proof: async () => ({ certificatePath }), network: { ca: provider.ca },
    });
    expect(provider.verify((await credential(file).getToken(bench.scope))!.token)).toMatchObject({ oid: PRINCIPAL });
    provider.clockOffsetMs = 3 * 3_600_000;
    await expect(credential(file).getToken(bench.scope)).rejects.toMatchObject({ code: 'CLOCK_WRONG', message: expect.stringMatching(/3 hours behind.*AADSTS700024/) });
    provider.clockOffsetMs = 0;
    await expect(credential(`${file}.crt`).getToken(bench.scope)).rejects.toMatchObject({ code: 'SIGN_IN_CERTIFICATE_UNUSABLE' });
    await expect(credential(`${file}.none`).getToken(bench.scope)).rejects.toMatchObject({ code: 'SIGN_IN_CERTIFICATE_UNUSABLE' });
  });

  it('acts as the identity of the machine, and says where there is none', async () => {
    let status = 200;
    const imds: Server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://imds');
      const fits = request.headers['metadata'] === 'true' && /^\/metadata\/identity\/oauth2\/token\/?$/.test(url.pathname) && url.searchParams.get('resource') === bench.manager.origin;
      response.writeHead(fits ? status : 400, { 'content-type': 'application/json' })
        .end(JSON.stringify(status === 200 && fits ? { access_token: 'token-of-the-machine', expires_in: '3600', resource: bench.manager.origin, token_type: 'Bearer' } : { error: 'invalid_request', error_description: 'Identity not found' }));
    });
    await new Promise<void>((resolve) => { imds.listen(0, '127.0.0.1', resolve); });
    const host = `http://127.0.0.1:${(imds.address() as AddressInfo).port}`;
    const env = { FIELDCAST_CREDENTIAL: 'managed-identity', FIELDCAST_CLOUD: 'custom', FIELDCAST_AUTHORITY: bench.provider.origin, FIELDCAST_ARM_ENDPOINT: bench.manager.origin, AZURE_POD_IDENTITY_AUTHORITY_HOST: host };
    process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] = host;
    try {
      const { credential, credentialScopes } = await bench.accounts(env).credentialFor(bench.manager.origin, 'sub-1');
      expect(await credential.getToken(credentialScopes)).toMatchObject({ token: 'token-of-the-machine' });
      status = 400;
      const other = await bench.accounts({ ...env, AZURE_CLIENT_ID: PRINCIPAL }).credentialFor(bench.manager.origin, 'sub-1');
      await expect(other.credential.getToken(credentialScopes)).rejects.toMatchObject({ code: 'MANAGED_IDENTITY_REFUSED' });
      await new Promise((resolve) => { imds.close(resolve); });
      imds.closeAllConnections();
      await expect(other.credential.getToken(credentialScopes)).rejects.toMatchObject({ code: 'MANAGED_IDENTITY_NOT_HERE' });
    } finally {
      delete process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'];
      imds.close();
    }
  });
});
