import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFileLock } from '../../../src/main/secrets/fileLock.ts';
import { createFileSecretStore } from '../../../src/main/secrets/fileSecretStore.ts';
import { openHeadlessSecretStore } from '../../../src/main/secrets/headlessSecretStore.ts';
import type { SecretStore } from '../../../src/main/secrets/secretStore.ts';

describe('secrets in a file', () => {
  let dir: string;
  let file: string;
  let warnings: string[];
  const open = (): SecretStore => createFileSecretStore(file, (sentence) => warnings.push(sentence));
  beforeEach(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-secrets-'));
    file = path.join(dir, 'secrets.json');
    warnings = [];
  });
  afterEach(async () => { await rm(dir, { recursive: true, force: true }); });

  it('keeps, lists and forgets, for its owner alone, and leaves nothing else behind', async () => {
    await open().set('b/two', 'zwei');
    // Of a process that was killed while it wrote.
    await writeFile(path.join(dir, 'secrets.json.0123456789ab.draft'), 'zwei');
    await open().set('a/one', 'eins');
    expect(await open().list()).toEqual(['a/one', 'b/two']);
    expect(await open().get('b/two')).toBe('zwei');
    await open().delete('b/two');
    await open().delete('never/there');
    expect(await open().get('b/two')).toBeUndefined();
    expect(await readFile(file, 'utf8')).not.toContain('zwei');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['secrets.json']);
    expect(warnings).toEqual([]);
  });

  it('loses nothing when several processes write at once', async () => {
    const module = new URL('../../../src/main/secrets/fileSecretStore.ts', import.meta.url).href;
    const script = (who: string): string => `const { createFileSecretStore } = await import(${JSON.stringify(module)});
      const store = createFileSecretStore(${JSON.stringify(file)}, () => undefined);
      await Promise.all(Array.from({ length: 10 }, async (_, i) => await store.set('${who}/' + i, '${who}')));`;
    await Promise.all(['x', 'y', 'z'].map(async (who) => await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script(who)])));
    expect(await open().list()).toHaveLength(30);
    expect(await readdir(dir)).toEqual(['secrets.json']);
  });

  it('sets a damaged file aside, says so once, and goes on', async () => {
    await writeFile(file, '{"version":1,"secrets":{"a":"the-secret', { mode: 0o600 });
    expect(await open().get('a')).toBeUndefined();
    await open().set('b', 'new');
    expect(await open().list()).toEqual(['b']);
    expect(await readFile(`${file}.damaged`, 'utf8')).toContain('the-secret');
    expect((await stat(`${file}.damaged`)).mode & 0o777).toBe(0o600);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).not.toContain('the-secret');
  });

  it.each([['an array', '[]'], ['other values', '{"version":1,"secrets":{"a":1}}'], ['another version', '{"version":2,"secrets":{}}'], ['nothing', '']])('takes %s for damaged', async (_what, text) => {
    await writeFile(file, text, { mode: 0o600 });
    expect(await open().list()).toEqual([]);
    expect(warnings).toHaveLength(1);
  });

  it('closes a file that others could read, and says so', async () => {
    await open().set('a', 'b');
    await chmod(file, 0o644);
    expect(await open().get('a')).toBe('b');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(warnings).toEqual([expect.stringContaining('other users')]);
  });

  it('uses no link, no folder and no file that cannot be its own', async () => {
    await writeFile(path.join(dir, 'other'), '{"version":1,"secrets":{}}');
    await symlink(path.join(dir, 'other'), file);
    await expect(open().get('a')).rejects.toMatchObject({ code: 'SECRETS_UNUSABLE' });
    await expect(open().set('a', 'b')).rejects.toMatchObject({ code: 'SECRETS_UNUSABLE' });
    await rm(file);
    await mkdir(file);
    await expect(open().get('a')).rejects.toMatchObject({ code: 'SECRETS_UNUSABLE' });
    await rm(file, { recursive: true });
    await writeFile(file, 'x'.repeat(5 * 1024 * 1024), { mode: 0o600 });
    await expect(open().get('a')).rejects.toMatchObject({ code: 'SECRETS_UNUSABLE' });
    await rm(dir, { recursive: true });
    await expect(open().set('a', 'b')).rejects.toMatchObject({ code: 'SECRETS_UNUSABLE' });
  });

  it('bounds names and values, and repeats neither value nor name in an error', async () => {
    for (const name of ['', '../x'.repeat(40), 'A', 'a b', '__proto__ ']) await expect(open().set(name, 'v')).rejects.toMatchObject({ code: 'SECRET_NAME' });
    const error: unknown = await open().set('a', 'secret'.repeat(100_000)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SECRET_TOO_LARGE', message: expect.not.stringContaining('secretsecret') });
  });

  it('takes over the lock of a process that died, and not one that lives', async () => {
    await writeFile(`${file}.lock`, '999999999 x');
    await open().set('a', 'b');
    expect(await open().get('a')).toBe('b');
    await writeFile(`${file}.lock`, `${process.pid} x`);
    await expect(withFileLock(`${file}.lock`, 100, async () => undefined)).rejects.toMatchObject({ code: 'SECRETS_BUSY' });
  });

  it('is used by choice only', async () => {
    const headless = (choice: string | undefined): SecretStore => openHeadlessSecretStore({ home: dir, choice, warn: (sentence) => warnings.push(sentence) });
    const unchosen = headless(undefined);
    await unchosen.set('a', 'b');
    expect([unchosen.persistent, await unchosen.get('a')]).toEqual([false, 'b']);
    await unchosen.delete('a');
    expect(await unchosen.list()).toEqual([]);
    await expect(unchosen.set('A', 'b')).rejects.toMatchObject({ code: 'SECRET_NAME' });
    expect(await readdir(dir)).toEqual([]);
    const chosen = headless('file');
    await chosen.set('a', 'b');
    await chosen.set('a', 'c');
    expect(chosen.persistent).toBe(true);
    expect(warnings).toEqual([expect.stringContaining('unencrypted')]);
    expect(() => headless('everywhere')).toThrow(expect.objectContaining({ code: 'SECRETS_CHOICE' }));
  });
});
