// What each system shows of the show: tray, dock badge, overlay of the taskbar, menu; and that the computer stays awake from the rehearsal on.
import { beforeEach, expect, test, vi } from 'vitest';
import { onAirSigns } from '../../../src/main/shell/onAirSigns.ts';

type Item = { label?: string; role?: string; submenu?: Item[]; click?: () => void; accelerator?: string };
const seen = vi.hoisted(() => ({ badges: [] as string[], tips: [] as string[], tray: [] as unknown[], menu: [] as unknown[], awake: [] as string[], quits: 0 }));
vi.mock('electron', () => ({
  app: { dock: { setBadge: (text: string) => seen.badges.push(text) }, quit: () => { seen.quits += 1; } },
  Menu: { buildFromTemplate: (template: unknown) => template, setApplicationMenu: (menu: unknown) => { seen.menu = menu as unknown[]; } },
  nativeImage: { createFromBitmap: (pixels: Buffer) => pixels },
  powerSaveBlocker: { start: () => seen.awake.push('start'), stop: () => { seen.awake.push('stop'); } },
  Tray: class {
    on() {}
    setImage() {}
    setToolTip(text: string) { seen.tips.push(text); }
    setContextMenu(menu: unknown) { seen.tray = menu as unknown[]; }
  },
}));

const overlays: (string | null)[] = [];
const window = { setOverlayIcon: (image: unknown, words: string) => { overlays.push(image === null ? null : words); } } as never;

beforeEach(() => {
  for (const list of [seen.badges, seen.tips, seen.awake, overlays]) list.length = 0;
  seen.quits = 0;
});

test('awake from preparing to the end, once', () => {
  const signs = onAirSigns({ platform: 'linux', openWindow: () => undefined });
  for (const state of ['preparing', 'rehearsing', 'live', 'ending', 'ended'] as const) signs.show(state, window);
  expect(seen.awake).toEqual(['start', 'stop']);
  expect(seen.tips).toEqual(['Off', 'Preparing', 'Rehearsal', 'On air', 'Ending', 'Off'].map((word) => `Fieldcast: ${word}`));
  expect([seen.badges, overlays]).toEqual([[], []]);
});

test('the dock of macOS carries the state, the taskbar of Windows an overlay with its word', () => {
  const dock = onAirSigns({ platform: 'darwin', openWindow: () => undefined });
  for (const state of ['rehearsing', 'live', 'ended'] as const) dock.show(state, window);
  expect(seen.badges).toEqual(['', '◆', 'ON AIR', '']);
  const taskbar = onAirSigns({ platform: 'win32', openWindow: () => undefined });
  for (const state of ['rehearsing', 'live', 'ended'] as const) taskbar.show(state, window);
  expect(overlays).toEqual(['Rehearsal', 'On air', null]);
});

test.each(['darwin', 'win32', 'linux'] as const)('%s: the menu offers nothing that could lose the page, and says that quitting asks', (platform) => {
  const signs = onAirSigns({ platform, openWindow: () => undefined });
  const all = (items: Item[]): Item[] => items.flatMap((one) => [one, ...all(one.submenu ?? [])]);
  const items = (): Item[] => all(seen.menu as Item[]);
  expect(items().map((one) => one.role)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(reload|forceReload|toggleDevTools)$/)]));
  expect(items().map((one) => one.label)).toContain('Quit Fieldcast');
  signs.show('live', window);
  const quit = items().find((one) => one.label === 'Quit Fieldcast…');
  expect(quit?.accelerator).toBe('CommandOrControl+Q');
  quit?.click?.();
  (seen.tray as Item[]).find((one) => one.label === 'Quit…')?.click?.();
  expect(seen.quits, 'both go the way that is guarded').toBe(2);
});
