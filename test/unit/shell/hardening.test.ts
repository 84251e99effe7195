// Items of Electron's security checklist (electronjs.org/docs/latest/tutorial/security) that no other test looks at. Elsewhere: web
// preferences, permissions, navigation, windows, webviews, openExternal and senders in desktop.test.ts; the content policy in
// contentPolicy.test.ts; fuses in desktopParts.test.ts; files of the own scheme in appFiles.test.ts; isolation in test/e2e/desktop.spec.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { beforeEach, expect, test, vi } from 'vitest';

type Listener = (...args: unknown[]) => void;
const electron = vi.hoisted(() => ({ exposed: new Map<string, Record<string, (...args: unknown[]) => unknown>>(), invoked: [] as unknown[][], listeners: new Set<(...args: unknown[]) => void>() }));
vi.mock('electron', () => ({
  webUtils: { getPathForFile: () => '/dropped/film.mp4' },
  contextBridge: { exposeInMainWorld: (name: string, api: Record<string, () => unknown>) => electron.exposed.set(name, api) },
  ipcRenderer: {
    invoke: async (...args: unknown[]) => { electron.invoked.push(args); },
    on: (_channel: string, listener: Listener) => electron.listeners.add(listener),
    off: (_channel: string, listener: Listener) => electron.listeners.delete(listener),
  },
}));

const project = new URL('../../../', import.meta.url);
/** Everything that runs inside Electron's own processes, without its comments. */
const shellSources = ['src/main/shell/', 'src/preload/'].flatMap((folder) => readdirSync(new URL(folder, project)).map((name) => ({
  name: folder + name, code: readFileSync(new URL(folder + name, project), 'utf8').replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, ''),
})));

beforeEach(async () => {
  electron.exposed.clear();
  vi.resetModules();
  await import('../../../src/preload/index.ts');
});

test('1 and 18: nothing is loaded but the own scheme, no file and nothing remote', () => {
  const loads = shellSources.flatMap(({ name, code }) => [...code.matchAll(/\.(loadURL|loadFile)\((.+?)\)/g)].map(([, how, what]) => `${name}: ${how} ${what}`));
  expect(loads).toEqual(['src/main/shell/window.ts: loadURL `${APP_ORIGIN}/index.html`']);
  for (const { name, code } of shellSources) expect(code, name).not.toMatch(/['"`]file:|['"`]http:/);
});

test('9, 10 and 11: no features of Chromium are switched on, and no webview may open windows', () => {
  for (const { name, code } of shellSources) {
    expect(code, name).not.toMatch(/enableBlinkFeatures|appendSwitch|allowpopups|experimentalFeatures: true|webviewTag: true/i);
  }
});

test('16: one exact version of Electron, which this project follows', () => {
  const { devDependencies } = JSON.parse(readFileSync(new URL('package.json', project), 'utf8')) as { devDependencies: Record<string, string> };
  expect(devDependencies['electron']).toMatch(/^\d+\.\d+\.\d+$/);
});

test('20: the page gets a few functions of ours, and nothing of Electron', async () => {
  expect([...electron.exposed.keys()]).toEqual(['fieldcast']);
  const bridge = electron.exposed.get('fieldcast')!;
  expect(Object.keys(bridge)).toEqual(['engine', 'pathOf', 'ask', 'onNotice']);
  await bridge['engine']!('other:channel');
  await bridge['ask']!({ ask: 'link' }, 'more');
  expect(electron.invoked, 'the page chooses no channel and adds no arguments').toEqual([['fieldcast:engine'], ['fieldcast:shell', { ask: 'link' }]]);
  expect(bridge['pathOf']!({})).toBe('/dropped/film.mp4');
  const heard: unknown[][] = [];
  const leave = bridge['onNotice']!((...args: unknown[]) => heard.push(args)) as () => void;
  for (const listener of electron.listeners) listener({ sender: 'could send anything' }, { type: 'quit-asked' });
  expect(heard, 'the event of Electron stays behind').toEqual([[{ type: 'quit-asked' }]]);
  leave();
  expect(electron.listeners.size).toBe(0);
});
