// Windows of the stand-in: pages of Chromium that are served what main answers for the application's own scheme.
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DevTools, DevToolsSession } from './devTools.ts';
import { IPC_BINDING, PAGE_SCRIPT, PRELOAD_WORLD, preloadScript } from './pageWorlds.ts';

export type IpcEvent = { readonly senderFrame: { readonly url: string; readonly parent: null }; readonly sender: WebContents };
type IpcHandler = (event: IpcEvent, ...args: unknown[]) => unknown;
type Asked = { readonly id: number; readonly channel: string; readonly args: readonly unknown[]; readonly open?: string };
type WindowOptions = { readonly width?: number; readonly height?: number; readonly webPreferences?: { readonly preload?: string } };

const SCHEME = 'app://fieldcast';
export const handlers = new Map<string, IpcHandler>();
let devTools: DevTools;
let servedAt = '';
const served = Promise.withResolvers<string>();

export function useDevTools(connected: DevTools): void {
  devTools = connected;
}

/** Chromium knows no scheme of ours, so its pages come over loopback http; main sees the addresses that it has given. */
export async function serveScheme(answer: (request: Request) => Promise<Response> | Response): Promise<void> {
  const answerOne = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const result = await answer(new Request(SCHEME + (request.url ?? '/'), { method: request.method ?? 'GET' }));
    response.writeHead(result.status, Object.fromEntries(result.headers)).end(Buffer.from(await result.arrayBuffer()));
  };
  const server = createServer((request, response) => void answerOne(request, response));
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  servedAt = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  served.resolve(servedAt);
}

/** The address that main knows for one of Chromium, and back. */
function asMainKnows(url: string): string {
  return servedAt !== '' && url.startsWith(`${servedAt}/`) ? SCHEME + url.slice(servedAt.length) : url;
}

export class WebContents extends EventEmitter {
  targetId = '';
  #session: DevToolsSession | undefined;
  #worlds = new Set<number>();
  #url = '';
  #open: (details: { url: string }) => { action: string } = () => ({ action: 'deny' });
  #isDestroyed = false;
  readonly #options: WindowOptions;

  constructor(options: WindowOptions) {
    super();
    this.#options = options;
  }

  async load(url: string): Promise<void> {
    const origin = await served.promise;
    const address = url.startsWith(SCHEME) ? origin + url.slice(SCHEME.length) : url;
    if (this.#session === undefined) await this.#attach();
    await this.#session?.send('Page.navigate', { url: address });
  }

  async #attach(): Promise<void> {
    const { width = 1280, height = 800 } = this.#options;
    ({ targetId: this.targetId } = await devTools.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank', width, height }));
    const { sessionId } = await devTools.send<{ sessionId: string }>('Target.attachToTarget', { targetId: this.targetId, flatten: true });
    const session = devTools.session(sessionId);
    this.#session = session;
    session.on('Runtime.executionContextCreated', ({ context }: { context: { id: number; name: string } }) => { if (context.name === PRELOAD_WORLD) this.#worlds.add(context.id); });
    session.on('Runtime.executionContextDestroyed', ({ executionContextId }: { executionContextId: number }) => this.#worlds.delete(executionContextId));
    session.on('Runtime.executionContextsCleared', () => this.#worlds.clear());
    session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }: { name: string; payload: string; executionContextId: number }) => { if (name === IPC_BINDING) void this.#answer(JSON.parse(payload), executionContextId); });
    session.on('Page.frameNavigated', ({ frame }: { frame: { url: string; parentId?: string } }) => { if (frame.parentId === undefined) this.#url = asMainKnows(frame.url); });
    session.on('Page.loadEventFired', () => this.emit('did-finish-load'));
    session.on('Inspector.targetCrashed', () => {
      this.#worlds.clear();
      this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 });
    });
    session.on('Fetch.requestPaused', ({ requestId, request }: { requestId: string; request: { url: string } }) => void this.#judge(requestId, request.url));
    await Promise.all([session.send('Page.enable'), session.send('Runtime.enable'), session.send('Inspector.enable')]);
    await session.send('Fetch.enable', { patterns: [{ urlPattern: '*', resourceType: 'Document' }] });
    await session.send('Runtime.addBinding', { name: IPC_BINDING, executionContextName: PRELOAD_WORLD });
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source: PAGE_SCRIPT });
    const { preload } = this.#options.webPreferences ?? {};
    if (preload !== undefined) await session.send('Page.addScriptToEvaluateOnNewDocument', { source: preloadScript(preload), worldName: PRELOAD_WORLD });
  }

  /** A navigation that main prevents leaves the page where it is. */
  async #judge(requestId: string, url: string): Promise<void> {
    let isPrevented = false;
    const known = asMainKnows(url);
    if (known !== url || this.#url !== '') this.emit('will-navigate', { url: known, preventDefault: () => { isPrevented = true; } });
    await this.#session?.send(isPrevented ? 'Fetch.failRequest' : 'Fetch.continueRequest', { requestId, ...(isPrevented ? { errorReason: 'Aborted' } : {}) }).catch(() => undefined);
  }

  async #answer({ id, channel, args, open }: Asked, contextId: number): Promise<void> {
    if (open !== undefined) {
      this.#open({ url: open });
      return;
    }
    let [ok, value]: [boolean, unknown] = [true, undefined];
    try {
      const handler = handlers.get(channel);
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      value = await handler({ senderFrame: { url: this.#url, parent: null }, sender: this }, ...args);
    } catch (error) {
      [ok, value] = [false, `Error invoking remote method '${channel}': ${String(error)}`];
    }
    await this.#evaluateIn(contextId, `__standInSettle(${id}, ${ok}, ${JSON.stringify(value) ?? 'undefined'})`);
  }

  async #evaluateIn(contextId: number, expression: string): Promise<void> {
    await this.#session?.send('Runtime.evaluate', { contextId, expression }).catch(() => undefined);
  }

  send(channel: string, ...args: unknown[]): void {
    for (const world of this.#worlds) void this.#evaluateIn(world, `__standInEmit(${JSON.stringify(channel)}, ${JSON.stringify(args)})`);
  }

  /** In the page's own world, as Electron does. */
  async executeJavaScript(code: string): Promise<unknown> {
    const { result } = await this.#session?.send<{ result: { value: unknown } }>('Runtime.evaluate', { expression: code, awaitPromise: true, returnByValue: true }) ?? { result: { value: undefined } };
    return result.value;
  }

  /** The keys that specs press, as Electron names them. */
  sendInputEvent({ type, keyCode }: { readonly type: 'keyDown' | 'keyUp'; readonly keyCode: 'Tab' | 'Enter' | 'Escape' }): void {
    const windowsVirtualKeyCode = { Tab: 9, Enter: 13, Escape: 27 }[keyCode];
    const send = async (): Promise<void> => {
      await this.#session?.send('Emulation.setFocusEmulationEnabled', { enabled: true });
      await this.#session?.send('Input.dispatchKeyEvent', { type: type === 'keyUp' ? 'keyUp' : 'rawKeyDown', key: keyCode, code: keyCode, windowsVirtualKeyCode });
    };
    void send().catch(() => undefined);
  }

  getURL(): string { return this.#url; }
  isDestroyed(): boolean { return this.#isDestroyed; }
  isCrashed(): boolean { return false; }
  setWindowOpenHandler(open: (details: { url: string }) => { action: string }): void { this.#open = open; }
  reload(): void { void this.#session?.send('Page.reload').catch(() => undefined); }
  // It is not answered: the process that would answer is gone.
  forcefullyCrashRenderer(): void { void this.#session?.send('Page.crash').catch(() => undefined); }
  close(): void { this.emit('stand-in-close'); }

  async destroy(): Promise<void> {
    this.#isDestroyed = true;
    if (this.targetId !== '') await devTools.send('Target.closeTarget', { targetId: this.targetId }).catch(() => undefined);
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly all: BrowserWindow[] = [];
  readonly webContents: WebContents;
  readonly #options: WindowOptions;
  #isDestroyed = false;
  #isMaximized = false;

  constructor(options: WindowOptions) {
    super();
    this.#options = options;
    this.webContents = new WebContents(options);
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'));
    this.webContents.on('stand-in-close', () => this.close());
    BrowserWindow.all.push(this);
  }

  static getAllWindows(): readonly BrowserWindow[] { return BrowserWindow.all.filter((one) => !one.isDestroyed()); }
  static fromWebContents(contents: WebContents): BrowserWindow | null { return BrowserWindow.all.find((one) => one.webContents === contents) ?? null; }
  async loadURL(url: string): Promise<void> { await this.webContents.load(url); }
  getNormalBounds() { return { x: 0, y: 0, width: this.#options.width ?? 1280, height: this.#options.height ?? 800 }; }
  isMaximized(): boolean { return this.#isMaximized; }
  maximize(): void { this.#isMaximized = true; }
  isMinimized(): boolean { return false; }
  isDestroyed(): boolean { return this.#isDestroyed; }
  restore(): void { this.emit('restore'); }
  show(): void { this.emit('show'); }
  focus(): void { this.emit('focus'); }
  setOverlayIcon(): void { this.emit('overlay'); }

  close(): void {
    let isPrevented = false;
    this.emit('close', { preventDefault: () => { isPrevented = true; } });
    if (isPrevented || this.#isDestroyed) return;
    this.#isDestroyed = true;
    void this.webContents.destroy();
    this.emit('closed');
  }
}

/** For Playwright, which knows a page by its target. */
export function contentsOfTarget(targetId: string): WebContents | undefined {
  return BrowserWindow.all.find((one) => one.webContents.targetId === targetId)?.webContents;
}
