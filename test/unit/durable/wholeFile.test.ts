import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { draftOf, isDraft, putInPlace, readIfThere, sweepDrafts, writeNew, writeWhole } from '../../../src/main/durable/wholeFile.ts';

let dir = '';
beforeEach(async () => { dir = await mkdtemp(path.join(tmpdir(), 'fieldcast-durable-')); });
afterEach(async () => rm(dir, { recursive: true, force: true }));

describe('whole files', () => {
  it('replaces the content, for the owner alone, and leaves nothing beside it', async () => {
    const file = path.join(dir, 'a.json');
    await writeFile(file, 'a longer text that was there before', { mode: 0o644 });
    await writeWhole(file, 'new');
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await readdir(dir)).toEqual(['a.json']);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('keeps the old content and no draft when it cannot write', async () => {
    const folder = path.join(dir, 'taken');
    await mkdir(folder);
    await expect(writeWhole(folder, 'x')).rejects.toMatchObject({ code: expect.stringMatching(/EISDIR|EPERM|ENOTEMPTY|EEXIST/) as unknown });
    await expect(writeWhole(path.join(dir, 'missing', 'a'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(writeNew(path.join(dir, 'b'), async () => { throw new Error('no more'); })).rejects.toThrow('no more');
    await expect(putInPlace(path.join(dir, 'nothing'), path.join(dir, 'c'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(dir)).toEqual(['taken']);
  });

  it('never writes a new file over another', async () => {
    const file = path.join(dir, 'a');
    await writeFile(file, 'mine');
    await expect(writeNew(file, async (handle) => handle.writeFile('yours'))).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  it('tells a missing file from one that cannot be read', async () => {
    expect(await readIfThere(path.join(dir, 'a'))).toBeUndefined();
    await expect(readIfThere(dir)).rejects.toMatchObject({ code: 'EISDIR' });
  });

  it('sweeps drafts of one file or of all, and nothing else', async () => {
    const [one, other] = [draftOf(path.join(dir, 'one')), draftOf(path.join(dir, 'other'))];
    expect([isDraft(one), isDraft('a.draft'), isDraft('a.json')]).toEqual([true, false, false]);
    for (const file of [one, other, path.join(dir, 'one'), path.join(dir, 'my.draft')]) await writeFile(file, '');
    await sweepDrafts(dir, path.join(dir, 'one'));
    expect(await readdir(dir)).toEqual(expect.arrayContaining([path.basename(other), 'one', 'my.draft']));
    expect(await readdir(dir)).toHaveLength(3);
    await sweepDrafts(dir);
    expect((await readdir(dir)).sort()).toEqual(['my.draft', 'one']);
    await sweepDrafts(path.join(dir, 'missing'));
  });

  it('is one of the contents, whole, whenever its writer is killed', async () => {
    const file = path.join(dir, 'state.json');
    const module = pathToFileURL(path.resolve('src/main/durable/wholeFile.ts')).href;
    const writer = `import(${JSON.stringify(module)}).then(async ({ writeWhole }) => {
      for (let count = 0; ; count += 1) { await writeWhole(process.argv[1], JSON.stringify({ count, fill: 'x'.repeat(200_000) })); if (count === 0) console.log('up'); }
    });`;
    let counted = 0;
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(process.execPath, ['-e', writer, file], { stdio: ['ignore', 'pipe', 'ignore'] });
      const gone = new Promise((resolve) => { child.once('exit', resolve); });
      await new Promise((resolve) => { child.stdout.once('data', resolve); });
      child.kill('SIGKILL');
      await gone;
      const { count, fill } = JSON.parse(await readFile(file, 'utf8')) as { count: number; fill: string };
      expect(fill).toHaveLength(200_000);
      counted += count + 1;
    }
    expect(counted).toBeGreaterThanOrEqual(3);
    await sweepDrafts(dir);
    expect(await readdir(dir)).toEqual(['state.json']);
  });
});
