// The pure parts of the shell: secrets, permissions, updates that a show interrupts, the tray's picture, and what the installer is built with.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createMemorySecretStore } from '../../../src/main/secrets/memorySecretStore.ts';
import { discBitmap } from '../../../src/main/shell/discBitmap.ts';
import { permissionStatus, requestPermission, settingsPage } from '../../../src/main/shell/permissions.ts';
import { createSafeStorageSecretStore, type SafeStorage } from '../../../src/main/shell/safeStorageSecretStore.ts';
import { keepUpdated, type Updater } from '../../../src/main/shell/updates.ts';
import { usableState } from '../../../src/main/shell/windowState.ts';

/** A system store that turns bytes around: not what was given, and given back only by itself. */
const reversing = (backend: string): SafeStorage => ({
  isEncryptionAvailable: () => true,
  getSelectedStorageBackend: () => backend,
  encryptString: (plain) => Buffer.from(plain).reverse(),
  decryptString: (encrypted) => {
    if (encrypted.length === 0) throw new Error('damaged');
    return Buffer.from(encrypted).reverse().toString();
  },
});

describe('secrets in the system’s store', () => {
  test('what is kept is not the secret, what comes back is', async () => {
    const kept = createMemorySecretStore();
    const store = createSafeStorageSecretStore(reversing('gnome_libsecret'), kept);
    await store.set('token', 'very secret');
    expect(await kept.get('token')).not.toContain('very secret');
    expect(Buffer.from(await kept.get('token') ?? '', 'base64').toString()).not.toContain('very secret');
    expect(await store.get('token')).toBe('very secret');
    expect([store.persistent, await store.list()]).toEqual([true, ['token']]);
    await store.delete('token');
    expect(await store.get('token')).toBeUndefined();
  });

  test.each([
    ['a key that is written in the program', reversing('basic_text')],
    ['no encryption at all', { ...reversing('unknown'), isEncryptionAvailable: () => false }],
  ])('%s is no store: nothing is kept, and that is said', async (_what, system) => {
    const kept = createMemorySecretStore();
    const store = createSafeStorageSecretStore(system, kept);
    await expect(store.set('token', 'very secret')).rejects.toMatchObject({ code: 'SECRETS_NO_STORE', action: expect.stringContaining('keyring') });
    expect([await kept.list(), await store.get('token'), store.persistent]).toEqual([[], undefined, false]);
  });

  test('a value that no longer opens is a sentence without the value', async () => {
    const kept = createMemorySecretStore();
    await kept.set('token', '');
    await expect(createSafeStorageSecretStore(reversing('kwallet6'), kept).get('token')).rejects.toMatchObject({ code: 'SECRETS_UNREADABLE' });
  });
});

describe('permissions', () => {
  const system = { getMediaAccessStatus: vi.fn(() => 'denied'), askForMediaAccess: vi.fn(async () => false) };
  test('only systems that know are asked, and only macOS asks its user', async () => {
    expect(permissionStatus(system, 'linux', 'camera')).toBe('unknown');
    expect(permissionStatus(system, 'win32', 'camera')).toBe('denied');
    await requestPermission(system, 'win32', 'camera');
    expect(system.askForMediaAccess).not.toHaveBeenCalled();
    expect(await requestPermission(system, 'darwin', 'microphone')).toBe('denied');
    expect(system.askForMediaAccess).toHaveBeenCalledExactlyOnceWith('microphone');
  });
  test('each kind has its own settings page', () => {
    expect(settingsPage('win32', 'microphone')).toBe('ms-settings:privacy-microphone');
    expect(settingsPage('darwin', 'screen')).toContain('Privacy_ScreenCapture');
    expect([settingsPage('win32', 'screen'), settingsPage('linux', 'camera')]).toEqual([undefined, undefined]);
  });
});

test('a show that begins cancels a download; the update is still offered afterwards', async () => {
  let underWay = false;
  let cancelled = false;
  const updater: Updater = {
    autoDownload: true, autoInstallOnAppQuit: true, on: () => undefined, quitAndInstall: () => undefined,
    checkForUpdates: async () => ({ isUpdateAvailable: true, updateInfo: { version: '2.0.0' } }),
    downloadUpdate: async (token) => await new Promise((_resolve, reject) => {
      if (token !== undefined) token.cancel = () => { cancelled = true; reject(new Error('cancelled')); };
    }),
  };
  const updates = keepUpdated({ updater, newToken: () => ({ cancel: () => undefined }), isShowUnderWay: () => underWay, beforeInstall: async () => undefined, onStatus: () => undefined });
  await updates.check();
  const download = updates.download();
  underWay = true;
  updates.showChanged();
  expect(await download).toEqual({ state: 'available', version: '2.0.0' });
  expect(cancelled).toBe(true);
  expect(await updates.check()).toMatchObject({ state: 'held' });
});

test('a window is put back only where its title bar can be reached', () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1080 };
  fc.assert(fc.property(fc.integer({ min: -4000, max: 4000 }), fc.integer({ min: -4000, max: 4000 }), (x, y) => {
    const state = usableState({ x, y, width: 1000, height: 700, maximized: false }, [screen]);
    const reachable = x + 1000 >= 120 && x <= 1920 - 120 && y >= 0 && y + 32 <= 1080;
    return (state !== undefined) === reachable;
  }));
});

test('on air is a disc, everything else a ring', () => {
  const alphaAt = (pixels: Buffer, x: number, y: number): number => pixels[(y * 32 + x) * 4 + 3] ?? -1;
  expect(alphaAt(discBitmap(32, [200, 0, 0], true), 16, 16)).toBe(255);
  expect(alphaAt(discBitmap(32, [0, 0, 200], false), 16, 16)).toBe(0);
  expect(alphaAt(discBitmap(32, [0, 0, 200], false), 16, 4)).toBe(255);
  // Blue comes first in BGRA.
  expect(discBitmap(32, [1, 2, 3], true).subarray((16 * 32 + 16) * 4, (16 * 32 + 16) * 4 + 4)).toEqual(Buffer.from([3, 2, 1, 255]));
});

test('the installer is built with every fuse set, and knows the links', () => {
  const config = readFileSync(new URL('../../../electron-builder.yml', import.meta.url), 'utf8');
  const fuses = Object.fromEntries([...(/^electronFuses:\n((?: {2}.+\n)+)/m.exec(config)?.[1] ?? '').matchAll(/^ {2}(\w+): (\w+)$/gm)].map(([, name, value]) => [name, value === 'true']));
  expect(fuses).toEqual({
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  });
  expect(config).toMatch(/^asar: true$/m);
  expect(config).toMatch(/^protocols:\n {2}- name: .+\n {4}schemes: \[fieldcast\]$/m);
});
