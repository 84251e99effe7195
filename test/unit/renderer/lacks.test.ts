// What an archive lacks as stretches of time, from holes of several renditions.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Undelivered } from '../../../src/contract/undelivered.ts';
import { lacksOf } from '../../../src/renderer/lacks.ts';

const utc = (seconds: number): string => new Date(1_700_000_000_000 + seconds * 1000).toISOString();
const hole = (track: string, fromSeconds: number, toSeconds: number, cause: Undelivered['cause'] = 'network'): Undelivered =>
  ({ track, cause, fromSeconds, toSeconds, fromUtc: utc(fromSeconds), toUtc: utc(toSeconds), frames: 1 });

test('holes at the same time are one stretch with everything that is missing in it, and a long one is not cut short by a later short one', () => {
  expect(lacksOf([hole('360p', 12, 13), hole('480p', 10, 16, 'queue'), hole('audio', 10, 15), hole('480p', 30, 31)])).toEqual([
    { fromUtc: utc(10), toUtc: utc(16), seconds: 6, tracks: ['480p', 'audio', '360p'], causes: ['queue', 'network'] },
    { fromUtc: utc(30), toUtc: utc(31), seconds: 1, tracks: ['480p'], causes: ['network'] },
  ]);
  expect(lacksOf([])).toEqual([]);
});

test('every hole lies in exactly one stretch, and stretches stand in order and apart', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 20 }))), (pairs) => {
    const lacks = lacksOf(pairs.map(([from, length]) => hole('480p', from, from + length)));
    for (const [from, length] of pairs) {
      expect(lacks.filter(({ fromUtc, toUtc }) => fromUtc <= utc(from) && toUtc >= utc(from + length))).toHaveLength(1);
    }
    for (const [index, one] of lacks.entries()) if (index > 0) expect(Date.parse(one.fromUtc) - Date.parse(lacks[index - 1]!.toUtc)).toBeGreaterThan(1000);
  }));
});
