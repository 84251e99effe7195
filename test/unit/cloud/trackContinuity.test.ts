// Frames, gaps and overlaps from fragments' times: rounding is forgiven, a lost frame never is.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FragmentSamples, InitTrack } from '../../../src/main/cloud/isoBoxes.ts';
import { continuityOf } from '../../../src/main/cloud/trackContinuity.ts';

const track: InitTrack = { id: 1, kind: 'video', timescale: 1000, mediaStart: 0, defaults: { duration: 0, size: 0, flags: 0 } };

/** Fragment of frames `first` to `last` at 30 fps with times rounded to milliseconds, as RTMP gives them. */
function fragment(first: number, last: number, changes: Partial<FragmentSamples> = {}): FragmentSamples {
  const ms = (frame: number): number => Math.round((frame * 1000) / 30);
  const durations = Uint32Array.from({ length: last - first + 1 }, (_unused, index) => ms(first + index + 1) - ms(first + index));
  return { trackId: 1, decodeTime: ms(first), durations, firstShown: ms(first), lastShown: ms(last), startsWithSync: true, sizeBytes: 1, ...changes };
}

const segment = (...fragments: FragmentSamples[]) => ({ fragments, newTimeline: false });

describe('continuityOf', () => {
  it('adds up whole segments, however they are cut', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 20 }), fc.integer({ min: 0, max: 1_000_000 }), (lengths, start) => {
      let at = start;
      const segments = lengths.map((length) => segment(fragment(at, (at += length) - 1)));
      const found = continuityOf(track, segments);
      expect(found).toMatchObject({ frames: at - start, gaps: [], overlaps: [], keyframeSegments: lengths.length });
      expect(found.firstSeconds).toBeCloseTo(start / 30, 2);
      expect(found.lastSeconds).toBeCloseTo((at - 1) / 30, 2);
    }));
  });

  it('notices every single lost frame and every doubled one', () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 200 }), fc.integer({ min: 1, max: 100 }), (cut, lost) => {
      const gap = continuityOf(track, [segment(fragment(0, cut)), segment(fragment(cut + 1 + lost, cut + 60 + lost))]);
      expect(gap.gaps).toHaveLength(1);
      expect(gap.gaps[0]?.lengthSeconds).toBeCloseTo(lost / 30, 2);
      expect(gap.gaps[0]?.atSeconds).toBeCloseTo((cut + 1) / 30, 2);
      const twice = Math.min(lost, cut);
      const overlap = continuityOf(track, [segment(fragment(0, cut)), segment(fragment(cut + 1 - twice, cut + 60))]);
      expect(overlap.overlaps).toHaveLength(1);
      expect(overlap.overlaps[0]?.lengthSeconds).toBeCloseTo(twice / 30, 2);
    }));
  });

  it('finds a gap that hides in a stretched frame', () => {
    const stretched = fragment(0, 59);
    stretched.durations[59] = 33 + 200;
    const found = continuityOf(track, [segment(stretched), segment(fragment(66, 125))]);
    expect(found.gaps).toEqual([{ atSeconds: expect.closeTo(2, 1) as number, lengthSeconds: expect.closeTo(0.2, 2) as number }]);
    expect(found.overlaps).toEqual([]);
  });

  it('leaves other tracks, missing segments and new timelines out of the reckoning', () => {
    const other = fragment(500, 700, { trackId: 2 });
    expect(continuityOf(track, [segment(fragment(0, 59), other), { fragments: [fragment(0, 59)], newTimeline: true }])).toMatchObject({ frames: 120, gaps: [], overlaps: [] });
    expect(continuityOf(track, [{ fragments: undefined, newTimeline: false }, segment(fragment(0, 59)), { fragments: undefined, newTimeline: false }])).toMatchObject({ frames: 60, gaps: [], keyframeSegments: 1 });
    expect(continuityOf(track, [])).toEqual({ frames: 0, firstSeconds: 0, lastSeconds: 0, gaps: [], overlaps: [], keyframeSegments: 0 });
  });

  it('counts from where the edit list shows media, and speaks of presentation, not decoding', () => {
    const delayed = (first: number, last: number): FragmentSamples => fragment(first, last, { firstShown: Math.round((first * 1000) / 30) + 67, lastShown: Math.round((last * 1000) / 30) + 67 });
    const found = continuityOf({ ...track, mediaStart: 67 }, [segment(delayed(0, 59)), segment(delayed(120, 179))]);
    expect(found.firstSeconds).toBe(0);
    expect(found.gaps).toEqual([{ atSeconds: 2, lengthSeconds: 2 }]);
  });
});
