import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalStore, type Journal } from '../../../src/main/show/journal.ts';

let home: string;
beforeEach(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-journal-')); });
afterEach(async () => rm(home, { recursive: true, force: true }));

function journal(showId: string, state: Journal['state'], startedAtUtc: string): Journal {
  return {
    version: 1, showId, state, startedAtUtc, created: { ownsEvent: true, startedEvent: false, publishedOutput: false, eventName: 'e1' },
    plan: {
      video: { kind: 'test' }, audio: { kind: 'source' }, destination: { kind: 'embedded' }, rehearse: false, keepEvent: false,
      ladder: { name: 'x', frameRate: { num: 30, den: 1 }, gopSeconds: 2, audioKbps: 128, renditions: [{ name: '180p', width: 320, height: 180, declaredKbps: 300 }] },
    },
  };
}

describe('JournalStore', () => {
  it('gives back what was written, readable by its owner alone, with no draft left', async () => {
    const store = new JournalStore(home);
    await store.write(journal('aa', 'live', '2026-01-01T00:00:00Z'));
    expect(await store.read('aa')).toEqual(journal('aa', 'live', '2026-01-01T00:00:00Z'));
    expect((await stat(path.join(home, 'shows/aa.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(path.join(home, 'shows'))).toEqual(['aa.json']);
  });

  it('lists unfinished shows newest first and passes over files that are no journals', async () => {
    const store = new JournalStore(home);
    await store.write(journal('aa', 'live', '2026-01-01T00:00:00Z'));
    await store.write(journal('bb', 'ended', '2026-01-02T00:00:00Z'));
    await store.write(journal('cc', 'preparing', '2026-01-03T00:00:00Z'));
    await writeFile(path.join(home, 'shows/dd.json'), '{"version":1');
    expect((await store.unfinished()).map((one) => one.showId)).toEqual(['cc', 'aa']);
  });

  it('lets a show that joins an event stand for those that were left open on it, and for no others', async () => {
    const store = new JournalStore(home);
    await store.write(journal('aa', 'live', '2026-01-01T00:00:00Z'));
    await store.write({ ...journal('bb', 'live', '2026-01-02T00:00:00Z'), created: { ...journal('bb', 'live', '').created, eventName: 'e2' } });
    await store.write({ ...journal('cc', 'live', '2026-01-03T00:00:00Z'), plan: { ...journal('cc', 'live', '').plan, destination: { kind: 'embedded', home: '/else' } } });
    await store.supersede(journal('dd', 'preparing', '2026-01-04T00:00:00Z'));
    expect((await store.unfinished()).map((one) => one.showId)).toEqual(['cc', 'bb']);
  });

  it('never reads outside its folder', async () => {
    const store = new JournalStore(home);
    await writeFile(path.join(home, 'secret.json'), JSON.stringify(journal('aa', 'live', '')));
    expect(await store.read('../secret')).toBeUndefined();
  });

  it('keeps unfinished shows when it prunes', async () => {
    const store = new JournalStore(home);
    for (let index = 0; index < 55; index++) await store.write(journal(`a${index}`, 'ended', new Date(index * 1000).toISOString()));
    await store.write(journal('ff', 'live', new Date(0).toISOString()));
    await writeFile(path.join(home, 'shows/a0.json.0123456789ab.draft'), '');
    await store.prune();
    const left = await readdir(path.join(home, 'shows'));
    expect(left).toHaveLength(51);
    expect(left).toContain('ff.json');
    expect(left).not.toContain('a0.json');
    expect(left.filter((name) => name.endsWith('.draft'))).toEqual([]);
  });
});
