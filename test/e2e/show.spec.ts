// A first show in real Chromium on the page that the engine itself serves: by keyboard alone, to the embedded service, watched and ended.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { startBuiltEngine, type BuiltEngine } from '../support/builtEngine.ts';
import { expectAccessible } from '../support/accessible.ts';
import { chromiumMissing, launchChromium, playHls, type Playback } from '../support/chromium.ts';
import { startForegroundService } from '../support/foregroundService.ts';
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

/** Presses Tab until the control has the focus, as a hand without a mouse would. */
async function tabTo(name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => (document.activeElement as HTMLElement | null)?.innerText.trim() ?? '').then((text) => text.startsWith(name))) return;
  }
  throw new Error(`“${name}” is not reached with Tab.`);
}

test('the address keeps no token, and a reload finds the engine again', async () => {
  await expect(page.getByRole('status')).toHaveText('OFF');
  expect(page.url()).not.toContain('token');
  await page.reload();
  await expect(page.getByText('No show is running.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Look again' })).toBeEnabled(STEP);
  await expectAccessible(page, 'sources and where');
});

test('settings: German, and back', async () => {
  await page.getByRole('button', { name: 'Settings' }).click();
  await expectAccessible(page, 'settings');
  await page.getByLabel('Deutsch').check();
  await expect(page.getByRole('status')).toHaveText('AUS');
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
  await page.getByLabel('English').check();
  await page.getByRole('button', { name: 'Show', exact: true }).click();
});

test('what is missing is said before anything starts', async () => {
  await page.getByRole('button', { name: 'RTMP server' }).click();
  await expect(page.getByText('Enter an address that begins with rtmp://')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Go live' })).toBeDisabled();
  await page.getByRole('button', { name: 'This computer' }).click();
  await page.getByLabel('Event name').fill('-wrong-');
  await expect(page.getByRole('button', { name: 'Start rehearsal' })).toBeDisabled();
  await page.getByLabel('Event name').fill('');
  await expect(page.getByRole('button', { name: 'Start rehearsal' })).toBeEnabled();
});

test('by keyboard: a rehearsal, and its preview moves', async () => {
  await page.locator('body').focus();
  await tabTo('Start rehearsal');
  await page.keyboard.press('Enter');
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
  await expectAccessible(page, 'operator');
  expect(problems).toEqual([]);
});

test('viewers see it move and hear it, and the operator sees what they get with its delay', async () => {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^fieldcast-/);
  hls = await page.getByRole('button', { name: 'HLS', exact: true }).first().getAttribute('title') ?? '';
  const ca = await readFile(join(home, 'service', 'certificates', 'ca.pem'), 'utf8');
  expectMovingPictureWithSound(await playHls(hls, { ca, watchMs: 2000, switchRenditions: false }), true);
  await page.getByRole('button', { name: 'Watch it' }).click();
  const video = page.getByLabel('The public stream as viewers get it');
  await expect.poll(async () => await video.evaluate((element: HTMLVideoElement) => element.currentTime > 0 && element.videoWidth > 0), STEP).toBe(true);
  const delay = page.getByRole('region', { name: 'What viewers get' }).getByText(/[\d.]+ s behind/);
  await expect(delay).toBeVisible(STEP);
  expect(Number.parseFloat(await delay.innerText())).toBeGreaterThan(0);
  await expectAccessible(page, 'what viewers get');
  await page.getByRole('button', { name: 'Hide', exact: true }).click();
  expect(problems).toEqual([]);
});

test('by keyboard: the sound of a source later and softer, as the engine confirms it', async () => {
  await tabTo('Sound…');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Sound of the sources' });
  const later = dialog.getByLabel('Sound later by');
  await later.fill('120');
  await later.blur();
  await expect(later).toHaveValue('120');
  await dialog.getByLabel('Gain').focus();
  for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('ArrowLeft');
  await expect(dialog.getByText('−3 dB')).toBeVisible();
  await expectAccessible(page, 'sound');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Log', exact: true }).click();
  await expect(page.getByText('120 ms later against its picture').first()).toBeVisible();
  await page.keyboard.press('Escape');
});

test('cues: a break with a length and a name is withdrawn in time, data is given, and what is no JSON is not', async () => {
  await page.getByRole('button', { name: 'Cue…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cues' });
  await dialog.getByLabel('Length, s').fill('45');
  await dialog.getByLabel('Announced before, s').fill('30');
  await dialog.getByLabel('Name').fill('spring-ad');
  await dialog.getByRole('button', { name: 'Give the cue' }).click();
  await dialog.getByRole('button', { name: 'Withdraw' }).click();
  await expect(dialog.getByText('Withdrawn')).toBeVisible();
  await dialog.getByLabel('Kind').selectOption('data');
  await dialog.locator('textarea').fill('{"score":');
  await expect(dialog.getByRole('button', { name: 'Give the cue' })).toBeDisabled();
  await dialog.locator('textarea').fill('{"score": "1:0"}');
  await dialog.getByLabel('Name').fill('score');
  await dialog.getByLabel('Announced before, s').fill('');
  await dialog.getByRole('button', { name: 'Give the cue' }).click();
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
  await page.getByRole('button', { name: 'Simple' }).click();
  await expect(page.getByLabel('The program as it is sent').or(page.getByLabel('The picture as the service received it'))).toBeVisible(STEP);
  await expectAccessible(page, 'simple');
  await page.getByRole('button', { name: 'Wall' }).click();
  await expect(page.getByRole('status')).toHaveText('ON AIR');
  await expectAccessible(page, 'wall');
  await page.keyboard.press('Escape');
});

test('a short press does not stop the show; a held key does, and every frame is found', async () => {
  const stop = page.getByRole('button', { name: /Stop show/ });
  await stop.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toHaveText('ON AIR');
  await page.keyboard.down('Enter');
  await expect(page.getByRole('status')).not.toHaveText('ON AIR', STEP);
  await page.keyboard.up('Enter');
  await expect(page.getByRole('status')).toHaveText('OFF', STEP);
  await expect(page.getByRole('heading', { name: 'The last show', exact: true })).toBeVisible();
  await expect(page.getByText('every frame that was sent has been found at the service')).toBeVisible(STEP);
  await expectAccessible(page, 'after the show');
});

test('afterwards the recording plays in a second page, and the archive for viewers', async () => {
  const second = await page.context().newPage();
  // The token is kept for each tab alone.
  await second.goto(engine.ready.page!);
  await second.getByRole('button', { name: 'Library' }).click();
  await expect(second.getByText('Whole', { exact: true }).first()).toBeVisible(STEP);
  await expectAccessible(second, 'library with a recording');
  await second.getByRole('button', { name: 'Play' }).first().click();
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
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Make a support report…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Support report' });
  await expect(dialog.getByText('Stream keys, tokens and passwords')).toBeVisible();
  await dialog.getByRole('button', { name: 'Write the report' }).click();
  await expect(dialog.getByText('doctor.json')).toBeVisible(STEP);
  await expectAccessible(page, 'support report');
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('link', { name: 'Download' }).click()]);
  const bytes = await readFile(await download.path());
  expect(Object.keys(unzipSync(bytes))).toContain('doctor.json');
  await page.keyboard.press('Escape');
});

test('a ladder by hand: refused with the reason, mended, and chosen', async () => {
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByRole('button', { name: 'Make one by hand…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Ladder by hand' });
  await dialog.getByLabel('Width of rendition 2').fill('641');
  await dialog.getByRole('button', { name: 'Check it' }).click();
  await expect(dialog.getByText('Rendition 2, width: an even number')).toBeVisible();
  await dialog.getByLabel('Width of rendition 2').fill('360');
  await dialog.getByRole('button', { name: 'Check it' }).click();
  await expect(dialog.getByText('has another shape than')).toBeVisible(STEP);
  await expectAccessible(page, 'a refused ladder');
  await dialog.getByLabel('Width of rendition 2').fill('640');
  await dialog.getByLabel('kbit/s of rendition 2').fill('555');
  await dialog.getByRole('button', { name: 'Check it' }).click();
  await dialog.getByRole('button', { name: 'Use this ladder' }).click();
  await expect(page.getByRole('combobox', { name: /^Ladder/ })).toHaveValue('own');
  await expect(page.getByRole('row', { name: /360p/ })).toContainText('555');
  await page.reload();
  await expect(page.getByRole('row', { name: /360p/ })).toContainText('555', STEP);
});

function expectMovingPictureWithSound({ live, watched }: Playback, isLive: boolean): void {
  expect(live).toBe(isLive);
  expect(watched.playedMs).toBeGreaterThan(500);
  expect(watched.distinctPictures).toBeGreaterThan(3);
  // The test source's tone; digital silence is exactly 0.
  expect(watched.loudestRms).toBeGreaterThan(0.02);
}
