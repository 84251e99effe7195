// The live side of the window on the built engine with the embedded service: settings of an event with the engine's own sentences, places beside
// the main one on real RTMP servers, the outputs of the event, going back in what viewers get, and cues of each kind.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { startBuiltEngine, type BuiltEngine } from '../support/builtEngine.ts';
import { expectAccessible } from '../support/accessible.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { nginxRtmpModule, startNginxRtmp, type RtmpPeer } from '../support/rtmpPeers.ts';
import { openShowWindow } from '../support/showWindow.ts';

test.skip(chromiumMissing() !== undefined, chromiumMissing());
test.skip(nginxRtmpModule === undefined, 'nginx with libnginx-mod-rtmp is not installed.');
test.describe.configure({ mode: 'serial' });
test.setTimeout(60_000);
const STEP = { timeout: 30_000 };
const KEY = 'top-secret-key';

let home: string;
let browser: Browser;
let engine: BuiltEngine;
let page: Page;
let peer: RtmpPeer;

test.beforeAll(async () => {
  process.env['FIELDCAST_SERVICE_LINGER_MS'] = '500';
  home = await mkdtemp(join(tmpdir(), 'fieldcast-live-'));
  peer = await startNginxRtmp('live');
  engine = await startBuiltEngine(home);
  browser = await launchChromium();
  ({ page } = await openShowWindow(browser, engine, {}));
  page.setDefaultTimeout(15_000);
});

test.afterAll(async () => {
  await browser?.close();
  await engine?.stop();
  await peer?.stop();
  if (home !== undefined) await rm(home, { recursive: true, force: true });
});

test('event settings: what the engine would refuse is said in its words while it is typed, and nothing starts', async () => {
  await expect(page.getByRole('button', { name: 'Start rehearsal' })).toBeEnabled(STEP);
  const verdict = page.getByRole('list', { name: 'To know' });
  const summary = page.locator('summary', { hasText: 'Event settings' });
  await summary.focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Archive, min').fill('10');
  await page.getByLabel('Viewers go back, min').fill('30');
  await expect(verdict.getByText('Viewers cannot go back 1800 s where 600 s are recorded')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start rehearsal' })).toBeDisabled();
  await page.getByLabel('Viewers go back, min').fill('a while');
  await expect(page.getByText('This cannot be used. Correct it, or empty the field.')).toBeVisible();
  await page.getByLabel('Viewers go back, min').fill('5');
  await page.getByRole('combobox', { name: /^Type/ }).selectOption('Standard');
  await expect(verdict.getByText('This service has no events of type Standard')).toBeVisible();
  await page.getByRole('combobox', { name: /^Type/ }).selectOption('usual');
  await page.getByRole('combobox', { name: /^Fed over/ }).selectOption('smooth');
  await expect(verdict.getByText('Cues travel over RTMP, and this show is fed over Smooth Streaming.')).toBeVisible();
  await page.getByRole('combobox', { name: /^Fed over/ }).selectOption('usual');
  await page.getByRole('combobox', { name: /^Send to it/ }).selectOption('listed');
  await expect(page.getByText('Give at least one address, or choose everyone.')).toBeVisible();
  await page.getByRole('textbox', { name: /^Addresses/ }).fill('somebody');
  await expect(verdict.getByText('is no address that could be let in')).toBeVisible();
  await page.getByRole('combobox', { name: /^Send to it/ }).selectOption('this-computer');
  await page.getByLabel('Keyframe every, s').fill('9');
  await expect(verdict.getByText('does not suit live streaming')).toBeVisible();
  await page.getByLabel('Keyframe every, s').fill('1');
  await expect(page.getByRole('button', { name: 'Start rehearsal' })).toBeEnabled();
  await expectAccessible(page, 'event settings');
});

test('places beside the main one: a name once, no key in an address, and the key goes to the engine alone', async () => {
  const summary = page.locator('summary', { hasText: 'Also stream to' });
  await summary.focus();
  await page.keyboard.press('Enter');
  for (const name of ['hall', 'annex']) {
    await page.getByRole('combobox', { name: /^Platform/ }).selectOption('generic');
    await page.getByRole('textbox', { name: /^Name/ }).fill(name);
    await page.getByRole('textbox', { name: /^Server/ }).fill('nonsense');
    await expect(page.getByText('Enter an address as rtmps://HOST/APP')).toBeVisible();
    await page.getByRole('textbox', { name: /^Server/ }).fill(`rtmp://127.0.0.1:${peer.port}/live`);
    await page.getByLabel('Stream key').last().fill(`${KEY}-${name}`);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(page.getByRole('button', { name: `Remove ${name}` })).toBeVisible();
  }
  await expect(page.getByText('Key kept')).toHaveCount(2);
  await page.getByRole('button', { name: 'Forget key annex' }).click();
  await expect(page.getByText('Key missing')).toBeVisible();
  await page.getByLabel('Stream key annex').fill(`${KEY}-annex`);
  await page.getByRole('button', { name: 'Keep key' }).click();
  await expect(page.getByText('Key kept')).toHaveCount(2);
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(KEY);
  await expectAccessible(page, 'places beside the main one');
});

test('on air: each place in a row, one alone is stopped and started, and the outputs say what was set', async () => {
  await page.getByRole('button', { name: 'Start rehearsal' }).click();
  await expect(page.getByRole('status')).toHaveText('REHEARSAL', STEP);
  await page.getByRole('button', { name: 'Go live' }).click();
  await expect(page.getByRole('status')).toHaveText('ON AIR', STEP);
  const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name}`) });
  await expect(row('hall')).toContainText('Sending', STEP);
  await expect(row('annex')).toContainText('Sending', STEP);
  await page.getByRole('button', { name: 'Stop annex' }).focus();
  await page.keyboard.press('Enter');
  await expect(row('annex')).toContainText('Stopped');
  await expect(row('hall')).toContainText('Sending');
  await page.getByRole('button', { name: 'Start annex' }).focus();
  await page.keyboard.press('Enter');
  await expect(row('annex')).toContainText('Sending', STEP);
  const outputs = page.getByRole('region', { name: 'Outputs of the event' });
  await expect(outputs).toContainText('of this show', STEP);
  await expect(outputs).toContainText('10 min');
  await expect(outputs).toContainText('5 min');
  await expect(page.getByText(/CPU \d+ %/)).toBeVisible();
  await expectAccessible(page, 'on air with places beside');
});

test('cues of each kind stand in the list with their times, whoever gave them', async () => {
  await page.getByRole('button', { name: 'Cue…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cues' });
  await expect(dialog.getByText('No cue was given yet.')).toBeVisible();
  const row = (words: string) => dialog.getByRole('listitem').filter({ hasText: words });
  const give = async (kind: string, id: string, words: string): Promise<void> => {
    await dialog.getByLabel('Kind').selectOption(kind);
    await dialog.getByLabel('Name').fill(id);
    if (kind === 'scte35') await dialog.getByLabel('Message, base64').fill('/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo=');
    if (kind === 'data') await dialog.getByRole('textbox', { name: /^JSON/ }).fill('{"score":"1:0"}');
    await dialog.getByRole('button', { name: 'Give the cue' }).click();
    await expect(row(words)).toContainText(/at \d\d:\d\d:\d\d/, STEP);
    await expect(row(words)).toContainText(id);
    await expect(dialog.getByRole('button', { name: 'Give the cue' })).toBeEnabled();
  };
  await dialog.getByLabel('Length, s').fill('90');
  await give('out', 'break-1', 'A break begins');
  await expect(row('A break begins')).toContainText('90 s long');
  // Later than its beginning, and earlier than it would end by itself.
  await dialog.getByLabel('Kind').selectOption('in');
  await dialog.getByRole('combobox', { name: /^As/ }).selectOption('time-signal');
  await dialog.getByLabel('Announced before, s').fill('40');
  await give('in', 'break-1', 'The break ends');
  await dialog.getByLabel('Announced before, s').fill('');
  await give('scte35', 'from-elsewhere', 'SCTE-35 message made elsewhere');
  await give('data', 'score', 'Data for viewers');
  await row('The break ends').getByRole('button', { name: 'Withdraw break-1' }).click();
  await expect(row('The break ends')).toContainText('withdrawn');
  await expect(row('A break begins')).not.toContainText('withdrawn');
  await expectAccessible(page, 'cues of each kind');
  await page.keyboard.press('Escape');
  // A window that comes later finds them too.
  const { page: second } = await openShowWindow(browser, engine, {});
  await second.getByRole('button', { name: 'Cue…' }).click();
  await expect(second.getByRole('dialog').getByRole('listitem')).toHaveCount(4);
  await second.context().close();
});

test('by keyboard: back in the rewind window of what viewers get, and to live again', async () => {
  await page.getByRole('button', { name: 'Watch it' }).focus();
  await page.keyboard.press('Enter');
  const slider = page.getByRole('slider', { name: 'Position in the rewind window' });
  await expect.poll(async () => Number(await slider.getAttribute('min')), STEP).toBeLessThan(-20);
  const video = page.getByLabel('The public stream as viewers get it');
  const at = async (): Promise<number> => await video.evaluate((element: HTMLVideoElement) => element.currentTime);
  const before = await at();
  await slider.focus();
  await page.keyboard.press('Home');
  await expect.poll(at, STEP).toBeLessThan(before - 8);
  const back = await at();
  // It plays there.
  await expect.poll(at, STEP).toBeGreaterThan(back + 0.5);
  await expect(page.getByText(/\d:\d\d:\d\d behind live/)).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(async () => await video.evaluate((element: HTMLVideoElement) => element.paused)).toBe(true);
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expectAccessible(page, 'back in the rewind window');
  await page.getByRole('button', { name: 'Back to live' }).click();
  await expect.poll(at, STEP).toBeGreaterThan(before);
  await expect(page.getByText('At live')).toBeVisible(STEP);
  const delay = page.getByRole('region', { name: 'What viewers get' }).getByText(/[\d.]+ s behind/);
  expect(Number.parseFloat(await delay.innerText())).toBeGreaterThan(0);
});

test('it ends in order', async () => {
  await page.getByRole('button', { name: /Stop show/ }).focus();
  await page.keyboard.down('Enter');
  await expect(page.getByRole('status')).toHaveText('OFF', { timeout: 50_000 });
  await page.keyboard.up('Enter');
});
