// A first show in real Chromium on the page that the engine itself serves: by keyboard alone, to the embedded service, watched and ended.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { startBuiltEngine, type BuiltEngine } from '../support/builtEngine.ts';
import { expectAccessible } from '../support/accessible.ts';
import { colourAt, litShare } from '../support/canvasPixels.ts';
import { chromiumMissing, launchChromium, playHls, type Playback } from '../support/chromium.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { choose, hold, press, tabTo, tick, typeInto } from '../support/keyboard.ts';
import { descriptorOf } from '../support/openedIngest.ts';

test.skip(chromiumMissing() !== undefined, chromiumMissing());
test.describe.configure({ mode: 'serial' });
// A whole show on a busy machine of two cores.
test.setTimeout(150_000);
const STEP = { timeout: 60_000 };

let home: string;
let browser: Browser;
let engine: BuiltEngine;
let page: Page;
let hls: string;
const problems: string[] = [];
/** The monitor streams that the page has open. */
const monitors = new Set<unknown>();

test.beforeAll(async () => {
  process.env['FIELDCAST_SERVICE_LINGER_MS'] = '500';
  home = await mkdtemp(join(tmpdir(), 'fieldcast-show-'));
  await mkdir(join(home, 'recorded'));
  engine = await startBuiltEngine(home);
  browser = await launchChromium();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  await context.addInitScript((recordDir) => {
    localStorage.setItem('fieldcast.welcomed', '1');
    const plan = { ladder: '480p', recordDir };
    if (localStorage.getItem('fieldcast.plan') === null) localStorage.setItem('fieldcast.plan', JSON.stringify(plan));
  }, join(home, 'recorded'));
  page = await context.newPage();
  // Those of the document before went with it.
  page.on('framenavigated', () => monitors.clear());
  page.on('websocket', (socket) => {
    if (!new URL(socket.url()).pathname.endsWith('/monitor')) return;
    monitors.add(socket);
    socket.on('close', () => monitors.delete(socket));
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // The preview's playlist is refused until its first segment is there.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) problems.push(message.text());
  });
  await page.goto(engine.ready.page!);
});

test.afterAll(async () => {
  await browser?.close();
  await engine?.stop();
  if (home !== undefined) await rm(home, { recursive: true, force: true });
});

test('the address keeps no token, and a reload finds the engine again', async () => {
  await expect(page.getByRole('status')).toHaveText('OFF');
  expect(page.url()).not.toContain('token');
  await page.reload();
  await expect(page.getByText('No show is running.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Look again' })).toBeEnabled(STEP);
  await expectAccessible(page, 'sources and where');
});

test('settings: German and back, other meters, another loudness to aim at', async () => {
  await press(page.getByRole('button', { name: 'Settings' }));
  await expectAccessible(page, 'settings');
  await tick(page.getByLabel('Deutsch'));
  await expect(page.getByRole('status')).toHaveText('AUS');
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
  await tick(page.getByLabel('English'));
  await tick(page.getByLabel('Blue, yellow, orange'));
  await tick(page.getByLabel('−16 LUFS: podcasts, speech'));
  await press(page.getByRole('button', { name: 'Show', exact: true }));
});

test('what is missing is said before anything starts', async () => {
  await press(page.getByRole('button', { name: 'RTMP server' }));
  await expect(page.getByText('Enter an address that begins with rtmp://')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Go live' })).toBeDisabled();
  await press(page.getByRole('button', { name: 'This computer' }));
  await typeInto(page.getByLabel('Event name'), '-wrong-');
  await expect(page.getByRole('button', { name: 'Start rehearsal' })).toBeDisabled();
  await typeInto(page.getByLabel('Event name'), '');
  await expect(page.getByRole('button', { name: 'Start rehearsal' })).toBeEnabled();
});

// Before anything was sent: what a show on a busy machine found the uplink to carry may refuse any ladder.
test('a ladder by hand: refused with the reason, mended, and chosen', async () => {
  await press(page.getByRole('button', { name: 'Make one by hand…' }));
  const dialog = page.getByRole('dialog', { name: 'Ladder by hand' });
  await typeInto(dialog.getByLabel('Width of rendition 2'), '641');
  await press(dialog.getByRole('button', { name: 'Check it' }));
  await expect(dialog.getByText('Rendition 2, width: an even number')).toBeVisible();
  await typeInto(dialog.getByLabel('Width of rendition 2'), '360');
  await press(dialog.getByRole('button', { name: 'Check it' }));
  await expect(dialog.getByText('has another shape than')).toBeVisible(STEP);
  await expectAccessible(page, 'a refused ladder');
  await typeInto(dialog.getByLabel('Width of rendition 2'), '640');
  await typeInto(dialog.getByLabel('kbit/s of rendition 2'), '555');
  await press(dialog.getByRole('button', { name: 'Check it' }));
  await press(dialog.getByRole('button', { name: 'Use this ladder' }));
  await expect(page.getByRole('combobox', { name: /^Ladder/ })).toHaveValue('own');
  await expect(page.getByRole('row', { name: /360p/ })).toContainText('555');
  await page.reload();
  await expect(page.getByRole('row', { name: /360p/ })).toContainText('555', STEP);
  await choose(page.getByRole('combobox', { name: /^Ladder/ }), '480p');
});

test('by keyboard: a rehearsal, and its preview moves', async () => {
  await press(page.getByRole('button', { name: 'Start rehearsal' }));
  await expect(page.getByRole('status')).toHaveText('REHEARSAL', STEP);
  const video = page.getByLabel('The picture as the service received it');
  await expect.poll(async () => await video.evaluate((element: HTMLVideoElement) => element.currentTime > 0 && element.videoWidth > 0), STEP).toBe(true);
  await expect(page.getByText(/[\d.]+ s behind/).first()).toBeVisible(STEP);
  await expect(page.getByText('All renditions arrive')).toBeVisible();
  await expectAccessible(page, 'rehearsal');
});

test('by keyboard: on air, with the program, the meters and a row for each rendition', async () => {
  await page.keyboard.press('Control+Shift+L');
  await expect(page.getByRole('status')).toHaveText('ON AIR', STEP);
  await expect(page.getByRole('row', { name: /480p/ })).toContainText('Sending', STEP);
  await expect(page.getByRole('row', { name: /360p/ })).toContainText('Sending');
  await expect(page.getByLabel('The program as it is sent')).toBeVisible(STEP);
  // The test picture's tone is well above the floor.
  await expect.poll(async () => Number(await page.getByRole('meter', { name: 'Left' }).getAttribute('aria-valuenow')), STEP).toBeGreaterThan(-50);
  // The bars of the test picture.
  await expect.poll(async () => (await Promise.all([0.08, 0.25, 0.58].map((x) => colourAt(page.getByLabel('The program as it is sent').locator('canvas'), x, 0.97)))).map((colour) => colour.map((part) => part > 128)), STEP)
    .toEqual([[true, false, false], [false, true, false], [false, false, true]]);
  await expect(page.getByText('Target −16 LUFS')).toBeVisible();
  await expect.poll(() => litShare(page.getByRole('region', { name: 'Sound' }).locator('canvas')), STEP).toBeGreaterThan(0.1);
  await expectAccessible(page, 'operator');
  expect(problems).toEqual([]);
});

test('a page that nobody sees takes no pictures, and goes on once it is seen', async () => {
  expect(monitors.size).toBe(1);
  const hide = (hidden: boolean) => page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await hide(true);
  await expect.poll(() => monitors.size).toBe(0);
  await hide(false);
  await expect.poll(() => monitors.size, STEP).toBe(1);
  await expect(page.getByLabel('The program as it is sent')).toBeVisible(STEP);
});

test('viewers see it move and hear it, and the operator sees what they get with its delay', async () => {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^fieldcast-/);
  hls = await page.getByRole('button', { name: 'HLS', exact: true }).first().getAttribute('title') ?? '';
  const ca = await readFile(join(home, 'service', 'certificates', 'ca.pem'), 'utf8');
  expectMovingPictureWithSound(await playHls(hls, { ca, watchMs: 2000, switchRenditions: false }), true);
  await press(page.getByRole('button', { name: 'Watch it' }));
  const video = page.getByLabel('The public stream as viewers get it');
  await expect.poll(async () => await video.evaluate((element: HTMLVideoElement) => element.currentTime > 0 && element.videoWidth > 0), STEP).toBe(true);
  const delay = page.getByRole('region', { name: 'What viewers get' }).getByText(/[\d.]+ s behind/);
  await expect(delay).toBeVisible(STEP);
  expect(Number.parseFloat(await delay.innerText())).toBeGreaterThan(0);
  await expectAccessible(page, 'what viewers get');
  await press(page.getByRole('button', { name: 'Hide', exact: true }));
  expect(problems).toEqual([]);
});

test('by keyboard: the sound of a source later and softer, as the engine confirms it', async () => {
  await press(page.getByRole('button', { name: 'Sound…' }));
  const dialog = page.getByRole('dialog', { name: 'Sound of the sources' });
  const later = dialog.getByLabel('Sound later by');
  await typeInto(later, '120');
  await page.keyboard.press('Tab');
  await expect(later).toHaveValue('120');
  await tabTo(dialog.getByLabel('Gain'));
  for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('ArrowLeft');
  await expect(dialog.getByText('−3 dB')).toBeVisible();
  await expectAccessible(page, 'sound');
  await page.keyboard.press('Escape');
  await press(page.getByRole('button', { name: 'Log', exact: true }));
  await expect(page.getByText('120 ms later against its picture').first()).toBeVisible();
  await page.keyboard.press('Escape');
});

test('cues: a break with a length and a name is withdrawn in time, data is given, and what is no JSON is not', async () => {
  await press(page.getByRole('button', { name: 'Cue…' }));
  const dialog = page.getByRole('dialog', { name: 'Cues' });
  await typeInto(dialog.getByLabel('Length, s'), '45');
  await typeInto(dialog.getByLabel('Announced before, s'), '30');
  await typeInto(dialog.getByLabel('Name'), 'spring-ad');
  await press(dialog.getByRole('button', { name: 'Give the cue' }));
  await press(dialog.getByRole('button', { name: 'Withdraw' }));
  await expect(dialog.getByRole('listitem').filter({ hasText: 'spring-ad' })).toContainText('withdrawn');
  await choose(dialog.getByLabel('Kind'), 'Data for viewers');
  await typeInto(dialog.locator('textarea'), '{"score":');
  await expect(dialog.getByRole('button', { name: 'Give the cue' })).toBeDisabled();
  await typeInto(dialog.locator('textarea'), '{"score": "1:0"}');
  await typeInto(dialog.getByLabel('Name'), 'score');
  await typeInto(dialog.getByLabel('Announced before, s'), '');
  await press(dialog.getByRole('button', { name: 'Give the cue' }));
  await expect(dialog.getByRole('listitem').filter({ hasText: 'score' })).toContainText('Data for viewers');
  await expectAccessible(page, 'cues');
  await page.keyboard.press('Escape');
});

test('a page that was closed finds the show on air', async () => {
  await page.reload();
  await expect(page.getByRole('status')).toHaveText('ON AIR', STEP);
  await expect(page.getByRole('row', { name: /480p/ })).toContainText('Sending', STEP);
});

test('simple and wall show the same state', async () => {
  await press(page.getByRole('button', { name: 'Simple' }));
  await expect(page.getByLabel('The program as it is sent').or(page.getByLabel('The picture as the service received it'))).toBeVisible(STEP);
  await expectAccessible(page, 'simple');
  await press(page.getByRole('button', { name: 'Wall' }));
  await expect(page.getByRole('status')).toHaveText('ON AIR');
  await expectAccessible(page, 'wall');
  await page.keyboard.press('Escape');
});

test('a short press does not stop the show; a held key does, and every frame is found', async () => {
  const stop = page.getByRole('button', { name: /Stop show/ });
  await press(stop);
  await expect(page.getByRole('status')).toHaveText('ON AIR');
  await hold(stop, () => expect(page.getByRole('status')).not.toHaveText('ON AIR', STEP));
  await expect(page.getByRole('status')).toHaveText('OFF', STEP);
  await expect(page.getByRole('heading', { name: 'The last show', exact: true })).toBeVisible();
  await expect(page.getByText('every frame that was sent has been found at the service')).toBeVisible(STEP);
  await expectAccessible(page, 'after the show');
});

test('afterwards the recording plays in a second page, and the archive for viewers', async () => {
  const second = await page.context().newPage();
  // The token is kept for each tab alone.
  await second.goto(engine.ready.page!);
  await press(second.getByRole('button', { name: 'Library' }));
  await expect(second.getByText('Whole', { exact: true }).first()).toBeVisible(STEP);
  await expectAccessible(second, 'library with a recording');
  await press(second.getByRole('button', { name: 'Play' }).first());
  const film = second.getByLabel(/^Recording .+\.mp4$/);
  await expect.poll(async () => await film.evaluate((element: HTMLVideoElement) => element.currentTime > 0.5 && element.videoWidth), STEP).toBe(854);
  expect(await film.evaluate((element: HTMLVideoElement) => element.duration)).toBeGreaterThan(5);
  await expectAccessible(second, 'a recording that plays');
  await second.keyboard.press('Escape');
  await second.close();
  const service = await startForegroundService(home);
  try {
    const { originHttp } = await descriptorOf(home);
    const played = await playHls(new URL(new URL(hls).pathname, originHttp).href, { watchMs: 1500, switchRenditions: false });
    expectMovingPictureWithSound(played, false);
  } finally {
    await service.stop();
  }
});

test('a support report: what it holds is said before, and the file is there', async () => {
  await press(page.getByRole('button', { name: 'Settings' }));
  await press(page.getByRole('button', { name: 'Make a support report…' }));
  const dialog = page.getByRole('dialog', { name: 'Support report' });
  await expect(dialog.getByText('Stream keys, tokens and passwords')).toBeVisible();
  await press(dialog.getByRole('button', { name: 'Write the report' }));
  await expect(dialog.getByText('doctor.json')).toBeVisible(STEP);
  await expectAccessible(page, 'support report');
  const [download] = await Promise.all([page.waitForEvent('download'), press(dialog.getByRole('link', { name: 'Download' }))]);
  const bytes = await readFile(await download.path());
  expect(Object.keys(unzipSync(bytes))).toContain('doctor.json');
  await page.keyboard.press('Escape');
});

function expectMovingPictureWithSound({ live, watched }: Playback, isLive: boolean): void {
  expect(live).toBe(isLive);
  expect(watched.playedMs).toBeGreaterThan(500);
  expect(watched.distinctPictures).toBeGreaterThan(3);
  // The test source's tone; digital silence is exactly 0.
  expect(watched.loudestRms).toBeGreaterThan(0.02);
}
