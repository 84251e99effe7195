// Draws docs/screenshots from the built page on the built engine with the embedded service: a real show, nothing staged.
// Run `npm run build` first; `node scripts/screenshots.ts [folder [screen,…]]`: with names of screens only those are drawn, and no show runs for
// those before one.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { startBuiltEngine } from '../test/support/builtEngine.ts';
import { launchChromium } from '../test/support/chromium.ts';

const folder = process.argv[2] ?? fileURLToPath(new URL('../docs/screenshots/', import.meta.url));
/** Undefined: all. */
const wanted = process.argv[3]?.split(',');
const BEFORE_A_SHOW = ['golive', 'eventsettings', 'controlroom', 'settings', 'ladder', 'support'];
/** 200 % zoom is half of the viewport at twice the density. */
const SIZES = {
  '1280x800': { width: 1280, height: 800, scale: 1 },
  '1920x1080': { width: 1920, height: 1080, scale: 1 },
  'zoom200': { width: 640, height: 400, scale: 2 },
} as const;
const THEMES = ['dark', 'light'] as const;
const DEADLINE_MS = 60_000;

process.env['FIELDCAST_SERVICE_LINGER_MS'] = '500';
await mkdir(folder, { recursive: true });
const home = await mkdtemp(join(tmpdir(), 'fieldcast-screenshots-'));
await mkdir(join(home, 'films'));
const engine = await startBuiltEngine(home);
const browser = await launchChromium();
try {
  // One page operates; each picture is taken by a page of its own, which finds the show as it is.
  const operator = await open('dark', 'operator', SIZES['1280x800']);
  await operator.getByRole('button', { name: 'Look again' }).and(operator.locator(':enabled')).waitFor();
  await draw('golive', 'operator', 2500);
  await draw('eventsettings', 'operator', 800, async (page) => {
    await page.locator('summary', { hasText: 'Event settings' }).click();
    await page.locator('summary', { hasText: 'Event settings' }).scrollIntoViewIfNeeded();
  });
  for (const tab of ['Control room', 'Settings']) await draw(tab.toLowerCase().replace(' ', ''), 'operator', 800, showTab(tab));
  await draw('ladder', 'operator', 800, async (page) => {
    await page.getByRole('button', { name: 'Make one by hand…' }).click();
    await page.getByRole('button', { name: 'Check it' }).click();
    await page.getByRole('button', { name: 'Use this ladder' }).and(page.locator(':enabled')).last().waitFor();
  });
  await draw('support', 'operator', 400, async (page) => {
    await showTab('Settings')(page);
    await page.getByRole('button', { name: 'Make a support report…' }).click();
  });
  if (wanted === undefined || wanted.some((one) => !BEFORE_A_SHOW.includes(one))) await drawShow(operator);
} finally {
  await browser.close();
  await engine.stop();
  await rm(home, { recursive: true, force: true });
}

/** A whole show, with what follows it. */
async function drawShow(operator: Page): Promise<void> {
  await operator.getByRole('button', { name: 'Start rehearsal' }).click();
  await operator.getByRole('status').getByText('REHEARSAL').waitFor({ timeout: DEADLINE_MS });
  // It needs no pictures of its own while others draw.
  await operator.getByRole('button', { name: 'Settings' }).click();
  await draw('rehearsal', 'operator', 5000);
  await draw('simple', 'simple');
  await operator.getByRole('button', { name: 'Go live' }).click();
  await operator.getByRole('status').getByText('ON AIR').waitFor({ timeout: DEADLINE_MS });
  await draw('operator', 'operator', 6000);
  await draw('sound', 'operator', 800, async (page) => { await page.getByRole('button', { name: 'Sound…' }).click(); });
  await draw('cues', 'operator', 800, async (page) => { await page.getByRole('button', { name: 'Cue…' }).click(); });
  await draw('rewind', 'operator', 3000, async (page) => {
    await page.getByRole('button', { name: 'Watch it' }).click();
    await page.getByRole('slider', { name: 'Position in the rewind window' }).scrollIntoViewIfNeeded({ timeout: DEADLINE_MS });
  });
  await draw('wall', 'wall', 1500);
  const stop = operator.getByRole('button', { name: /Stop show/ });
  await stop.focus();
  await operator.keyboard.down('Enter');
  await operator.getByRole('button', { name: 'Start rehearsal' }).waitFor({ timeout: DEADLINE_MS });
  await operator.keyboard.up('Enter');
  await draw('library', 'operator', 800, showTab('Library'));
  await draw('upload', 'operator', 800, async (page) => {
    await showTab('Library')(page);
    await page.getByLabel('File or folder').fill('/films/harbour-walk.mov');
    await page.getByRole('button', { name: 'Upload…' }).click();
  });
  await draw('protection', 'operator', 800, async (page) => {
    await showTab('Library')(page);
    await page.getByRole('button', { name: 'Protections…' }).click();
    await page.getByRole('button', { name: 'Make a protection…' }).click();
  });
}

async function open(theme: string, mode: string, { width, height, scale }: { width: number; height: number; scale: number }): Promise<Page> {
  const address = engine.ready.page;
  if (address === undefined) throw new Error('The engine serves no page: run `npm run build` first.');
  const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale, locale: 'en-GB' });
  await context.addInitScript((look) => {
    localStorage.setItem('fieldcast.welcomed', '1');
    localStorage.setItem('fieldcast.look', JSON.stringify(look));
    localStorage.setItem('fieldcast.plan', JSON.stringify({ ladder: '480p', eventName: 'harbour-cities-forum', recordDir: look.recordDir }));
  }, { theme, mode, recordDir: join(home, 'films') });
  const page = await context.newPage();
  await page.goto(address);
  await page.getByText('Engine 0').or(page.getByText('Private:')).or(page.getByText('Public:')).or(page.getByText('Leave the wall')).first().waitFor();
  return page;
}

function showTab(name: string): (page: Page) => Promise<void> {
  return async (page) => await page.getByRole('button', { name, exact: true }).click();
}

/** Every size in both themes, after `reach` where the screen is not the first one. `settleMs`: until the preview plays and the charts show a line. */
async function draw(screen: string, mode: 'simple' | 'operator' | 'wall', settleMs = 2500, reach?: (page: Page) => Promise<void>): Promise<void> {
  if (wanted !== undefined && !wanted.includes(screen)) return;
  for (const [name, size] of Object.entries(SIZES)) {
    for (const theme of THEMES) {
      const page = await open(theme, mode, size);
      await reach?.(page);
      await page.waitForTimeout(settleMs);
      await page.screenshot({ path: join(folder, `${screen}-${theme}-${name}.png`) });
      await page.context().close();
    }
  }
}
