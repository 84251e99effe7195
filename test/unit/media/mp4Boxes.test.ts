// Boxes written and walked: what is written comes back, and no bytes lead outside themselves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MediaFormatError } from '../../../src/main/media/formatError.ts';
import { boxesIn, boxOn, viewOf, wholeBoxesIn } from '../../../src/main/media/mp4Boxes.ts';
import { box, boxHead, fullBox, u16, u32, u64, uuidBox } from '../../../src/main/media/mp4BoxWriter.ts';

const names = fc.stringMatching(/^[a-z0-9 ]{4}$/);

describe('boxes', () => {
  it('come back as they were written', () => {
    fc.assert(fc.property(fc.array(fc.tuple(names, fc.uint8Array({ maxLength: 40 })), { maxLength: 8 }), (made) => {
      const bytes = box('outr', ...made.map(([type, body]) => box(type, body)));
      const [outer] = [...wholeBoxesIn(bytes)];
      expect(outer).toEqual({ type: 'outr', start: 0, contentStart: 8, end: bytes.length });
      const inner = [...wholeBoxesIn(bytes, 8)];
      expect(inner.map(({ type, contentStart, end }) => [type, Buffer.from(bytes.subarray(contentStart, end))])).toEqual(made.map(([type, body]) => [type, Buffer.from(body)]));
    }));
  });

  it('are never walked beyond their bounds, and what does not fit is refused or left out', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const one of boxesIn(bytes)) expect(one.end).toBeLessThanOrEqual(bytes.length);
      try {
        for (const one of wholeBoxesIn(bytes)) expect(one.end).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(MediaFormatError);
      }
    }));
    const cut = box('free', new Uint8Array(20)).subarray(0, 20);
    expect([...boxesIn(cut)]).toEqual([]);
    expect(() => [...wholeBoxesIn(cut)]).toThrow(MediaFormatError);
    expect([...wholeBoxesIn(Buffer.concat([box('free'), new Uint8Array(7)]))]).toHaveLength(1);
  });

  it('may have sizes of 64 bits, or reach to the end', () => {
    const large = Buffer.concat([u32(1), Buffer.from('mdat'), u64(24), new Uint8Array(8)]);
    expect([...wholeBoxesIn(large)]).toEqual([{ type: 'mdat', start: 0, contentStart: 16, end: 24 }]);
    expect([...wholeBoxesIn(Buffer.concat([boxHead('mdat', 0), new Uint8Array(5)]))]).toEqual([{ type: 'mdat', start: 0, contentStart: 8, end: 13 }]);
  });

  it('are found on a path, and their fields are big-endian', () => {
    const bytes = box('moov', box('free'), box('trak', fullBox('tkhd', 1, 0x07, u64(2 ** 40), u16(1, 2), u32(-1))), uuidBox('00112233445566778899aabbccddeeff', 2, 3, u16(9)));
    const tkhd = boxOn(bytes, ['moov', 'trak', 'tkhd'])!;
    expect(Buffer.from(bytes.subarray(tkhd.contentStart, tkhd.end)).toString('hex')).toBe('0100000700000100000000000001'.concat('0002ffffffff'));
    expect(boxOn(bytes, ['moov', 'trak', 'mdia'])).toBeUndefined();
    const uuid = boxOn(bytes, ['moov', 'uuid'])!;
    expect(viewOf(bytes).getUint32(uuid.contentStart + 16)).toBe(0x0200_0003);
  });
});
