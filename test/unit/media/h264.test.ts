import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MediaFormatError } from '../../../src/main/media/formatError.ts';
import { inspectAccessUnit, NalType, nalRefIdcOf, nalTypeOf, nalUnitsOf, withoutNalTypes } from '../../../src/main/media/h264.ts';

/** One NAL unit with its 4-byte length. */
function sized(nal: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + nal.length);
  new DataView(bytes.buffer).setUint32(0, nal.length);
  bytes.set(nal, 4);
  return bytes;
}
const accessUnit = (...nals: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(nals.map(sized)));
const anyNal = fc.uint8Array({ minLength: 1, maxLength: 40 });
const nal = (refIdc: number, type: number): Uint8Array => Uint8Array.of((refIdc << 5) | type, 1, 2, 3);

describe('H.264 access units', () => {
  it('gives the NAL units back in order', () => {
    fc.assert(fc.property(fc.array(anyNal, { maxLength: 10 }), (nals) => {
      expect([...nalUnitsOf(accessUnit(...nals))].map((one) => [...one])).toEqual(nals.map((one) => [...one]));
    }));
  });

  it('throws nothing but a MediaFormatError for any bytes, and never yields beyond the end', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      let total = 0;
      try {
        for (const one of nalUnitsOf(bytes)) total += 4 + one.length;
      } catch (error) {
        expect(error).toBeInstanceOf(MediaFormatError);
      }
      expect(total).toBeLessThanOrEqual(bytes.length);
    }), { numRuns: 500 });
  });

  it('refuses an empty NAL unit, a cut length and a length beyond the end', () => {
    expect(() => [...nalUnitsOf(Uint8Array.of(0, 0, 0, 0))]).toThrow('empty');
    expect(() => [...nalUnitsOf(Uint8Array.of(0, 0, 1))]).toThrow('inside the length');
    expect(() => [...nalUnitsOf(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1))]).toThrow('longer than');
  });

  it('reads type and reference importance', () => {
    expect([nalTypeOf(nal(3, 5)), nalRefIdcOf(nal(3, 5))]).toEqual([5, 3]);
    expect(inspectAccessUnit(accessUnit(nal(0, NalType.sei), nal(3, NalType.idrSlice)))).toEqual({ isIdr: true, isReference: true, hasSlice: true });
    expect(inspectAccessUnit(accessUnit(nal(2, NalType.slice)))).toEqual({ isIdr: false, isReference: true, hasSlice: true });
    expect(inspectAccessUnit(accessUnit(nal(0, NalType.slice), nal(0, NalType.slice)))).toEqual({ isIdr: false, isReference: false, hasSlice: true });
    expect(inspectAccessUnit(accessUnit(nal(3, NalType.sps), nal(3, NalType.pps)))).toEqual({ isIdr: false, isReference: false, hasSlice: false });
  });

  it('takes out the given types alone, and copies only when there is something to take out', () => {
    fc.assert(fc.property(fc.array(anyNal, { minLength: 1, maxLength: 10 }), (nals) => {
      const unit = accessUnit(...nals);
      const kept = nals.filter((one) => nalTypeOf(one) !== NalType.fillerData);
      const result = withoutNalTypes(unit, [NalType.fillerData]);
      expect(Buffer.compare(result, accessUnit(...kept))).toBe(0);
      if (kept.length === nals.length) expect(result).toBe(unit);
    }));
  });
});
