// The whole application through Playwright's `_electron`: on real Electron wherever its binary can be had, else on the stand-in of
// test/support/electron, which is no Electron: its results are said of the stand-in only.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { _electron, expect, test, type ElectronApplication, type Page } from '@playwright/test';
import { chromiumMissing } from '../support/chromium.ts';
import { choose, press, tick, typeInto } from '../support/keyboard.ts';

function findElectron(): string | undefined {
  if (process.env['ELECTRON_BIN'] !== undefined) return process.env['ELECTRON_BIN'];
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const named = join(folder, 'path.txt');
  if (!existsSync(named)) return undefined;
  const path = join(folder, 'dist', readFileSync(named, 'utf8').trim());
  return existsSync(path) ? path : undefined;
}

const electron = findElectron();
const standIn = fileURLToPath(new URL('../support/electron/standIn.ts', import.meta.url));
// A script is an executable nowhere on Windows.
test.skip(electron === undefined && process.platform === 'win32', 'needs the Electron binary: npx install-electron, or set ELECTRON_BIN');
test.skip(electron === undefined && chromiumMissing() !== undefined, chromiumMissing());
test.describe.configure({ mode: 'serial' });
test.setTimeout(150_000);
const STEP = { timeout: 60_000 };

let home: string;
let desktop: ElectronApplication;
let page: Page;

test.beforeAll(async () => {
  process.env['FIELDCAST_SERVICE_LINGER_MS'] = '500';
  home = await mkdtemp(join(tmpdir(), 'fieldcast-desktop-'));
  desktop = await _electron.launch({
    executablePath: electron ?? standIn,
    args: [...(process.platform === 'linux' ? ['--no-sandbox'] : []), fileURLToPath(new URL('../../', import.meta.url))],
    env: { ...process.env as Record<string, string>, FIELDCAST_HOME: home },
    locale: 'en-GB',
  });
  page = await desktop.firstWindow();
});
test.afterAll(async () => {
  await desktop?.close();
  if (home !== undefined) await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** The address as the desktop knows it. */
const addressOf = () => desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((one) => one.webContents.getURL()));
/** Asked in the window by the desktop itself: Playwright cannot speak to a page that has crashed once. */
const stateWord = () => desktop.evaluate(async ({ BrowserWindow }) => {
  const word: unknown = await BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript('document.querySelector("[role=status]")?.textContent ?? ""').catch(() => '');
  return word;
});
const staysAwake = () => desktop.evaluate(({ powerSaveBlocker }) => [0, 1, 2, 3].some((id) => powerSaveBlocker.isStarted(id)));

test('the window shows the state of its engine', async () => {
  await expect(page.getByRole('status')).toHaveText('OFF', STEP);
  expect(await addressOf()).toEqual(['app://fieldcast/index.html']);
  await press(page.getByRole('button', { name: 'Later' }));
  await expect(page.getByText('No show is running.')).toBeVisible();
  expect(await staysAwake()).toBe(false);
});

test('the page has the bridge and nothing of Node', async () => {
  expect(await page.evaluate(() => Object.keys(window.fieldcast ?? {}))).toEqual(['engine', 'pathOf', 'ask', 'onNotice']);
  expect(await page.evaluate(() => ['require', 'process', 'module', 'Buffer', 'ipcRenderer'].filter((name) => name in globalThis))).toEqual([]);
});

test('a request that was not agreed is refused at the border', async () => {
  const refusal = await page.evaluate(async () => await window.fieldcast?.ask({ ask: 'shell' } as never).then(() => 'taken', (error: unknown) => String(error)));
  expect(refusal).toContain('does not understand');
});

test('foreign pages and new windows do not open', async () => {
  await page.evaluate(() => {
    window.open('http://127.0.0.1:9/');
    location.href = 'http://127.0.0.1:9/';
  });
  await expect(page.getByRole('status')).toHaveText('OFF');
  expect(await addressOf()).toEqual(['app://fieldcast/index.html']);
  expect(desktop.windows()).toHaveLength(1);
});

test('the system’s own dialog chooses the folder of the recording', async () => {
  await desktop.evaluate(({ dialog }, folder) => { dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [folder] }); }, home);
  await press(page.getByRole('button', { name: 'Choose…' }));
  await expect(page.getByLabel('Record to')).toHaveValue(home);
  await typeInto(page.getByLabel('Record to'), '');
});

test('a link to join fills in the form, and starts nothing', async () => {
  await desktop.evaluate(({ app }) => { app.emit('second-instance', {}, ['fieldcast', 'fieldcast://join/forum?to=embedded']); });
  await expect(page.getByLabel('Event name')).toHaveValue('forum');
  await expect(page.getByLabel('Join the event of another instance')).toBeChecked();
  await expect(page.getByRole('status')).toHaveText('OFF');
  await tick(page.getByLabel('Join the event of another instance'), false);
});

test('on air the computer stays awake, and quitting asks in the window', async () => {
  await choose(page.getByRole('combobox', { name: /^Ladder/ }), '480p');
  await press(page.getByRole('button', { name: 'Start rehearsal' }));
  await expect(page.getByRole('status')).toHaveText('REHEARSAL', STEP);
  await press(page.getByRole('button', { name: /^Go live/ }));
  await expect(page.getByRole('status')).toHaveText('ON AIR', STEP);
  await expect.poll(staysAwake, STEP).toBe(true);
  await desktop.evaluate(({ app }) => app.quit());
  await expect(page.getByRole('dialog', { name: 'A show is running' })).toBeVisible();
  await press(page.getByRole('button', { name: 'Keep the show' }));
  await expect(page.getByRole('status')).toHaveText('ON AIR');
});

test('an engine that is killed on air is replaced, and its show goes on', async () => {
  const enginePid = JSON.parse(readFileSync(join(home, 'engine.json'), 'utf8')) as { pid: number };
  process.kill(enginePid.pid, 'SIGKILL');
  await expect(page.getByRole('status')).not.toHaveText('ON AIR', STEP);
  await expect(page.getByRole('status')).toHaveText('ON AIR', STEP);
  await expect(page.getByRole('row', { name: /480p/ })).toContainText('Sending', STEP);
});

test('a page that crashes on air is loaded again and finds the show', async () => {
  await desktop.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    Object.assign(globalThis, { loads: 0 });
    window?.webContents.on('did-finish-load', () => Object.assign(globalThis, { loads: 1 }));
    window?.webContents.forcefullyCrashRenderer();
  });
  await expect.poll(() => desktop.evaluate(() => (globalThis as { loads?: number }).loads), STEP).toBe(1);
  await expect.poll(stateWord, STEP).toBe('ON AIR');
});

test('quitting ends the show in order once it was said in the window', async () => {
  const gone = new Promise<void>((resolve) => { desktop.process().once('exit', () => resolve()); });
  // By key, sent by the desktop itself: to the button behind the safe one, and held there.
  await desktop.evaluate(async ({ app, BrowserWindow }) => {
    app.quit();
    const contents = BrowserWindow.getAllWindows()[0]!.webContents;
    const focused = async (): Promise<string> => await contents.executeJavaScript('(document.activeElement?.closest("[role=dialog]") && document.activeElement.textContent) ?? ""') as string;
    for (let looks = 0; looks < 100 && !(await focused()).includes('End the show and quit'); looks += 1) {
      if (await focused() !== '') for (const type of ['keyDown', 'keyUp'] as const) contents.sendInputEvent({ type, keyCode: 'Tab' });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    contents.sendInputEvent({ type: 'keyDown', keyCode: 'Enter' });
  }).catch(() => undefined);
  await gone;
  const [journal] = await readdir(join(home, 'shows'));
  expect(JSON.parse(await readFile(join(home, 'shows', journal!), 'utf8'))).toMatchObject({ state: 'ended' });
});
