import { afterEach, describe, expect, it } from 'vitest';
import { GrowthWatch, type FileFacts } from '../../../src/main/record/growthWatch.ts';

let watch: GrowthWatch | undefined;
afterEach(() => watch?.stop());

describe('watch over the growth of a file', () => {
  it('knows how long it has not grown, over a change of the file too', async () => {
    let [nowMs, path] = [0, 'one'];
    let facts: FileFacts | undefined = { sizeBytes: 0, id: '1' };
    const vanished: string[] = [];
    watch = new GrowthWatch({ path: () => path, onVanished: (gone) => vanished.push(gone), look: async () => facts, nowMs: () => nowMs });
    const askAt = async (atMs: number, next: FileFacts | undefined): Promise<number> => {
      [nowMs, facts] = [atMs, next];
      await watch?.ask();
      return watch?.stalledMs ?? -1;
    };
    expect(await askAt(3000, { sizeBytes: 0, id: '1' })).toBe(3000);
    expect(await askAt(4000, { sizeBytes: 10, id: '1' })).toBe(0);
    expect(await askAt(9000, { sizeBytes: 10, id: '1' })).toBe(5000);
    path = 'two';
    expect(await askAt(10_000, { sizeBytes: 5, id: '2' })).toBe(0);
    expect(vanished).toEqual([]);
    expect(await askAt(12_000, undefined)).toBe(2000);
    expect(vanished).toEqual(['two']);
    // Told once; and a file that stands in its place is not it.
    expect(await askAt(13_000, undefined)).toBe(3000);
    expect(await askAt(14_000, { sizeBytes: 7, id: '3' })).toBe(0);
    expect(await askAt(15_000, { sizeBytes: 99, id: '4' })).toBe(1000);
    expect(vanished).toEqual(['two', 'two']);
  });

  it('counts a disk that gives no answer as one that does not grow, and asks it once', async () => {
    let nowMs = 0;
    let asked = 0;
    watch = new GrowthWatch({ path: () => 'file', onVanished: () => {}, look: async () => { asked += 1; return new Promise(() => {}); }, nowMs: () => nowMs });
    void watch.ask();
    nowMs = 60_000;
    await watch.ask();
    expect([asked, watch.stalledMs]).toEqual([1, 60_000]);
  });
});
