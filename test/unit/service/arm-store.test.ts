// The store under failure: all of a change or nothing, one process at a time, a kill in the middle of a transaction.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../../src/main/service/store.ts';

let dir: string;
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'fieldcast-store-')); });
afterEach(() => { rmSync(dir, { recursive: true, force: true }); });

const asset = (name: string) => ({ name, assetId: name, container: `asset-${name}`, alternateId: null, description: null, recordedBy: null, createdAt: '', modifiedAt: '' });

it('undoes everything of a change that throws', () => {
  const store = openStore(join(dir, 's.db'));
  store.transaction(() => store.assets.insert(asset('kept')));
  expect(() => store.transaction(() => {
    store.assets.insert(asset('gone'));
    store.assets.remove({ name: 'kept' });
    throw new Error('no');
  })).toThrow('no');
  expect(store.assets.list().map((one) => one.name)).toEqual(['kept']);
  // A unique column refuses, and takes the rest of its change with it.
  expect(() => store.transaction(() => {
    store.assets.insert(asset('other'));
    store.assets.insert({ ...asset('third'), container: 'ASSET-kept' });
  })).toThrow(/UNIQUE/);
  expect(store.assets.count()).toBe(1);
  store.close();
});

it('finds names without regard to case, and keeps their own', () => {
  const store = openStore(join(dir, 's.db'));
  store.assets.insert(asset('MyAsset'));
  expect(store.assets.find({ name: 'myasset' })?.name).toBe('MyAsset');
  store.assets.replace({ ...asset('MyAsset'), description: 'x' });
  expect(store.assets.find({ name: 'MYASSET' })?.description).toBe('x');
  expect(store.assets.remove({ name: 'mYaSSET' })).toBe(1);
  store.close();
});

it('is locked while it is open, and free after a kill; a change that was cut in half is not there', () => {
  const path = join(dir, 's.db');
  const script = join(dir, 'cut.mjs');
  const storeModule = resolve(import.meta.dirname, '../../../src/main/service/store.ts');
  writeFileSync(script, `
    import { openStore } from ${JSON.stringify(storeModule)};
    const store = openStore(${JSON.stringify(path)});
    store.setSetting('committed', 'yes');
    store.transaction(() => {
      store.setSetting('cut', 'yes');
      process.kill(process.pid, 'SIGKILL');
      for (;;) store.setSetting('cut', String(Math.random()));
    });`);
  expect(spawnSync(process.execPath, [script], { timeout: 20_000 }).signal).toBe('SIGKILL');
  const store = openStore(path);
  expect([store.setting('committed'), store.setting('cut')]).toEqual(['yes', undefined]);
  expect(() => openStore(path)).toThrow(expect.objectContaining({ code: 'SERVICE_STORE_BUSY' }));
  store.close();
  openStore(path).close();
});
