// The one window: a sandboxed page that can reach the engine and nothing else.
import { BrowserWindow, shell } from 'electron';
import { APP_ORIGIN } from '../../contract/desktop.ts';
import { isOwnPage } from './contentPolicy.ts';

/** Opens the window hidden and shows it with its first picture. `preload` is the absolute path of the bundled .cjs. */
export function openWindow(preload: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    minWidth: 800,
    minHeight: 560,
    show: false,
    title: 'Fieldcast',
    // --surface-canvas of tokens.css: no white flash before the first picture.
    backgroundColor: '#0b0d10',
    webPreferences: { preload, sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false, spellcheck: false },
  });
  const { webContents } = window;
  window.once('ready-to-show', () => window.show());
  // A page that crashed is loaded again; the show lives in the engine and goes on meanwhile.
  webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit' && !window.isDestroyed()) webContents.reload();
  });
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
