// The `electron` module of the stand-in: what Fieldcast's shell uses of it, over Chromium and Node. Where Electron asks the system, this
// answers as a system would that has nothing; specs replace such answers as they would on real Electron.
import { EventEmitter } from 'node:events';
import { engineReadySchema } from '../../../src/contract/engine.ts';
import { openDoor } from '../builtEngine.ts';
import { forkUtility, type StandInUtility } from '../utilityProcess.ts';
import type { DevTools } from './devTools.ts';
import { BrowserWindow, contentsOfTarget, handlers, serveScheme, useDevTools, type IpcEvent } from './windows.ts';

export { BrowserWindow };

let userData = '';
let leave: (code: number) => void = (code) => process.exit(code);
const ready = Promise.withResolvers<void>();

/** Before main is loaded. */
/** `leave` ends the process, and what it started before. */
export function begin(settings: { readonly devTools: DevTools; readonly userData: string; readonly leave: (code: number) => void }): void {
  useDevTools(settings.devTools);
  ({ userData, leave } = settings);
}

export function makeReady(): void {
  ready.resolve();
}

class App extends EventEmitter {
  readonly isPackaged = false;
  readonly dock = undefined;
  readonly commandLine = { appendSwitch: () => undefined };
  #isQuitting = false;
  requestSingleInstanceLock(): boolean { return true; }
  enableSandbox(): void { this.emit('stand-in', 'sandbox'); }
  setAsDefaultProtocolClient(): boolean { return true; }
  async whenReady(): Promise<void> { await ready.promise; }
  getPath(): string { return userData; }
  getName(): string { return 'Fieldcast'; }
  exit(code = 0): void { leave(code); }
  quit(): void {
    if (this.#isQuitting) return;
    let isPrevented = false;
    this.emit('before-quit', { preventDefault: () => { isPrevented = true; } });
    if (isPrevented) return;
    this.#isQuitting = true;
    this.exit(0);
  }
}
export const app = new App();

export const protocol = {
  registerSchemesAsPrivileged: () => undefined,
  handle: (_scheme: string, answer: (request: Request) => Promise<Response> | Response) => void serveScheme(answer),
};
export const session = { defaultSession: { setPermissionRequestHandler: () => undefined, setPermissionCheckHandler: () => undefined, setDevicePermissionHandler: () => undefined } };
export const ipcMain = { handle: (channel: string, handler: (event: IpcEvent, ...args: unknown[]) => unknown) => void handlers.set(channel, handler) };
export const webContents = { fromDevToolsTargetId: contentsOfTarget };
export const safeStorage = { isEncryptionAvailable: () => false };
export const screen = { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] };
export const systemPreferences = { getMediaAccessStatus: () => 'granted', askForMediaAccess: async () => true };
export const shell = { openExternal: async () => undefined, showItemInFolder: () => undefined };
export const dialog = { showOpenDialog: async () => ({ canceled: true, filePaths: [] as string[] }), showMessageBox: async () => ({ response: 0 }) };
export const Menu = { buildFromTemplate: (template: unknown) => template, setApplicationMenu: () => undefined };
export const nativeImage = { createFromBitmap: () => ({}) };
export class Tray extends EventEmitter {
  setImage(): void { this.emit('image'); }
  setToolTip(): void { this.emit('tip'); }
  setContextMenu(): void { this.emit('menu'); }
}

const awake = new Set<number>();
export const powerSaveBlocker = {
  start: () => {
    const id = awake.size + 1;
    awake.add(id);
    return id;
  },
  stop: (id: number) => awake.delete(id),
  isStarted: (id: number) => awake.has(id),
};

export const utilityProcess = {
  fork: (script: string, args: readonly string[] = []): StandInUtility => {
    const child = forkUtility(script, args);
    // Otherwise nobody reads what it writes.
    child.stderr?.pipe(process.stderr, { end: false });
    // The page is not served from app://fieldcast, and the engine admits no other: its address becomes that of a door.
    const emit = child.emit.bind(child) as (event: string, ...rest: unknown[]) => boolean;
    const emitThroughDoor = (event: string, ...rest: unknown[]): boolean => {
      const said = engineReadySchema.safeParse(rest[0]);
      if (event !== 'message' || !said.success) return emit(event, ...rest);
      void openDoor(() => said.data.address).then((door) => emit(event, { ...said.data, address: door.address }));
      return true;
    };
    Object.assign(child, { emit: emitThroughDoor });
    return child;
  },
};
