import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../support/until.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimDescriptor, readDescriptor, releaseDescriptor, watchShowElsewhere } from '../../../src/main/show/engineDescriptor.ts';

let home = '';
beforeEach(async () => { home = await mkdtemp(join(tmpdir(), 'fieldcast-descriptor-')); });
afterEach(async () => rm(home, { recursive: true, force: true }));

const mine = { address: 'ws://127.0.0.1:4000/api', token: 'secret', pid: process.pid, carriesShow: false };
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

  it('follows what its own engine does', async () => {
    await claimDescriptor(home, mine);
    expect(await claimDescriptor(home, { ...mine, carriesShow: true })).toBe(true);
    expect(await readDescriptor(home)).toMatchObject({ carriesShow: true });
    expect((await stat(join(home, 'engine.json'))).mode & 0o777).toBe(0o600);
  });

  it('holds the uploads of others while a show runs, and those of nobody else', async () => {
    let held = 0;
    let holds = 0;
    const unwatch = watchShowElsewhere(home, () => {
      held += 1;
      holds += 1;
      return () => { held -= 1; };
    }, 10);
    try {
      const other = { ...mine, pid: process.ppid };
      await claimDescriptor(home, { ...other, carriesShow: true });
      await until(() => held === 1, 'the show to be seen');
      // Its control room stays, its show is over.
      await claimDescriptor(home, other);
      await until(() => held === 0, 'the end of the show');
      await claimDescriptor(home, { ...other, carriesShow: true });
      await until(() => held === 1, 'the next show');
      await writeFile(join(home, 'engine.json'), JSON.stringify({ ...other, carriesShow: true, pid: deadPid() }));
      await until(() => held === 0, 'the death of its engine');
      await claimDescriptor(home, { ...mine, carriesShow: true });
      await new Promise((resolve) => { setImmediate(resolve); });
      await claimDescriptor(home, { ...mine, carriesShow: true });
      expect([held, holds]).toEqual([0, 2]);
    } finally {
      unwatch();
    }
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
