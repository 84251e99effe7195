// What the system shows and does while a show is under way: tray, dock, taskbar, menu, and no sleep. Decides nothing about the show.
import { app, Menu, nativeImage, powerSaveBlocker, Tray, type BrowserWindow, type MenuItemConstructorOptions, type NativeImage } from 'electron';
import type { ShowState } from '../../contract/report.ts';
import { discBitmap } from './discBitmap.ts';
import { isUnderWay } from './showFollower.ts';

const WORDS: Readonly<Record<ShowState, string>> = {
  idle: 'Off', ended: 'Off', failed: 'Failed', preparing: 'Preparing', rehearsing: 'Rehearsal', live: 'On air', ending: 'Ending',
};
/** The fills of tokens.css; a word stands beside each of them. */
const RED = [200, 32, 47] as const;
const BLUE = [37, 99, 201] as const;
const GREY = [128, 136, 146] as const;
const TRAY_SIZE = 32;

export type OnAirSigns = { show(state: ShowState, window: BrowserWindow | undefined): void };

export function onAirSigns({ platform, openWindow }: { readonly platform: NodeJS.Platform; readonly openWindow: () => void }): OnAirSigns {
  let blocker: number | undefined;
  const tray = new Tray(sign('idle'));
  tray.on('click', openWindow);

  const keepAwake = (wanted: boolean): void => {
    if (wanted === (blocker !== undefined)) return;
    if (blocker === undefined) blocker = powerSaveBlocker.start('prevent-display-sleep');
    else {
      powerSaveBlocker.stop(blocker);
      blocker = undefined;
    }
  };

  const show = (state: ShowState, window: BrowserWindow | undefined): void => {
    const underWay = isUnderWay(state);
    keepAwake(underWay);
    tray.setImage(sign(state));
    tray.setToolTip(`Fieldcast: ${WORDS[state]}`);
    const items: MenuItemConstructorOptions[] = [
      { label: `Fieldcast: ${WORDS[state]}`, enabled: false },
      { type: 'separator' },
      { label: 'Open the window', click: openWindow },
      { label: underWay ? 'Quit…' : 'Quit', click: () => app.quit() },
    ];
    tray.setContextMenu(Menu.buildFromTemplate(items));
    if (platform === 'darwin') app.dock?.setBadge(state === 'live' ? 'ON AIR' : state === 'rehearsing' ? '◆' : '');
    if (platform === 'win32') window?.setOverlayIcon(underWay ? sign(state) : null, WORDS[state]);
    Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(platform, underWay)));
  };
  show('idle', undefined);
  return { show };
}

/** The application menu; the keys of the show itself belong to the page. */
function menuTemplate(platform: NodeJS.Platform, underWay: boolean): MenuItemConstructorOptions[] {
  const quit: MenuItemConstructorOptions = { label: underWay ? 'Quit Fieldcast…' : 'Quit Fieldcast', accelerator: 'CommandOrControl+Q', click: () => app.quit() };
  return [
    platform === 'darwin'
      ? { label: 'Fieldcast', submenu: [{ role: 'about' }, { type: 'separator' }, { role: 'hide' }, { role: 'hideOthers' }, { role: 'unhide' }, { type: 'separator' }, quit] }
      : { label: '&File', submenu: [quit] },
    { role: 'editMenu' },
    { label: '&View', submenu: [{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, { type: 'separator' }, { role: 'togglefullscreen' }] },
    { role: 'windowMenu' },
  ];
}

function sign(state: ShowState): NativeImage {
  const colour = state === 'live' ? RED : isUnderWay(state) ? BLUE : GREY;
  return nativeImage.createFromBitmap(discBitmap(TRAY_SIZE, colour, state === 'live'), { width: TRAY_SIZE, height: TRAY_SIZE, scaleFactor: 2 });
}
