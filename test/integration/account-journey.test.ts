// One person's way through an account: sign in with Chromium at an OpenID provider, choose the account, go live, put the recording in the
// archive's place, watch it in Chromium; then a film: encoded, public, watched. The account is the embedded service behind a resource manager that
// takes nothing but the provider's tokens.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShowReport } from '../../src/contract/report.ts';
import type { UploadStatus } from '../../src/contract/upload.ts';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { chromiumMissing, launchChromium, playHls } from '../support/chromium.ts';
import { readServiceDescriptor } from '../support/embeddedService.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { ANNA, CLIENT_ID, TENANT_A } from '../support/openIdProvider.ts';
import { personAt, SignInBench } from '../support/signInBench.ts';
import { until } from '../support/until.ts';

const CLI = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));
const missing = chromiumMissing();
let bench: SignInBench;
let serviceHome = '';
let service: Awaited<ReturnType<typeof startForegroundService>>;
let originHttp = '';
let caFile = '';

beforeAll(async () => {
  bench = await SignInBench.start();
  serviceHome = await mkdtemp(path.join(tmpdir(), 'fieldcast-account-'));
  service = await startForegroundService(serviceHome);
  const descriptor = await readServiceDescriptor(serviceHome);
  originHttp = descriptor.originHttp;
  const ca = await readFile(descriptor.caPath, 'utf8');
  caFile = path.join(bench.dir, 'all-authorities.pem');
  await writeFile(caFile, `${await readFile(bench.provider.caPath, 'utf8')}\n${ca}`);
  bench.manager.tenants = [{ tenantId: TENANT_A }];
  bench.manager.subscriptions = [{ id: descriptor.subscriptionId, name: 'Production', tenant: TENANT_A, accounts: [`${descriptor.resourceGroup}/${descriptor.accountName}/here`, 'rg/another/there'] }];
  bench.manager.upstream = { endpoint: descriptor.endpoint, token: descriptor.token, ca };
});
afterAll(async () => {
  await service?.stop();
  await bench?.close();
  await rm(serviceHome, { recursive: true, force: true });
});

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}, seconds = 90): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'], timeout: seconds * 1000,
    env: {
      PATH: process.env['PATH'], HOME: bench.dir, FIELDCAST_HOME: bench.dir, NODE_EXTRA_CA_CERTS: caFile, FIELDCAST_ARM_CA: caFile, FIELDCAST_SECRETS: 'file', FIELDCAST_SERVICE_LINGER_MS: '500',
      FIELDCAST_CLOUD: 'custom', FIELDCAST_AUTHORITY: bench.provider.origin, FIELDCAST_ARM_ENDPOINT: bench.manager.origin, FIELDCAST_CLIENT_ID: CLIENT_ID, ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  return new Promise((resolve) => { child.once('close', (code) => resolve({ code, stdout, stderr })); });
}

function lastOf({ stdout }: Ended): unknown {
  return JSON.parse(stdout.trim().split('\n').at(-1) || '{}');
}

/** The account's certificate is its own; viewers on this machine have the same origin over HTTP. */
async function watched(hls: string): Promise<void> {
  const played = await playHls(`${originHttp}${new URL(hls).pathname}`, { watchMs: 1500, switchRenditions: false });
  expect(played.watched.distinctPictures).toBeGreaterThan(3);
  expect(played.watched.loudestRms).toBeGreaterThan(0.01);
  expect(played.errors).toEqual([]);
}

test.skipIf(missing !== undefined)(`sign in, choose, go live, repair, watch; a film: encode, publish, watch${missing === undefined ? '' : ` (skipped: ${missing})`}`, async () => {
  const bin = path.join(bench.dir, 'bin');
  const opened = path.join(bench.dir, 'opened.txt');
  await mkdir(bin);
  await writeFile(path.join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s\\n' "$1" > '${opened}.part' && mv '${opened}.part' '${opened}'\n`);
  await chmod(path.join(bin, 'xdg-open'), 0o755);
  const signIn = run(['sign-in', '--secrets', 'file'], { PATH: `${bin}:${process.env['PATH']}`, DISPLAY: ':0' });
  await until(() => existsSync(opened), 'the browser to be opened');
  const browser = await launchChromium([bench.provider.tlsKeyHash]);
  try {
    await personAt(browser, { user: ANNA, button: 'Sign in' }, [])((await readFile(opened, 'utf8')).trim());
    const signedIn = await signIn;
    expect(signedIn.code, signedIn.stderr).toBe(0);
  } finally {
    await browser.close();
  }
  const [account] = bench.manager.subscriptions[0]!.accounts;
  const chosen = await run(['accounts', '--choose', account!.split('/')[1]!]);
  expect(chosen.code, chosen.stderr).toBe(0);

  const live = await run(['live', '--source', 'test', '--destination', 'arm', '--ladder', '480p', '--for', '5s', '--record', bench.dir, '--json'], {}, 120);
  const report = lastOf(live) as ShowReport;
  expect(report, live.stderr.slice(-2000)).toMatchObject({ type: 'report', outcome: 'ended', verified: true });
  // Everything of it was asked with her token, at the resource manager.
  expect(bench.manager.requests.filter(({ path: asked }) => /liveEvents/i.test(asked)).every(({ user }) => user === ANNA.username)).toBe(true);

  const { recordings: [recording] } = lastOf(await run(['recordings', '--json'])) as { recordings: { id: string }[] };
  const repaired = await run(['upload', '--complete', recording!.id, '--encode', 'copy', '--even-if-whole', '--json']);
  expect(repaired.code, repaired.stderr + repaired.stdout.slice(-1500)).toBe(0);
  const playback = (lastOf(repaired) as UploadStatus).result!.playback!;
  expect(new URL(playback.dash!).pathname).toBe(new URL(report.playback.dash!).pathname);
  await watched(playback.hls!);

  const film = makeMedia((await locateFfmpeg()).path, [
    '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=6', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=6', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-shortest',
  ], path.join(bench.dir, 'Dropped film.mov'));
  const uploaded = await run(['upload', film, '--destination', 'arm', '--encode', 'adaptive', '--publish', '--json']);
  expect(uploaded.code, uploaded.stderr + uploaded.stdout.slice(-1500)).toBe(0);
  await watched((lastOf(uploaded) as UploadStatus).result!.playback!.hls!);
}, 190_000);
