// The one window: a sandboxed page that can reach the engine and nothing else. A page that crashes or hangs is loaded again.
import { BrowserWindow, shell } from 'electron';
import { APP_ORIGIN } from '../../contract/desktop.ts';
import { isOwnPage } from './contentPolicy.ts';
import { SMALLEST, type WindowState } from './windowState.ts';

/** How long a page may hang before it is loaded anew; a long layout is no hang. */
const HANG_MS = 5000;
/** Between a crash and the next attempt, after crashes in quick succession. */
const RELOAD_DELAYS_MS = [0, 1000, 5000] as const;
const STEADY_MS = 30_000;

export type WindowSettings = {
  /** Absolute path of the bundled .cjs. */
  readonly preload: string;
  readonly state: WindowState | undefined;
  /** The window goes; where it was. */
  readonly onClose: (state: WindowState) => void;
};

/** Opens the window hidden and shows it with its first picture. */
export function openWindow({ preload, state, onClose }: WindowSettings): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    ...(state === undefined ? {} : { x: state.x, y: state.y, width: state.width, height: state.height }),
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    show: false,
    title: 'Fieldcast',
    // --surface-canvas of tokens.css: no white flash before the first picture.
    backgroundColor: '#0b0d10',
    webPreferences: {
      preload, sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false, spellcheck: false,
      webSecurity: true, allowRunningInsecureContent: false, experimentalFeatures: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false,
      // Meters and clocks of a covered window go on: a crew looks at it in passing.
      backgroundThrottling: false,
    },
  });
  if (state?.maximized === true) window.maximize();
  const { webContents } = window;
  window.once('ready-to-show', () => window.show());
  window.on('close', () => onClose({ ...window.getNormalBounds(), maximized: window.isMaximized() }));
  reloadWhenLost(window);
  webContents.on('will-navigate', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault();
  });
  webContents.on('will-redirect', (event) => event.preventDefault());
  webContents.on('will-attach-webview', (event) => event.preventDefault());
  webContents.setWindowOpenHandler(({ url }) => {
    // Playback addresses open in the operator's browser; nothing opens in here.
    if (URL.parse(url)?.protocol === 'https:') void shell.openExternal(url);
    return { action: 'deny' };
  });
  void window.loadURL(`${APP_ORIGIN}/index.html`);
  return window;
}

/** The show lives in the engine and goes on meanwhile. */
function reloadWhenLost(window: BrowserWindow): void {
  const { webContents } = window;
  let crashes = 0;
  let lastCrashMs = -Infinity;
  let hanging: NodeJS.Timeout | undefined;
  webContents.on('render-process-gone', (_event, { reason }) => {
    clearTimeout(hanging);
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    crashes = performance.now() - lastCrashMs > STEADY_MS ? 0 : crashes + 1;
    lastCrashMs = performance.now();
    const delay = RELOAD_DELAYS_MS[Math.min(crashes, RELOAD_DELAYS_MS.length - 1)] ?? 0;
    setTimeout(() => { if (!window.isDestroyed()) webContents.reload(); }, delay);
  });
  window.on('unresponsive', () => {
    hanging = setTimeout(() => { if (!window.isDestroyed()) webContents.forcefullyCrashRenderer(); }, HANG_MS);
  });
  window.on('responsive', () => clearTimeout(hanging));
}
