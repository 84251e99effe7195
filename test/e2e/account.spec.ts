// One person's way through an account, in the window and by keyboard alone: sign in, choose, go live, repair what a cut has cost the archive, watch it; drop a film,
// have it encoded and encrypted, watch it; keep the library in order. The account is the embedded service behind a resource manager of the tests.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test, type Browser, type Locator, type Page } from '@playwright/test';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { expectAccessible } from '../support/accessible.ts';
import { startBuiltEngine, type BuiltEngine } from '../support/builtEngine.ts';
import { chromiumMissing, launchChromium, playHls, type PlayOptions } from '../support/chromium.ts';
import { startFaultProxy, type FaultProxy } from '../support/faultProxy.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { choose, hold, press, tick, typeInto } from '../support/keyboard.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { ANNA, CLIENT_ID, OpenIdProvider, TENANT_A } from '../support/openIdProvider.ts';
import { descriptorOf } from '../support/openedIngest.ts';
import { ResourceManager } from '../support/resourceManager.ts';
import { openShowWindow } from '../support/showWindow.ts';

test.skip(chromiumMissing() !== undefined, chromiumMissing());
test.describe.configure({ mode: 'serial' });
test.setTimeout(150_000);
const STEP = { timeout: 60_000 };

let root: string;
let browser: Browser;
let provider: OpenIdProvider;
let manager: ResourceManager;
let service: Awaited<ReturnType<typeof startForegroundService>>;
let proxies: FaultProxy[] = [];
let engine: BuiltEngine;
let page: Page;
let originHttp: string;
let accountName: string;
let film: string;
/** Where viewers watched the show. */
let hls: string;

test.beforeAll(async () => {
  process.env['FIELDCAST_SERVICE_LINGER_MS'] = '500';
  root = await mkdtemp(path.join(tmpdir(), 'fieldcast-journey-'));
  await mkdir(path.join(root, 'recorded'));
  provider = await OpenIdProvider.start(path.join(root, 'certificates'));
  manager = await ResourceManager.start(path.join(root, 'certificates'), provider);
  const cloud = path.join(root, 'cloud');
  service = await startForegroundService(cloud);
  const descriptor = await descriptorOf(cloud);
  ({ originHttp, accountName } = descriptor);
  const ca = await readFile(descriptor.caPath, 'utf8');
  const authorities = path.join(root, 'authorities.pem');
  await writeFile(authorities, `${provider.ca}\n${ca}`);
  const ports = [...descriptor.ports.rtmp, ...descriptor.ports.rtmps];
  proxies = await Promise.all(ports.map(async (port) => startFaultProxy(port)));
  manager.tenants = [{ tenantId: TENANT_A }];
  manager.subscriptions = [
    { id: 'archive', name: 'Archive', tenant: TENANT_A, accounts: ['cold/vault/northeurope'] },
    { id: descriptor.subscriptionId, name: 'Production', tenant: TENANT_A, accounts: [`${descriptor.resourceGroup}/${accountName}/westeurope`, `${descriptor.resourceGroup}/spare/westeurope`] },
  ];
  manager.upstream = { endpoint: descriptor.endpoint, token: descriptor.token, ca, ingestPorts: new Map(ports.map((port, index) => [port, proxies[index]!.port])) };
  film = path.join(root, 'Dropped film.mov');
  makeMedia((await locateFfmpeg()).path, [
    '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=8', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=8', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-c:a', 'aac', '-shortest',
  ], film);
  engine = await startBuiltEngine(path.join(root, 'home'), {
    FIELDCAST_CLOUD: 'custom', FIELDCAST_AUTHORITY: provider.origin, FIELDCAST_ARM_ENDPOINT: manager.origin, FIELDCAST_CLIENT_ID: CLIENT_ID, FIELDCAST_SECRETS: 'file',
    NODE_EXTRA_CA_CERTS: authorities, FIELDCAST_ARM_CA: authorities,
    // No browser of the system: its part is taken by a second page.
    DISPLAY: '', WAYLAND_DISPLAY: '', WSL_DISTRO_NAME: '',
  });
  browser = await launchChromium([provider.tlsKeyHash]);
  ({ page } = await openShowWindow(browser, engine, { plan: { recordDir: path.join(root, 'recorded') } }));
});

test.afterAll(async () => {
  await browser?.close();
  await engine?.stop();
  await service?.stop();
  await Promise.all(proxies.map(async (proxy) => proxy.close()));
  await manager?.close();
  await provider?.close();
  if (root !== undefined) await rm(root, { recursive: true, force: true });
});

const lamp = () => page.getByRole('status').first();

/** The account's certificate is its own; viewers on this machine have the same origin over HTTP. */
async function watched(url: string, options: PlayOptions = {}): Promise<void> {
  const played = await playHls(originHttp + new URL(url).pathname, { watchMs: 1200, switchRenditions: false, ...options });
  expect(played.watched.distinctPictures).toBeGreaterThan(3);
  expect(played.watched.loudestRms).toBeGreaterThan(0.01);
}

/** What a button copies. */
async function copied(scope: Page | Locator, name: string): Promise<string> {
  return await scope.getByRole('button', { name, exact: true }).first().getAttribute('title') ?? '';
}

test('sign in: the page of the provider opens in another page, and the window says who it was', async () => {
  await press(page.getByRole('button', { name: 'Settings' }));
  await expect(page.getByText('Sign in to use a Media Services account')).toBeVisible();
  await press(page.getByRole('button', { name: 'Sign in with the browser' }));
  await expect(page.getByText('Waiting for the sign-in')).toBeVisible();
  await expect(page.getByText('Fieldcast cannot open a browser on this computer.')).toBeVisible(STEP);
  await expectAccessible(page, 'a sign-in that waits');
  // Cancelled and begun anew: nothing of the first attempt is left.
  await press(page.getByRole('button', { name: 'Cancel', exact: true }));
  await expect(page.getByText('Waiting for the sign-in')).toHaveCount(0);
  await press(page.getByRole('button', { name: 'Sign in with the browser' }));
  const [person] = await Promise.all([page.context().waitForEvent('page'), press(page.getByRole('link', { name: 'Open the sign-in page' }))]);
  await typeInto(person.locator('input[name=username]'), ANNA.username);
  await typeInto(person.locator('input[name=password]'), ANNA.password);
  await press(person.getByRole('button', { name: 'Sign in' }));
  await person.waitForURL(/^http:\/\/localhost:/);
  await person.close();
  await expect(page.getByText(ANNA.username).first()).toBeVisible(STEP);
});

test('choose the account by subscription and resource group, with a filter; it is remembered', async () => {
  await expect(page.getByRole('group', { name: /^Production/ })).toBeVisible(STEP);
  await expect(page.getByRole('group', { name: 'Archive / cold' })).toBeVisible();
  await typeInto(page.getByLabel('Filter'), 'production west');
  await expect(page.getByRole('group', { name: 'Archive / cold' })).toHaveCount(0);
  await expect(page.getByRole('radio', { name: /spare/ })).toBeVisible();
  await typeInto(page.getByLabel('Filter'), 'nowhere');
  await expect(page.getByText('No account has these words')).toBeVisible();
  await typeInto(page.getByLabel('Filter'), '');
  // It is chosen when the engine says so.
  const account = page.getByRole('radio', { name: new RegExp(`^${accountName}`) });
  await tick(account);
  await expect(page.getByText(`Chosen: ${accountName}.`)).toBeVisible(STEP);
  await expectAccessible(page, 'accounts');
  await page.reload();
  await press(page.getByRole('button', { name: 'Show', exact: true }));
  await expect(page.getByRole('button', { name: 'Cloud account' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('region', { name: 'Where' }).getByText(accountName)).toBeVisible(STEP);
  await expectAccessible(page, 'an account in step 2');
});

test('a show in the account loses some seconds to a cut, and afterwards says which', async () => {
  await press(page.getByRole('button', { name: 'Start rehearsal' }));
  await expect(lamp()).toHaveText('REHEARSAL', STEP);
  await press(page.getByRole('button', { name: /^Go live/ }));
  await expect(lamp()).toHaveText('ON AIR', STEP);
  hls = await copied(page, 'HLS');
  expect(new URL(hls).pathname).toContain('/manifest(format=m3u8-cmaf)');
  await expect(page.getByRole('row', { name: /480p/ }).first()).toContainText('Sending', STEP);
  for (const proxy of proxies) proxy.cut(true);
  await expect(lamp()).toHaveText('RECONNECTING', STEP);
  for (const proxy of proxies) proxy.cut(false);
  await expect(lamp()).toHaveText('ON AIR', STEP);
  const frames = page.getByRole('row', { name: /480p/ }).first();
  await expect(frames).toContainText('Sending', STEP);
  await hold(page.getByRole('button', { name: /Stop show/ }), async () => await expect(lamp()).not.toHaveText('ON AIR', STEP));
  await expect(lamp()).toHaveText('OFF', STEP);
  // Everything of it was asked with her token.
  expect(manager.requests.filter(({ path: asked }) => /liveEvents/i.test(asked)).every(({ user }) => user === ANNA.username)).toBe(true);
  await expect(page.getByText(/^The archive lacks [\d.]+ s$/)).toBeVisible(STEP);
  await expect(page.getByRole('list', { name: 'What the archive lacks' }).getByRole('listitem').first()).toContainText(/^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d \([\d.]+ s\) .*480p.*: /);
  await expectAccessible(page, 'after a show with a hole');
});

test('one act repairs it: the recording becomes the on-demand version, at the address that viewers have', async () => {
  await press(page.getByRole('button', { name: 'Complete the stream' }).first());
  const row = page.getByRole('list', { name: 'Uploads' }).getByRole('listitem').first();
  await expect(row).toContainText('Complete', { timeout: 100_000 });
  await press(row.getByRole('button', { name: 'Watch…' }));
  const dialog = page.getByRole('dialog');
  const repaired = await copied(dialog, 'HLS');
  expect(new URL(repaired).pathname).toBe(new URL(hls).pathname);
  await expect(dialog.getByText("import Hls from './hls.mjs'")).toBeVisible();
  await expectAccessible(page, 'where to watch');
  await page.keyboard.press('Escape');
  await expect(page.getByText('The stream is complete')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Complete the stream' })).toHaveCount(0);
  await watched(repaired);
});

test('a film is dropped on the window, handed over, and nothing is sent before the questions are answered', async () => {
  const bytes = await readFile(film);
  await press(page.getByRole('button', { name: 'Show', exact: true }));
  const dropped = await page.evaluateHandle(({ base64, name }) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(base64), (one) => one.codePointAt(0) ?? 0)], name, { type: 'video/quicktime', lastModified: 1_700_000_000_000 }));
    return data;
  }, { base64: bytes.toString('base64'), name: path.basename(film) });
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: dropped });
  await expect(page.getByText('Drop to upload')).toBeVisible();
  await page.dispatchEvent('body', 'dragover', { dataTransfer: dropped });
  await page.dispatchEvent('body', 'drop', { dataTransfer: dropped });
  await expect(page.getByText('Drop to upload')).toHaveCount(0);
  const dialog = page.getByRole('dialog', { name: 'Upload' });
  await expect(dialog.getByText('Dropped film.mov')).toBeVisible();
  await expect(dialog.getByText('A browser does not say where a file lies')).toBeVisible();
  await tick(dialog.getByRole('radio', { name: /^Several sizes, by the service/ }));
  await tick(dialog.getByRole('radio', { name: /^As a protection of the account says/ }));
  // Protection that was asked for and not chosen is no reason to send it in the clear.
  await expect(dialog.getByText('The account has no protection yet.')).toBeVisible(STEP);
  await expect(dialog.getByRole('button', { name: 'Upload 1 item' })).toBeDisabled();
  await tick(dialog.getByRole('radio', { name: /^Only with a token, AES-128/ }));
  await expectAccessible(page, 'the questions of an upload');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('list', { name: 'Uploads' }).getByRole('listitem')).toHaveCount(1);

  // Slow enough to be seen on its way.
  await typeInto(page.getByLabel('Use of the line, Mbit/s'), '1.2');
  await press(page.getByRole('button', { name: 'Set', exact: true }));
  await expect(page.getByText('Uploads take at most 1.2 Mbit/s together.')).toBeVisible();
  await page.dispatchEvent('body', 'drop', { dataTransfer: dropped });
  await press(dialog.getByRole('button', { name: 'Upload 1 item' }));
  const row = page.getByRole('list', { name: 'Uploads' }).getByRole('listitem').filter({ hasText: 'Dropped film.mov' });
  await expect(row).toContainText(/\d+ %, .+ \/ .+, [\d.]+ Mbit\/s, \d+ s left/, STEP);
  await press(row.getByRole('button', { name: 'Pause' }));
  await expect(row).toContainText('Paused', STEP);
  await expectAccessible(page, 'a paused upload');
  await typeInto(page.getByLabel('Use of the line, Mbit/s'), '');
  await press(page.getByRole('button', { name: 'Set', exact: true }));
  await expect(page.getByText('Uploads take what the line has.')).toBeVisible();
  await press(row.getByRole('button', { name: 'Go on' }));
  await expect(row).toContainText('Complete', { timeout: 100_000 });
});

test('what cannot be watched fails in words, is tried again, and is cancelled for good', async () => {
  await typeInto(page.getByLabel('File or folder on the computer of the engine'), film);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Upload' });
  await tick(dialog.getByRole('radio', { name: /^Nothing: kept as it is/ }));
  await tick(dialog.getByRole('radio', { name: /^Everyone, in the clear/ }));
  await expect(dialog.getByText('A single film that is kept as it is cannot be watched as a stream')).toBeVisible();
  await press(dialog.getByRole('button', { name: 'Upload 1 item' }));
  const row = page.getByRole('list', { name: 'Uploads' }).getByRole('listitem').filter({ hasText: 'Dropped film.mov' }).first();
  await expect(row.getByRole('alert')).toContainText('finds nothing in them that it could stream', STEP);
  await expectAccessible(page, 'a failed upload');
  await press(row.getByRole('button', { name: 'Try again' }));
  await expect(row.getByRole('alert')).toHaveCount(0, STEP);
  await expect(row.getByRole('alert')).toBeVisible(STEP);
  await hold(row.getByRole('button', { name: /^Cancel/ }), async () => await expect(row).toContainText('Cancelled', STEP));
  await expect(row).toContainText('nothing of it is left at the destination');
});

test('a finished recording and a folder are uploads too, and may stay private', async () => {
  const dialog = page.getByRole('dialog', { name: 'Upload' });
  await press(page.getByRole('region', { name: 'Recordings on this computer' }).getByRole('button', { name: 'Upload…' }));
  await expect(dialog.getByText(/recorded[/\\].+\.mp4$/)).toBeVisible();
  await page.keyboard.press('Escape');
  await typeInto(page.getByLabel('File or folder on the computer of the engine'), path.join(root, 'recorded'));
  await page.keyboard.press('Enter');
  await tick(dialog.getByLabel('Make it public when it has arrived'), false);
  await expect(dialog.getByText('Who may watch')).toHaveCount(0);
  await press(dialog.getByRole('button', { name: 'Upload 1 item' }));
  const row = page.getByRole('list', { name: 'Uploads' }).getByRole('listitem').first();
  await expect(row).toContainText(/^recordedComplete/, STEP);
  await expect(row.getByRole('button', { name: 'Watch…' })).toHaveCount(0);
});

test('found in the account, its key is given against a token only; then private, then gone', async () => {
  await press(page.getByRole('button', { name: 'List recordings' }));
  const assets = page.getByRole('list', { name: 'In the account' }).getByRole('listitem');
  await expect(assets.first()).toBeVisible(STEP);
  await typeInto(page.getByRole('searchbox', { name: 'Name or description' }), 'nothing like it');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Nothing in the account has “nothing like it”')).toBeVisible(STEP);
  await typeInto(page.getByRole('searchbox', { name: 'Name or description' }), 'dropped');
  await page.keyboard.press('Enter');
  const stream = assets.filter({ hasText: /-stream/ });
  await expect(stream).toContainText('Public', STEP);
  await expect(stream).toContainText('1 public address');
  await press(stream.getByRole('button', { name: 'Watch…' }));
  const dialog = page.getByRole('dialog');
  await press(dialog.getByRole('button', { name: 'Make a test token' }));
  await expect(dialog.getByRole('button', { name: 'Test token', exact: true })).toBeVisible(STEP);
  await expectAccessible(page, 'an encrypted film');
  const [locked, token] = [await copied(dialog, 'HLS'), await copied(dialog, 'Test token')];
  await page.keyboard.press('Escape');
  await expect(playHls(originHttp + new URL(locked).pathname, { watchMs: 500, switchRenditions: false, deadlineMs: 6000 })).rejects.toThrow(/key|401|fatal/i);
  await watched(locked, { keyToken: token });

  await press(stream.getByRole('button', { name: 'Delete…' }));
  await expect(dialog.getByText('This public address stops playing:')).toBeVisible();
  await expectAccessible(page, 'what depends on a film');
  await press(dialog.getByRole('button', { name: 'Cancel' }));
  await press(stream.getByRole('button', { name: 'Make private…' }));
  await hold(dialog.getByRole('button', { name: /^Make private/ }), async () => await expect(dialog).toHaveCount(0));
  await expect(stream).toContainText('Private', STEP);
  await press(stream.getByRole('button', { name: 'Delete…' }));
  await expect(dialog.getByText('Nothing public depends on it.')).toBeVisible();
  await hold(dialog.getByRole('button', { name: /^Delete/ }), async () => await expect(dialog).toHaveCount(0));
  await expect(stream).toHaveCount(0, STEP);
});

test('a protection from the form, refused until it is whole; what plays where stands beside it', async () => {
  await press(page.getByRole('button', { name: 'Protections…' }));
  const dialog = page.getByRole('dialog', { name: 'Protections' });
  await press(dialog.getByRole('button', { name: 'Make a protection…' }));
  await expect(dialog.getByText('Give it a name of letters')).toBeVisible();
  await typeInto(dialog.getByLabel('Name', { exact: true }), 'premium');
  await tick(dialog.getByLabel(/^FairPlay/));
  await expect(dialog.getByText('AES-128 and FairPlay both need HLS')).toBeVisible();
  await tick(dialog.getByLabel(/^FairPlay/), false);
  await tick(dialog.getByLabel(/^Widevine/));
  await choose(dialog.getByLabel('Least robustness'), '3: decryption in hardware');
  await press(dialog.locator('summary', { hasText: 'What plays where' }));
  await expect(dialog.getByRole('row', { name: /^Safari/ })).toContainText('FairPlay: HLS');
  await expectAccessible(page, 'the form of a protection');
  await press(dialog.getByRole('button', { name: 'Make it', exact: true }));
  await expect(dialog.getByText('“premium” was made')).toBeVisible(STEP);
  await expect(dialog.getByRole('list', { name: 'Protections' })).toContainText('Widevine against a token');
  await press(dialog.locator('summary', { hasText: 'Keys and certificates' }));
  await typeInto(dialog.getByLabel('Name, small letters'), 'site-key');
  await typeInto(dialog.getByLabel('Value'), 'c2VjcmV0');
  await press(dialog.getByRole('button', { name: 'Keep it' }));
  await expect(dialog.getByRole('list', { name: 'Kept keys and certificates' })).toContainText('site-key', STEP);
  await expectAccessible(page, 'protections and their secrets');
  const premium = dialog.getByRole('listitem').filter({ hasText: 'premium' });
  await hold(premium.getByRole('button', { name: /^Delete/ }), async () => await expect(premium).toHaveCount(0, STEP));
  await page.keyboard.press('Escape');
});

test('in the desktop a dropped file keeps its path, and a folder is taken too', async () => {
  const { page: window } = await openShowWindow(browser, engine, { desktop: ({ ask }) => (ask === 'updates' ? { state: 'unavailable' } : null) });
  await expect(window.getByText(/^Engine \d/)).toBeVisible(STEP);
  const data = await window.evaluateHandle(() => {
    const transfer = new DataTransfer();
    for (const name of ['talk.mp4', 'archive']) transfer.items.add(new File(['x'], name));
    return transfer;
  });
  await window.dispatchEvent('body', 'drop', { dataTransfer: data });
  const dialog = window.getByRole('dialog', { name: 'Upload' });
  await expect(dialog.getByText('/dropped/talk.mp4')).toBeVisible();
  await expect(dialog.getByText('A browser does not say where a file lies')).toHaveCount(0);
  await press(dialog.getByRole('listitem').filter({ hasText: 'talk.mp4' }).getByRole('button', { name: 'Leave out' }));
  await press(dialog.getByRole('button', { name: 'Upload 1 item' }));
  // The engine says what is wrong with a path.
  await expect(window.getByText('/dropped/archive cannot be read')).toBeVisible(STEP);
  await window.context().close();
});

test('signed out, nothing of her is left', async () => {
  await press(page.getByRole('button', { name: 'Settings' }));
  await press(page.getByRole('button', { name: 'Sign out' }));
  await expect(page.getByText('Sign in to use a Media Services account')).toBeVisible(STEP);
  const kept = await readFile(path.join(root, 'home', 'secrets.json'), 'utf8');
  const tokens = provider.refreshTokensOf(ANNA);
  expect(tokens.length).toBeGreaterThan(0);
  for (const token of tokens) expect(kept).not.toContain(token);
  await press(page.getByRole('button', { name: 'Show', exact: true }));
  await expect(page.getByText('Nobody is signed in')).toBeVisible(STEP);
});
