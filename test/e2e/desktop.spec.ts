// The whole application on real Electron; it runs wherever Electron's binary can be had.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { _electron, expect, test, type ElectronApplication, type Page } from '@playwright/test';

function findElectron(): string | undefined {
  if (process.env['ELECTRON_BIN'] !== undefined) return process.env['ELECTRON_BIN'];
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const named = join(folder, 'path.txt');
  if (!existsSync(named)) return undefined;
  const path = join(folder, 'dist', readFileSync(named, 'utf8').trim());
  return existsSync(path) ? path : undefined;
}

const executablePath = findElectron();
test.skip(executablePath === undefined, 'needs the Electron binary: npx install-electron, or set ELECTRON_BIN');

let home: string;
let desktop: ElectronApplication;
let page: Page;

test.beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fieldcast-desktop-'));
  desktop = await _electron.launch({
    executablePath: executablePath!,
    args: [...(process.platform === 'linux' ? ['--no-sandbox'] : []), fileURLToPath(new URL('../../', import.meta.url))],
    env: { ...process.env as Record<string, string>, FIELDCAST_HOME: home },
  });
  page = await desktop.firstWindow();
});
test.afterAll(async () => {
  await desktop?.close();
  if (home !== undefined) await rm(home, { recursive: true, force: true });
});

test('the window shows the state of its engine', async () => {
  expect(page.url()).toBe('app://fieldcast/index.html');
  await expect(page.getByRole('status')).toHaveText('OFF');
  await expect(page.getByText('No show is running.')).toBeVisible();
});

test('the page has the bridge and nothing of Node', async () => {
  expect(await page.evaluate(() => Object.keys(window.fieldcast ?? {}))).toEqual(['engine', 'ask', 'onNotice']);
  expect(await page.evaluate(() => ['require', 'process', 'module', 'Buffer'].filter((name) => name in globalThis))).toEqual([]);
});

test('foreign pages and new windows do not open', async () => {
  await page.evaluate(() => {
    window.open('http://127.0.0.1:9/');
    location.href = 'http://127.0.0.1:9/';
  });
  await expect(page.getByRole('status')).toHaveText('OFF');
  expect(page.url()).toBe('app://fieldcast/index.html');
  expect(desktop.windows()).toHaveLength(1);
});
