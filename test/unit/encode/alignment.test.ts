import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlignmentChecker } from '../../../src/main/encode/alignment.ts';
import type { VideoPacket } from '../../../src/main/media/packets.ts';
import type { FrameIndex } from '../../../src/main/media/timeline.ts';

const GOP = 6;
function packet(rendition: string, frame: number, isIdr = frame % GOP === 0): VideoPacket {
  return { kind: 'video', rendition, frame: frame as FrameIndex, decodeFrame: (frame - 1) as FrameIndex, isIdr, isReference: true, data: new Uint8Array(1) };
}
/** Decode order of an IBBP GOP: each P before the two B-frames in front of it. */
const DECODE_ORDER = [0, 3, 1, 2, 5, 4];
const gop = (rendition: string, start: number): VideoPacket[] => DECODE_ORDER.map((offset) => packet(rendition, start + offset));
function checked(packets: readonly VideoPacket[]): ReturnType<AlignmentChecker['report']> {
  const checker = new AlignmentChecker(GOP, ['a', 'b']);
  for (const one of packets) checker.add(one);
  return checker.report();
}

describe('alignment of keyframes', () => {
  it('accepts renditions that agree, in decode order and interleaved anyhow', () => {
    expect(checked([...gop('a', 60), ...gop('b', 60), ...gop('b', 66), ...gop('a', 66)])).toMatchObject({
      keyframesAligned: true, misalignments: 0,
      renditions: [{ frames: 12, keyframes: 2, missingFrames: 0, duplicateFrames: 0 }, { frames: 12, keyframes: 2, missingFrames: 0, duplicateFrames: 0 }],
    });
  });

  it('does not call a ladder aligned of which one rendition never came', () => {
    expect(checked(gop('a', 0)).keyframesAligned).toBe(false);
  });

  it('reports an IDR inside a GOP and a GOP without one', () => {
    const inside = checked([...gop('a', 0), ...gop('b', 0).map((one) => (one.frame === 3 ? packet('b', 3, true) : one))]);
    expect(inside).toMatchObject({ keyframesAligned: false, examples: [{ rendition: 'b', frame: 3, kind: 'unexpected-idr' }] });
    const without = checked([...gop('a', 0), ...gop('a', 6), ...gop('b', 0), ...gop('b', 6).map((one) => (one.isIdr ? packet('b', 6, false) : one))]);
    expect(without).toMatchObject({ keyframesAligned: false, examples: [{ rendition: 'b', frame: 6, kind: 'missing-idr' }] });
  });

  it('reports renditions that do not begin together', () => {
    expect(checked([...gop('a', 0), ...gop('a', 6), ...gop('b', 6)])).toMatchObject({
      keyframesAligned: false, examples: [{ rendition: 'b', frame: 6, kind: 'different-start' }],
    });
  });

  it('counts exactly the frames that were left out or sent twice', () => {
    const scenario = fc.record({ dropped: fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { maxLength: 20 }), repeated: fc.uniqueArray(fc.integer({ min: 0, max: 29 }), { maxLength: 5 }) });
    fc.assert(fc.property(scenario, ({ dropped, repeated }) => {
      const all = [0, 6, 12, 18, 24].flatMap((start) => gop('a', start));
      const kept = all.filter((one) => !dropped.includes(one.frame));
      const sent = kept.flatMap((one) => (repeated.includes(one.frame) ? [one, one] : [one]));
      const highest = Math.max(...kept.map((one) => one.frame));
      expect(checked(sent).renditions[0]).toMatchObject({
        missingFrames: dropped.filter((frame) => frame < highest).length,
        duplicateFrames: sent.length - kept.length,
        frames: sent.length,
      });
    }));
  });

  it('counts whole GOPs that never came, and stays bounded in what it quotes', () => {
    expect(checked([...gop('a', 0), ...gop('a', 600)]).renditions[0]).toMatchObject({ missingFrames: 594 });
    const bad = checked(Array.from({ length: 500 }, (_, index) => packet('a', index, true)));
    expect(bad.misalignments).toBeGreaterThan(400);
    expect(bad.examples.length).toBeLessThanOrEqual(20);
  });

  it('accepts an announced IDR inside a GOP in all renditions or in none, and in no other place', () => {
    const withIdr = (rendition: string, frames: readonly number[]): VideoPacket[] => gop(rendition, 0).map((one) => (frames.includes(one.frame) ? packet(rendition, one.frame, true) : one));
    const report = (a: readonly number[], b: readonly number[]): ReturnType<AlignmentChecker['report']> => {
      const checker = new AlignmentChecker(GOP, ['a', 'b']);
      checker.expectIdr(3);
      for (const one of [...withIdr('a', a), ...withIdr('b', b)]) checker.add(one);
      return checker.report();
    };
    expect(report([3], [3])).toMatchObject({ keyframesAligned: true, renditions: [{ keyframes: 2 }, { keyframes: 2 }] });
    expect(report([], []).keyframesAligned).toBe(true);
    expect(report([3], [])).toMatchObject({ keyframesAligned: false, examples: [{ rendition: 'b', frame: 3, kind: 'missing-idr' }] });
    expect(report([], [3])).toMatchObject({ examples: [{ rendition: 'b', frame: 3, kind: 'unexpected-idr' }] });
    expect(report([3, 4], [3, 4])).toMatchObject({ misalignments: 2 });
  });
});
