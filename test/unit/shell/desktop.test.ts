// What the shell asks of Electron, recorded by a stand-in module; the engine behind it is a real process with the real API.
// This proves the wiring and the order of the end, not Electron's own sandbox: that is test/e2e/desktop.spec.ts on real Electron.
import { fork, type ChildProcess } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

type Handler = (...args: never[]) => unknown;
const electron = vi.hoisted(() => ({
  appListeners: new Map<string, Handler>(),
  handlers: new Map<string, Handler>(),
  permission: { request: undefined as Handler | undefined, check: undefined as Handler | undefined, device: undefined as Handler | undefined },
  windows: [] as { options: { webPreferences: Record<string, unknown> }; url: string; contents: EventEmitter & { open?: Handler } }[],
  children: [] as unknown[],
  calls: [] as string[],
  engineArgs: [] as string[],
  answerOfDialog: 0,
  exit: vi.fn(),
  openExternal: vi.fn(() => Promise.resolve()),
  locked: true,
}));

vi.mock('electron', async () => {
  const { EventEmitter: Emitter } = await import('node:events');
  class BrowserWindow extends Emitter {
    webContents = Object.assign(new Emitter(), { reload: () => {}, setWindowOpenHandler: (open: Handler) => Object.assign(this.webContents, { open }) });
    record;
    constructor(options: never) {
      super();
      this.record = { options, url: '', contents: this.webContents };
      electron.windows.push(this.record);
    }
    loadURL(url: string) {
      this.record.url = url;
      return Promise.resolve();
    }
    show() {}
    focus() { electron.calls.push('focus'); }
    isMinimized() { return false; }
    isDestroyed() { return false; }
  }
  return {
    BrowserWindow,
    app: {
      requestSingleInstanceLock: () => electron.locked,
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
        const child = fork(fileURLToPath(new URL('../../support/showingEngine.ts', import.meta.url)), electron.engineArgs, {
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [],
        });
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
    },
    shell: { openExternal: electron.openExternal },
  };
});

const children = electron.children as ChildProcess[];
const own = { url: 'app://fieldcast/index.html', parent: null };

beforeEach(() => {
  electron.calls.length = 0;
  electron.windows.length = 0;
  electron.engineArgs = [];
  electron.answerOfDialog = 0;
  electron.locked = true;
  electron.exit.mockReset();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function start(): Promise<void> {
  vi.resetModules();
  const { runDesktop } = await import('../../../src/main/shell/desktop.ts');
  runDesktop();
  if (electron.locked) await vi.waitFor(() => expect(electron.windows).toHaveLength(1));
}

async function askForEngine(senderFrame: unknown): Promise<unknown> {
  const handler = electron.handlers.get('fieldcast:engine') as unknown as (event: unknown) => Promise<unknown>;
  return await handler({ senderFrame });
}

function quit(): { prevented: boolean } {
  const seen = { prevented: false };
  const listener = electron.appListeners.get('before-quit') as unknown as (event: unknown) => void;
  listener({ preventDefault: () => { seen.prevented = true; } });
  return seen;
}

test('one engine and one sandboxed window on the own scheme', async () => {
  await start();
  expect(electron.calls).toEqual(['enableSandbox', 'registerSchemes', 'handle app', 'fork main/engine.js']);
  const [window] = electron.windows;
  expect(window!.url).toBe('app://fieldcast/index.html');
  expect(window!.options.webPreferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false });
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
  const { contents } = electron.windows[0]!;
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

test('a running show is kept unless the operator agrees', async () => {
  electron.engineArgs = ['--show'];
  await start();
  await askForEngine(own);
  quit();
  await vi.waitFor(() => expect(electron.calls).toContain('focus'), { timeout: 10_000 });
  expect(electron.calls).toContain('ask');
  expect(electron.exit).not.toHaveBeenCalled();
  expect(children[0]!.exitCode).toBeNull();

  electron.answerOfDialog = 1;
  quit();
  await vi.waitFor(() => expect(electron.exit).toHaveBeenCalledWith(0), { timeout: 10_000 });
  expect(children[0]!.exitCode).toBe(0);
});
