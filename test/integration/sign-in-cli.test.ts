// `fieldcast sign-in`, `accounts` and `sign-out` in processes of their own; the browser is opened as a desktop opens it, by xdg-open.
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { ANNA, CLIENT_ID, TENANT_A } from '../support/openIdProvider.ts';
import { personAt, SignInBench } from '../support/signInBench.ts';
import { until } from '../support/until.ts';

const CLI = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));
const SECRET = 'Zz8~the-secret-of-the-principal';
type Run = { readonly child: ChildProcess; readonly stderr: () => string; readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> };

describe('the account commands', () => {
  let bench: SignInBench;
  beforeAll(async () => {
    bench = await SignInBench.start();
    bench.manager.tenants = [{ tenantId: TENANT_A }];
    bench.manager.subscriptions = [{ id: 'sub-1', name: 'Production', tenant: TENANT_A, accounts: ['live-rg/studio1/westeurope', 'live-rg/studio2/westeurope'] }];
  });
  afterAll(async () => { await bench?.close(); });

  function run(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Run {
    const child = spawn(process.execPath, [CLI, ...args], {
      timeout: 60_000,
      env: {
        PATH: process.env['PATH'], HOME: bench.dir, FIELDCAST_HOME: bench.dir, NODE_EXTRA_CA_CERTS: bench.provider.caPath,
        FIELDCAST_CLOUD: 'custom', FIELDCAST_AUTHORITY: bench.provider.origin, FIELDCAST_ARM_ENDPOINT: bench.manager.origin, FIELDCAST_CLIENT_ID: CLIENT_ID, ...env,
      },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    child.stdin.end(input);
    return { child, stderr: () => stderr, ended: new Promise((resolve) => { child.once('close', (code) => resolve({ code, stdout, stderr })); }) };
  }

  it('keeps nothing in a plain file without an explicit choice, and opens nothing then', async () => {
    const { code, stderr } = await run(['sign-in']).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/\[SECRETS_NOT_KEPT\]/);
    expect(existsSync(bench.secretsFile)).toBe(false);
    expect((await run(['sign-in', '--secrets', 'file'], { FIELDCAST_CLIENT_ID: undefined }).ended).stderr).toMatch(/\[SIGN_IN_NO_CLIENT_ID\]/);
  });

  const missing = chromiumMissing();
  it.skipIf(missing !== undefined)(`signs in through the system's browser, lists, chooses and forgets${missing === undefined ? '' : ` (skipped: ${missing})`}`, async () => {
    const bin = path.join(bench.dir, 'bin');
    const opened = path.join(bench.dir, 'opened.txt');
    await mkdir(bin);
    // A desktop's opener: one argument, which no shell may have touched.
    await writeFile(path.join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s\\n' "$#" "$1" > '${opened}.part' && mv '${opened}.part' '${opened}'\n`);
    await chmod(path.join(bin, 'xdg-open'), 0o755);
    const env = { PATH: `${bin}:${process.env['PATH']}`, DISPLAY: ':0' };
    const signIn = run(['sign-in', '--secrets', 'file'], env);
    await until(() => existsSync(opened), 'the browser to be opened');
    const [count, url = ''] = (await readFile(opened, 'utf8')).trim().split('\n');
    expect(count).toBe('1');
    const browser = await launchChromium([bench.provider.tlsKeyHash]);
    try {
      await personAt(browser, { user: ANNA, button: 'Sign in' }, [])(url);
      const { code, stderr } = await signIn.ended;
      expect(stderr).toContain(`as ${ANNA.username}`);
      expect(stderr).toContain('unencrypted');
      expect(code).toBe(0);
    } finally {
      await browser.close();
    }
    expect((await stat(bench.secretsFile)).mode & 0o777).toBe(0o600);

    const list = await run(['accounts', '--filter', 'studio2', '--choose', 'studio2'], { FIELDCAST_SECRETS: 'file' }).ended;
    expect(list).toMatchObject({ code: 0, stdout: expect.stringMatching(/Production \/ live-rg\n {2}\* studio2 +westeurope/) });
    const json = await run(['accounts', '--json'], { FIELDCAST_SECRETS: 'file' }).ended;
    const answer = JSON.parse(json.stdout) as { accounts: { name: string; chosen: boolean }[] };
    expect(answer.accounts.map(({ name, chosen }) => [name, chosen])).toEqual([['studio1', false], ['studio2', true]]);
    expect(json.stdout + json.stderr + list.stdout + list.stderr).not.toMatch(/eyJ|refresh-/);

    expect(await run(['sign-out'], { FIELDCAST_SECRETS: 'file' }).ended).toMatchObject({ code: 0, stderr: expect.stringContaining(`Signed out: ${ANNA.username}`) });
    expect((await run(['accounts'], { FIELDCAST_SECRETS: 'file' }).ended).stderr).toMatch(/\[SIGN_IN_NEEDED\]/);
    expect(await readFile(bench.secretsFile, 'utf8')).toBe('{"version":1,"secrets":{}}');
  });

  it('falls back to a code where there is no screen', async () => {
    const signIn = run(['sign-in', '--secrets', 'file', '--tenant', 'contoso.example'], { DISPLAY: '' });
    await until(() => /enter the code (\S+)/.test(signIn.stderr()), 'the code');
    bench.provider.decideDeviceCode(/enter the code (\S+)/.exec(signIn.stderr())![1]!, ANNA);
    expect(await signIn.ended).toMatchObject({ code: 0, stderr: expect.stringContaining(`(tenant ${TENANT_A})`) });
    expect(await run(['sign-out', 'all', '--secrets', 'file']).ended).toMatchObject({ code: 0 });
  });

  it('takes the secret of a service principal from the standard input and shows it nowhere', async () => {
    bench.provider.secrets.set('p-1', SECRET);
    const args = ['sign-in', '--service-principal', '--client-id', 'p-1', '--tenant', TENANT_A, '--secrets', 'file'];
    const refused = await run(args, {}, 'wrong\n').ended;
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/\[SIGN_IN_SECRET_WRONG\]/) });
    const done = await run(args, {}, `${SECRET}\n`).ended;
    expect(done).toMatchObject({ code: 0 });
    const list = await run(['accounts'], { FIELDCAST_SECRETS: 'file' }).ended;
    expect(list.stdout).toContain('studio1');
    expect(done.stdout + done.stderr + list.stdout + list.stderr).not.toContain(SECRET);
    expect(await run(['sign-out'], { FIELDCAST_SECRETS: 'file' }).ended).toMatchObject({ code: 0 });
  });

  it('reaches the service through a tunnel of the proxy, and names a proxy that makes none', async () => {
    // The certificate is for loopback addresses, which are never proxied; so the authority gets a name that only the proxy knows.
    let refuses = false;
    const asked: string[] = [];
    const proxy: Server = createServer();
    proxy.on('connect', (request, client) => {
      asked.push(request.url ?? '');
      client.on('error', () => undefined);
      if (refuses) return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      const { hostname, port } = new URL(bench.provider.origin);
      const upstream = connect(Number(port), hostname, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on('error', () => client.destroy());
    });
    await new Promise<void>((resolve) => { proxy.listen(0, '127.0.0.1', resolve); });
    try {
      const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const env = { HTTPS_PROXY: `http://user:hidden-password@${address}`, FIELDCAST_AUTHORITY: 'https://login.fieldcast.test' };
      const through = await run(['sign-in', '--device-code', '--secrets', 'file', '--tenant', TENANT_A], env).ended;
      expect(asked[0]).toBe('login.fieldcast.test:443');
      // The tunnel was made and TLS spoken in it: the name does not fit the certificate, which is what must be told.
      expect(through.stderr).toMatch(/\[CERTIFICATE_NOT_TRUSTED\]/);
      refuses = true;
      const refused = await run(['sign-in', '--device-code', '--secrets', 'file', '--tenant', TENANT_A], env).ended;
      expect(refused.stderr).toMatch(/\[PROXY_FAILED\]/);
      expect(refused.stderr).toContain(address);
      expect(through.stderr + refused.stderr).not.toContain('hidden-password');
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});
