// The first run, the desk, the control room and the library, in real Chromium on the built engine with the embedded service.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { expectAccessible } from '../support/accessible.ts';
import { startBuiltEngine, type BuiltEngine } from '../support/builtEngine.ts';
import { colourAt, litShare } from '../support/canvasPixels.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { freePort } from '../support/freePort.ts';
import { press, tabTo, typeInto } from '../support/keyboard.ts';

test.skip(chromiumMissing() !== undefined, chromiumMissing());
test.describe.configure({ mode: 'serial' });
test.setTimeout(120_000);
const STEP = { timeout: 60_000 };

let home: string;
let browser: Browser;
let engine: BuiltEngine;
let page: Page;
/** Another laptop's browser. */
let crew: Page;
let room: string;

test.beforeAll(async () => {
  process.env['FIELDCAST_SERVICE_LINGER_MS'] = '500';
  home = await mkdtemp(join(tmpdir(), 'fieldcast-rooms-'));
  engine = await startBuiltEngine(home);
  browser = await launchChromium();
  page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })).newPage();
  await page.goto(engine.ready.page!);
});
test.afterAll(async () => {
  await browser?.close();
  await engine?.stop();
  if (home !== undefined) await rm(home, { recursive: true, force: true });
});

test('a first run begins with a rehearsal that needs nothing', async () => {
  await expect(page.getByRole('dialog', { name: 'Welcome to Fieldcast' })).toBeVisible();
  await expectAccessible(page, 'welcome');
  await press(page.getByRole('button', { name: 'Rehearse with the test picture' }));
  await expect(page.getByRole('status')).toHaveText('REHEARSAL', STEP);
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('by key: mute and slate, as the engine confirms them', async () => {
  await page.keyboard.press('m');
  await expect(page.getByRole('button', { name: /^Muted/ })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('m');
  await expect(page.getByRole('button', { name: /^Mute/ })).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('s');
  await expect(page.getByRole('button', { name: /^Slate is shown/ })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('s');
  await expect(page.getByRole('button', { name: /^Slate S/ })).toHaveAttribute('aria-pressed', 'false');
  // In a field the same letter is a letter.
  await press(page.getByRole('button', { name: 'Settings' }));
  await tabTo(page.getByLabel('Mute'));
  await page.keyboard.press('x');
  await expect(page.getByLabel('Mute')).toHaveValue('X');
  await press(page.getByRole('button', { name: 'Show', exact: true }));
  await page.keyboard.press('x');
  await expect(page.getByRole('button', { name: /^Muted/ })).toBeVisible();
  await page.keyboard.press('x');
});

test('the control room: off, switched on, and a wrong code is refused in words', async () => {
  await press(page.getByRole('button', { name: 'Control room' }));
  await expect(page.getByText('No browser is paired.')).toBeVisible();
  await expectAccessible(page, 'control room, off');
  const port = await freePort();
  room = `https://127.0.0.1:${port}/`;
  await typeInto(page.getByLabel('Port'), String(port));
  await press(page.getByRole('button', { name: 'Switch on' }));
  await expect(page.getByText('Fingerprint (SHA-256)')).toBeVisible();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ignoreHTTPSErrors: true });
  // A browser that knows less: no drawing in workers, no frames of video for scripts.
  await context.addInitScript(() => {
    Reflect.deleteProperty(HTMLCanvasElement.prototype, 'transferControlToOffscreen');
    Reflect.deleteProperty(globalThis, 'VideoFrame');
  });
  crew = await context.newPage();
  await crew.goto(room);
  await typeInto(crew.getByLabel('Pairing code'), 'AAAA-AAAA');
  await typeInto(crew.getByLabel('What this browser is called'), 'Booth B');
  await expectAccessible(crew, 'pairing');
  await press(crew.getByRole('button', { name: 'Pair', exact: true }));
  await expect(crew.getByText('This code is wrong')).toBeVisible();
});

test('a crew member watches from another browser: pictures, meters and the preview, and no control', async () => {
  await press(page.getByRole('button', { name: 'Code for watching' }));
  const code = await page.getByText(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/).innerText();
  await expectAccessible(page, 'control room, on');
  await typeInto(crew.getByLabel('Pairing code'), code);
  await press(crew.getByRole('button', { name: 'Pair', exact: true }));
  await expect(crew.getByRole('status')).toHaveText('REHEARSAL', STEP);
  await expect(crew.getByText('This browser watches.')).toBeVisible();
  await expect(crew.getByRole('button', { name: 'End rehearsal' })).toHaveCount(0);
  const video = crew.getByLabel('The picture as the service received it');
  await expect.poll(async () => await video.evaluate((element: HTMLVideoElement) => element.currentTime > 0 && element.videoWidth > 0), STEP).toBe(true);
  await press(crew.getByRole('button', { name: 'Simple' }));
  const program = crew.getByLabel('The program as it is sent');
  await expect(program).toBeVisible(STEP);
  // The bars of the test picture.
  await expect.poll(async () => (await Promise.all([0.08, 0.25, 0.58].map((x) => colourAt(program.locator('canvas'), x, 0.97)))).map((colour) => colour.map((part) => part > 128)), STEP)
    .toEqual([[true, false, false], [false, true, false], [false, false, true]]);
  await expect.poll(() => litShare(crew.getByRole('main').locator('canvas').last()), STEP).toBeGreaterThan(0.1);
  await expectAccessible(crew, 'watching');
});

test('revoked, it is out at once and asked for a code', async () => {
  await expect(page.getByText('Connected', { exact: true })).toBeVisible();
  await press(page.getByRole('button', { name: 'Revoke' }));
  await expect(crew.getByLabel('Pairing code')).toBeVisible(STEP);
  await expect(page.getByText('No browser is paired.')).toBeVisible();
});

test('the library says what to do first, and lists the account', async () => {
  await press(page.getByRole('button', { name: 'Library' }));
  await expect(page.getByText('Nothing is on its way.')).toBeVisible();
  await press(page.getByRole('button', { name: 'List recordings' }));
  await expect(page.getByText('The account holds no recordings yet.')).toBeVisible(STEP);
  await expectAccessible(page, 'library');
  await press(page.getByRole('button', { name: 'Show', exact: true }));
  await press(page.getByRole('button', { name: 'End rehearsal' }));
  await expect(page.getByRole('status')).toHaveText('OFF', STEP);
});
