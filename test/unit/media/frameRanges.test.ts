import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameRanges, intersection, joined, type FrameRange } from '../../../src/main/media/frameRanges.ts';

const framesOf = (ranges: readonly FrameRange[]): number[] => ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, index) => from + index));
const setOf = (frames: readonly number[]): FrameRanges => {
  const set = new FrameRanges();
  for (const frame of frames) set.add(frame);
  return set;
};
const someFrames = fc.array(fc.nat(60), { maxLength: 80 });

describe('ranges of frames', () => {
  it('hold what was added, in order, in as few pieces as can be', () => {
    fc.assert(fc.property(someFrames, (frames) => {
      const { ranges } = setOf(frames);
      expect(framesOf(ranges)).toEqual([...new Set(frames)].sort((a, b) => a - b));
      ranges.forEach(({ from }, index) => expect(from).toBeGreaterThan(ranges[index - 1]?.to ?? -1));
    }));
  });

  it('tell what is missing, and what two of them share', () => {
    fc.assert(fc.property(someFrames, someFrames, fc.nat(60), fc.nat(60), (some, others, from, length) => {
      const within = framesOf([{ from, to: from + length }]);
      expect(framesOf(setOf(some).missing({ from, to: from + length }))).toEqual(within.filter((frame) => !some.includes(frame)));
      expect(framesOf(intersection(setOf(some).ranges, setOf(others).ranges))).toEqual([...new Set(some)].filter((frame) => others.includes(frame)).sort((a, b) => a - b));
    }));
  });

  it('are joined over small gaps without forgetting how many frames they had', () => {
    expect(joined([{ from: 0, to: 2 }, { from: 4, to: 5 }, { from: 20, to: 21 }], 5)).toEqual([{ from: 0, to: 5, frames: 3 }, { from: 20, to: 21, frames: 1 }]);
  });

  it('stay bounded, and then say too much is missing rather than too little', () => {
    const set = new FrameRanges(100);
    for (let frame = 0; frame < 10_000; frame += 2) set.add(frame);
    expect(set.ranges.length).toBeLessThanOrEqual(100);
    expect(framesOf(set.ranges).every((frame) => frame % 2 === 0)).toBe(true);
    expect(set.ranges.at(-1)).toEqual({ from: 9998, to: 9999 });
  });
});
