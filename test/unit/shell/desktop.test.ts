// What the shell asks of Electron, recorded by a stand-in module; the engine behind it is a real process with the real API.
// This proves the wiring and the order of the end, not Electron's own sandbox: that is test/e2e/desktop.spec.ts where it runs on real Electron.
import type { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { forkUtility, type StandInUtility } from '../../support/utilityProcess.ts';

type Handler = (...args: never[]) => unknown;
type StandInWindow = EventEmitter & {
  options: { webPreferences: Record<string, unknown>; x?: number; width: number };
  url: string;
  webContents: EventEmitter & { open?: Handler };
  notices: unknown[];
};
const electron = vi.hoisted(() => ({
  appListeners: new Map<string, Handler>(),
  handlers: new Map<string, Handler>(),
  permission: { request: undefined as Handler | undefined, check: undefined as Handler | undefined, device: undefined as Handler | undefined },
  windows: [] as unknown[],
  children: [] as unknown[],
  calls: [] as string[],
  engineArgs: [] as string[],
  answerOfDialog: 0,
  chosenPaths: [] as string[],
  userData: '',
  isPackaged: false,
  tooltips: [] as string[],
  exit: vi.fn(),
  openExternal: vi.fn(() => Promise.resolve()),
  locked: true,
  updater: { autoDownload: true, autoInstallOnAppQuit: true, on: () => undefined, checkForUpdates: vi.fn(), downloadUpdate: vi.fn(), quitAndInstall: vi.fn() },
}));

vi.mock('electron-updater', () => ({ default: { autoUpdater: electron.updater, CancellationToken: class { cancel() {} } } }));
vi.mock('electron', async () => {
  const { EventEmitter: Emitter } = await import('node:events');
  const log = (call: string) => () => { electron.calls.push(call); };
  class BrowserWindow extends Emitter {
    notices: unknown[] = [];
    url = '';
    options;
    webContents = Object.assign(new Emitter(), {
      reload: log('reload'),
      forcefullyCrashRenderer: log('crash renderer'),
      send: (_channel: string, notice: unknown) => { this.notices.push(notice); },
      setWindowOpenHandler: (open: Handler) => Object.assign(this.webContents, { open }),
    });
    constructor(options: never) {
      super();
      this.options = options;
      electron.windows.push(this);
    }
    loadURL(url: string) {
      this.url = url;
      return Promise.resolve();
    }
    show() {}
    focus() { electron.calls.push('focus'); }
    maximize() { electron.calls.push('maximize'); }
    isMinimized() { return false; }
    isMaximized() { return true; }
    getNormalBounds() { return { x: 40, y: 30, width: 1000, height: 700 }; }
    isDestroyed() { return false; }
    setOverlayIcon() {}
  }
  class Tray extends Emitter {
    setImage() {}
    setToolTip(text: string) { electron.tooltips.push(text); }
    setContextMenu() {}
  }
  return {
    BrowserWindow,
    Tray,
    Menu: { buildFromTemplate: (template: unknown) => template, setApplicationMenu: () => undefined },
    nativeImage: { createFromBitmap: (pixels: Buffer, { width, height }: { width: number; height: number }) => {
      if (pixels.length !== width * height * 4) throw new Error('not a bitmap of that size');
      return {};
    } },
    powerSaveBlocker: {
      start: (kind: string) => {
        electron.calls.push(`awake ${kind}`);
        return 7;
      },
      stop: (id: number) => electron.calls.push(`sleep ${id}`),
    },
    safeStorage: { isEncryptionAvailable: () => false },
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    systemPreferences: { getMediaAccessStatus: () => 'denied', askForMediaAccess: () => Promise.resolve(false) },
    app: {
      requestSingleInstanceLock: () => electron.locked,
      setAsDefaultProtocolClient: (scheme: string) => electron.calls.push(`links ${scheme}`),
      getPath: () => electron.userData,
      get isPackaged() { return electron.isPackaged; },
      enableSandbox: () => electron.calls.push('enableSandbox'),
      whenReady: () => Promise.resolve(),
      on: (name: string, listener: Handler) => electron.appListeners.set(name, listener),
      quit: () => electron.calls.push('quit'),
      exit: electron.exit,
    },
    protocol: {
      registerSchemesAsPrivileged: () => electron.calls.push('registerSchemes'),
      handle: (scheme: string) => electron.calls.push(`handle ${scheme}`),
    },
    session: {
      defaultSession: {
        setPermissionRequestHandler: (handler: Handler) => { electron.permission.request = handler; },
        setPermissionCheckHandler: (handler: Handler) => { electron.permission.check = handler; },
        setDevicePermissionHandler: (handler: Handler) => { electron.permission.device = handler; },
      },
    },
    utilityProcess: {
      fork: (path: string) => {
        electron.calls.push(`fork ${path.replace(/^.*\/(?=main\/)/, '')}`);
        const child = forkUtility(fileURLToPath(new URL('../../support/showingEngine.ts', import.meta.url)), electron.engineArgs);
        electron.children.push(child);
        return child;
      },
    },
    ipcMain: { handle: (channel: string, handler: Handler) => electron.handlers.set(channel, handler) },
    dialog: {
      showMessageBox: () => {
        electron.calls.push('ask');
        return Promise.resolve({ response: electron.answerOfDialog });
      },
      showOpenDialog: () => Promise.resolve({ canceled: electron.chosenPaths.length === 0, filePaths: electron.chosenPaths }),
    },
    shell: { openExternal: electron.openExternal, showItemInFolder: log('show in folder') },
  };
});

const children = electron.children as StandInUtility[];
const windows = electron.windows as StandInWindow[];
const own = { url: 'app://fieldcast/index.html', parent: null };

beforeEach(() => {
  electron.calls.length = 0;
  electron.windows.length = 0;
  electron.tooltips.length = 0;
  electron.engineArgs = [];
  electron.answerOfDialog = 0;
  electron.chosenPaths = [];
  electron.locked = true;
  electron.isPackaged = false;
  electron.userData = mkdtempSync(join(tmpdir(), 'fieldcast-shell-'));
  electron.exit.mockReset();
  electron.openExternal.mockClear();
  for (const mock of [electron.updater.checkForUpdates, electron.updater.downloadUpdate, electron.updater.quitAndInstall]) mock.mockReset();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(electron.userData, { recursive: true, force: true });
});

async function start(): Promise<void> {
  vi.resetModules();
  const { runDesktop } = await import('../../../src/main/shell/desktop.ts');
  runDesktop();
  if (electron.locked) await vi.waitFor(() => expect(electron.windows).toHaveLength(1));
}

/** With a show on air, and known to be. */
async function startOnAir(): Promise<void> {
  electron.engineArgs = ['--show'];
  await start();
  await vi.waitFor(() => expect(electron.tooltips.at(-1)).toBe('Fieldcast: On air'), { timeout: 15_000 });
}

async function askForEngine(senderFrame: unknown): Promise<unknown> {
  const handler = electron.handlers.get('fieldcast:engine') as unknown as (event: unknown) => Promise<unknown>;
  return await handler({ senderFrame });
}

async function askShell(request: unknown, senderFrame: unknown = own): Promise<unknown> {
  const handler = electron.handlers.get('fieldcast:shell') as unknown as (event: unknown, request: unknown) => Promise<unknown>;
  return await handler({ senderFrame }, request);
}

function appEvent(name: string, ...rest: unknown[]): { prevented: boolean } {
  const seen = { prevented: false };
  const listener = electron.appListeners.get(name) as unknown as (event: unknown, ...rest: unknown[]) => void;
  listener({ preventDefault: () => { seen.prevented = true; } }, ...rest);
  return seen;
}

const quit = (): { prevented: boolean } => appEvent('before-quit');

test('one engine and one sandboxed window on the own scheme', async () => {
  await start();
  expect(electron.calls).toEqual(['enableSandbox', 'links fieldcast', 'registerSchemes', 'handle app', 'fork main/engine.js']);
  const [window] = windows;
  expect(window!.url).toBe('app://fieldcast/index.html');
  expect(window!.options.webPreferences).toMatchObject({
    sandbox: true, contextIsolation: true, nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false,
    webviewTag: false, webSecurity: true, allowRunningInsecureContent: false, experimentalFeatures: false,
  });
  expect(window!.options.webPreferences['preload']).toMatch(/preload\/index\.cjs$/);
});

test('a second start leaves the first one alone', async () => {
  electron.locked = false;
  await start();
  expect(electron.calls).toEqual(['quit']);
});

test('only the own page, in the main frame, learns where the engine is', async () => {
  await start();
  expect(await askForEngine(own)).toEqual({ address: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/api$/), token: expect.stringMatching(/.{20}/) });
  for (const frame of [null, { ...own, parent: {} }, { ...own, url: 'https://evil.example/' }]) {
    await expect(askForEngine(frame)).rejects.toThrow('Only the window of Fieldcast');
  }
});

test('foreign pages, webviews, windows, permissions and devices are refused', async () => {
  await start();
  const contents = windows[0]!.webContents;
  const refused = (name: string, url: string): boolean => {
    let prevented = false;
    contents.emit(name, { url, preventDefault: () => { prevented = true; } });
    return prevented;
  };
  expect(refused('will-navigate', 'https://evil.example/')).toBe(true);
  expect(refused('will-navigate', 'app://fieldcast/index.html')).toBe(false);
  expect(refused('will-redirect', 'app://fieldcast/index.html')).toBe(true);
  expect(refused('will-attach-webview', '')).toBe(true);
  const open = contents.open as unknown as (details: { url: string }) => { action: string };
  expect(['https://example.com/', 'file:///etc/passwd', 'javascript:1'].map((url) => open({ url }).action)).toEqual(['deny', 'deny', 'deny']);
  expect(electron.openExternal.mock.calls).toEqual([['https://example.com/']]);
  const { request, check, device } = electron.permission as unknown as {
    request: (contents: unknown, permission: string, decide: (granted: boolean) => void) => void;
    check: (contents: unknown, permission: string) => boolean;
    device: () => boolean;
  };
  const page = { getURL: () => own.url };
  const decided: boolean[] = [];
  request(page, 'media', (granted) => decided.push(granted));
  request(page, 'fullscreen', (granted) => decided.push(granted));
  expect(decided).toEqual([false, true]);
  expect(check(null, 'fullscreen')).toBe(false);
  expect(device()).toBe(false);
});

test('quitting without a show ends the engine in order and then the process, without a question', async () => {
  await start();
  await askForEngine(own);
  expect(quit().prevented).toBe(true);
  await vi.waitFor(() => expect(electron.exit).toHaveBeenCalledWith(0), { timeout: 10_000 });
  expect(electron.calls).not.toContain('ask');
  expect([children[0]!.exitCode, children[0]!.signalCode]).toEqual([0, null]);
  expect(children).toHaveLength(1);
});

test('the page has the question before a show is ended: held to the end there, or nothing', async () => {
  await startOnAir();
  quit();
  expect(windows[0]!.notices).toContainEqual({ type: 'quit-asked' });
  await askShell({ ask: 'quit', answer: 'shown' });
  await askShell({ ask: 'quit', answer: 'keep' });
  expect(electron.exit).not.toHaveBeenCalled();
  expect(children[0]!.exitCode).toBeNull();
  quit();
  await askShell({ ask: 'quit', answer: 'shown' });
  await askShell({ ask: 'quit', answer: 'end' });
  await vi.waitFor(() => expect(electron.exit).toHaveBeenCalledWith(0), { timeout: 10_000 });
  expect(electron.calls, 'the system’s own dialog was not needed').not.toContain('ask');
  expect(children[0]!.exitCode).toBe(0);
});

test('a page that does not answer does not hold the operator: the system asks', async () => {
  await startOnAir();
  quit();
  await vi.waitFor(() => expect(electron.calls).toContain('ask'), { timeout: 10_000 });
  expect(electron.exit).not.toHaveBeenCalled();

  electron.answerOfDialog = 1;
  quit();
  await vi.waitFor(() => expect(electron.exit).toHaveBeenCalledWith(0), { timeout: 10_000 });
  expect(children[0]!.exitCode).toBe(0);
});

test('an answer to a question that nobody asked quits nothing', async () => {
  await startOnAir();
  await askShell({ ask: 'quit', answer: 'end' });
  expect(electron.exit).not.toHaveBeenCalled();
  expect(children[0]!.exitCode).toBeNull();
});

test('while a show is on air the computer stays awake, and its window closes with a question only', async () => {
  await startOnAir();
  expect(electron.calls).toContain('awake prevent-display-sleep');
  expect(electron.calls).not.toContain('sleep 7');
  let prevented = false;
  windows[0]!.emit('close', { preventDefault: () => { prevented = true; } });
  expect(prevented).toBe(true);
  expect(electron.calls).toContain('quit');
  // It dies: the next engine carries nothing.
  electron.engineArgs = [];
  children[0]!.kill('SIGKILL');
  await vi.waitFor(() => expect(electron.calls).toContain('sleep 7'), { timeout: 15_000 });
  expect(electron.tooltips.at(-1)).toBe('Fieldcast: Off');
});

test('requests that were not agreed, or that another frame makes, are refused', async () => {
  await start();
  for (const request of [undefined, {}, { ask: 'shell' }, { ask: 'showInFolder' }, { ask: 'chooseFolder', path: '/' }, { ask: 'permissionSettings', kind: 'geolocation' }]) {
    await expect(askShell(request)).rejects.toThrow('does not understand');
  }
  for (const frame of [null, { ...own, parent: {} }, { ...own, url: 'https://evil.example/' }]) {
    await expect(askShell({ ask: 'link' }, frame)).rejects.toThrow('Only the window of Fieldcast');
  }
  expect(electron.openExternal).not.toHaveBeenCalled();
});

test('a link to join reaches the page, once; other links reach nothing', async () => {
  await start();
  appEvent('second-instance', ['fieldcast', '--flag', 'fieldcast://join/192.168.0.7:7443?event=forum']);
  expect(windows[0]!.notices).toContainEqual({ type: 'link', link: 'fieldcast://join/192.168.0.7:7443?event=forum' });
  expect(await askShell({ ask: 'link' })).toBe('fieldcast://join/192.168.0.7:7443?event=forum');
  expect(await askShell({ ask: 'link' })).toBeNull();
  for (const url of ['fieldcast://quit/now', 'https://join/x', 'fieldcast://user:pw@join/x', `fieldcast://join/${'x'.repeat(3000)}`]) {
    expect(appEvent('open-url', url).prevented).toBe(true);
  }
  expect(await askShell({ ask: 'link' })).toBeNull();
});

test('native dialogs answer with what was chosen', async () => {
  await start();
  expect(await askShell({ ask: 'chooseFolder' })).toBeNull();
  electron.chosenPaths = ['/recordings'];
  expect(await askShell({ ask: 'chooseFolder' })).toBe('/recordings');
  expect(await askShell({ ask: 'chooseFiles', folders: false })).toEqual(['/recordings']);
  await askShell({ ask: 'showInFolder', path: '/recordings/a.mp4' });
  expect(electron.calls).toContain('show in folder');
});

test('a crashed page is loaded again; one that hangs is crashed first', async () => {
  await start();
  const [window] = windows;
  window!.webContents.emit('render-process-gone', {}, { reason: 'clean-exit' });
  window!.webContents.emit('render-process-gone', {}, { reason: 'crashed' });
  await vi.waitFor(() => expect(electron.calls.filter((one) => one === 'reload')).toHaveLength(1));
  vi.useFakeTimers();
  window!.emit('unresponsive');
  window!.emit('responsive');
  vi.advanceTimersByTime(10_000);
  expect(electron.calls).not.toContain('crash renderer');
  window!.emit('unresponsive');
  vi.advanceTimersByTime(10_000);
  vi.useRealTimers();
  expect(electron.calls).toContain('crash renderer');
});

test('the window comes back where it was, unless that display is gone', async () => {
  await start();
  windows[0]!.emit('close', { preventDefault: () => undefined });
  const file = join(electron.userData, 'window.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ x: 40, y: 30, width: 1000, height: 700, maximized: true });
  windows.length = 0;
  await start();
  expect(windows[0]!.options).toMatchObject({ x: 40, y: 30, width: 1000, height: 700 });
  expect(electron.calls).toContain('maximize');
  windows.length = 0;
  writeFileSync(file, JSON.stringify({ x: 5000, y: 30, width: 1000, height: 700, maximized: false }));
  await start();
  expect(windows[0]!.options).toMatchObject({ width: 1280 });
  expect(windows[0]!.options.x).toBeUndefined();
});

test('on air nothing about updates is done, not even a look', async () => {
  electron.isPackaged = true;
  await startOnAir();
  for (const act of ['check', 'download', 'install']) expect(await askShell({ ask: 'updates', act })).toMatchObject({ state: 'held' });
  expect(electron.updater.checkForUpdates).not.toHaveBeenCalled();
  expect(electron.updater.quitAndInstall).not.toHaveBeenCalled();
});

test('an update is fetched and installed only when asked, and the engine ends before it', async () => {
  electron.isPackaged = true;
  electron.updater.checkForUpdates.mockResolvedValue({ isUpdateAvailable: true, updateInfo: { version: '9.9.9' } });
  electron.updater.downloadUpdate.mockResolvedValue([]);
  await start();
  expect([electron.updater.autoDownload, electron.updater.autoInstallOnAppQuit]).toEqual([false, false]);
  expect(await askShell({ ask: 'updates', act: 'install' })).toEqual({ state: 'idle' });
  expect(await askShell({ ask: 'updates', act: 'check' })).toEqual({ state: 'available', version: '9.9.9' });
  expect(electron.updater.downloadUpdate).not.toHaveBeenCalled();
  expect(await askShell({ ask: 'updates', act: 'download' })).toEqual({ state: 'ready', version: '9.9.9' });
  await askForEngine(own);
  await askShell({ ask: 'updates', act: 'install' });
  expect(children[0]!.exitCode).toBe(0);
  expect(electron.updater.quitAndInstall).toHaveBeenCalledOnce();
  expect(quit().prevented, 'the installer’s own quit goes through').toBe(false);
});
