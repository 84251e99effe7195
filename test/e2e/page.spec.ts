// The built page in real Chromium against the built engine. What Electron itself adds is in desktop.spec.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Browser } from '@playwright/test';
import { openDoor, startBuiltEngine, type BuiltEngine } from '../support/builtEngine.ts';
import { serveBuiltPage } from '../support/builtPage.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';

test.skip(chromiumMissing() !== undefined, chromiumMissing());

let home: string;
let browser: Browser;
let site: Awaited<ReturnType<typeof serveBuiltPage>>;
let engine: BuiltEngine;
let door: Awaited<ReturnType<typeof openDoor>>;

test.beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fieldcast-e2e-'));
  engine = await startBuiltEngine(home);
  door = await openDoor(() => engine.ready.address);
  site = await serveBuiltPage();
  browser = await launchChromium();
});
test.afterAll(async () => {
  await browser?.close();
  await site?.close();
  await door?.close();
  await engine?.stop();
  if (home !== undefined) await rm(home, { recursive: true, force: true });
});

/** A page with the bridge that the preload gives; it asks the test for the engine as the preload asks the shell. */
async function openPage() {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('WebSocket')) problems.push(message.text());
  });
  await page.exposeFunction('whereIsTheEngine', () => ({ address: door.address, token: engine.ready.token }));
  await page.addInitScript(() => {
    // The welcome comes when it comes, and takes the rest of the page from those who look.
    localStorage.setItem('fieldcast.welcomed', '1');
    const { whereIsTheEngine } = globalThis as unknown as { whereIsTheEngine: () => Promise<{ address: string; token: string }> };
    Object.assign(globalThis, { fieldcast: { engine: whereIsTheEngine, ask: async () => undefined, onNotice: () => () => undefined } });
  });
  await page.goto(site.url);
  return { page, problems };
}

test('the page shows the state of the engine under its own content policy', async () => {
  const { page, problems } = await openPage();
  await expect(page.getByRole('status')).toHaveText('OFF');
  await expect(page.getByText('No show is running.')).toBeVisible();
  await expect(page.getByText(`process ${engine.pid}`)).toBeVisible();
  expect(problems).toEqual([]);
  // The tokens arrived: a style sheet that the policy refused would leave the page white.
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(11, 13, 16)');
  await page.close();
});

test('inline script, code in strings and foreign connections are refused', async () => {
  const { page } = await openPage();
  const tried = await page.evaluate(async () => {
    const violations: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
    let markup = false;
    try {
      document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="globalThis.ran = true">');
      markup = true;
    } catch { /* Trusted Types refuse it. */ }
    const code = document.createElement('script');
    try {
      code.textContent = 'globalThis.ran = true';
      document.body.append(code);
    } catch { /* Trusted Types refuse it. */ }
    // An address of documentation (RFC 5737): nothing answers there, and the policy must refuse it before anything is sent.
    const fetched = await fetch('http://192.0.2.1/').then(() => true, () => false);
    // eval() itself would run: DevTools, which carries this function, is exempt while it evaluates. A timer runs after it.
    try {
      // oxlint-disable-next-line typescript/no-implied-eval -- the attempt is the test
      setTimeout('globalThis.ran = true', 0);
    } catch { /* Trusted Types refuse it. */ }
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { markup, fetched, ran: 'ran' in globalThis, violations };
  });
  expect(tried).toMatchObject({ markup: false, fetched: false, ran: false });
  expect(tried.violations).toContain('connect-src');
  await page.close();
});

test('a wrong token is refused by the engine, and the page says that it has none', async () => {
  const page = await browser.newPage();
  await page.addInitScript((address) => {
    Object.assign(globalThis, {
      fieldcast: { engine: () => Promise.resolve({ address, token: 'wrong' }), ask: async () => undefined, onNotice: () => () => undefined },
    });
  }, door.address);
  await page.goto(site.url);
  await expect(page.getByText('The engine does not answer. Looking for it again.')).toBeVisible();
  await expect(page.getByText('No engine')).toBeVisible();
  await page.close();
});

test('an engine that crashed is missed, and the next one is found', async () => {
  const { page } = await openPage();
  await expect(page.getByText(`process ${engine.pid}`)).toBeVisible();
  const before = engine.pid;
  await engine.crash();
  await expect(page.getByText('The engine does not answer. Looking for it again.')).toBeVisible();
  engine = await startBuiltEngine(home);
  expect(engine.pid).not.toBe(before);
  await expect(page.getByText(`process ${engine.pid}`)).toBeVisible();
  await page.close();
});

test('without the desktop around it the page says where it belongs', async () => {
  const page = await browser.newPage();
  await page.goto(site.url);
  await expect(page.getByText('This page works inside the Fieldcast window only')).toBeVisible();
  await page.close();
});
