import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimDescriptor, readDescriptor, releaseDescriptor } from '../../../src/main/show/engineDescriptor.ts';

let home = '';
beforeEach(async () => { home = await mkdtemp(join(tmpdir(), 'fieldcast-descriptor-')); });
afterEach(async () => rm(home, { recursive: true, force: true }));

const mine = { address: 'ws://127.0.0.1:4000/api', token: 'secret', pid: process.pid };
/** A process that has just ended. */
const deadPid = (): number => spawnSync(process.execPath, ['-e', '']).pid;

describe('the descriptor of an engine', () => {
  it('is readable by its owner alone, and gone when released', async () => {
    expect(await readDescriptor(home)).toBeUndefined();
    expect(await claimDescriptor(home, mine)).toBe(true);
    expect((await stat(join(home, 'engine.json'))).mode & 0o777).toBe(0o600);
    expect(await readDescriptor(home)).toEqual(mine);
    await releaseDescriptor(home, process.pid);
    expect(await readDescriptor(home)).toBeUndefined();
  });

  it('of a living engine is left alone by another', async () => {
    await claimDescriptor(home, { ...mine, pid: process.ppid });
    expect(await claimDescriptor(home, mine)).toBe(false);
    await releaseDescriptor(home, process.pid);
    expect(await readDescriptor(home)).toMatchObject({ pid: process.ppid });
  });

  it.each(['a dead engine', 'half a file', 'nonsense'])('of %s is taken over', async (what) => {
    const text = { 'a dead engine': JSON.stringify({ ...mine, pid: deadPid() }), 'half a file': '{"address":"ws', nonsense: '{"pid":-1}' }[what]!;
    await writeFile(join(home, 'engine.json'), text);
    expect(await readDescriptor(home)).toBeUndefined();
    await writeFile(join(home, 'engine.json'), text);
    expect(await claimDescriptor(home, mine)).toBe(true);
    expect(JSON.parse(await readFile(join(home, 'engine.json'), 'utf8'))).toEqual(mine);
  });

  it('that cannot be written is an error, not a hang', async () => {
    await expect(claimDescriptor(join(home, 'nowhere'), mine)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
