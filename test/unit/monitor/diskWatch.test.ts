import { statfs } from 'node:fs/promises';
import os from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { DiskWatch } from '../../../src/main/monitor/diskWatch.ts';

const watches: DiskWatch[] = [];
afterEach(() => watches.splice(0).forEach((watch) => watch.stop()));

function watchOf(facts: { nowMs: () => number; recordedBytes: () => number; freeBytes: (dir: string) => Promise<number> }): DiskWatch {
  const watch = new DiskWatch('/recordings', facts);
  watches.push(watch);
  return watch;
}

describe('the time left on a disk', () => {
  it('comes from the free space and the pace of the recording', async () => {
    let [nowMs, recorded] = [5_000, 0];
    const asked: string[] = [];
    const watch = watchOf({ nowMs: () => nowMs, recordedBytes: () => recorded, freeBytes: async (dir) => { asked.push(dir); return 900e6; } });
    await watch.ask();
    expect([watch.secondsLeft, asked]).toEqual([undefined, []]);
    nowMs += 30_000;
    recorded = 30e6;
    await watch.ask();
    expect(watch.secondsLeft).toBeCloseTo(900, 6);
    expect(asked).toEqual(['/recordings']);
  });

  it('is asked for once at a time, and unknown where the disk has gone', async () => {
    let nowMs = 0;
    let calls = 0;
    const answer = Promise.withResolvers<number>();
    const watch = watchOf({ nowMs: () => nowMs, recordedBytes: () => 1e6, freeBytes: async () => { calls += 1; return answer.promise; } });
    nowMs = 60_000;
    const asking = watch.ask();
    await watch.ask();
    await watch.ask();
    expect(calls).toBe(1);
    answer.reject(new Error('EIO'));
    await asking;
    expect(watch.secondsLeft).toBeUndefined();
    await watch.ask();
    expect(calls).toBe(2);
  });
});

describe('on a real disk', () => {
  it('asks the file system', async () => {
    let nowMs = 0;
    const watch = new DiskWatch(os.tmpdir(), { nowMs: () => nowMs, recordedBytes: () => 20e6 });
    watches.push(watch);
    nowMs = 20_000;
    await watch.ask();
    const { bavail, bsize } = await statfs(os.tmpdir());
    // 1 MB a second; others write to this disk too.
    expect((watch.secondsLeft ?? 0) / ((bavail * bsize) / 1e6)).toBeCloseTo(1, 1);
  });
});
