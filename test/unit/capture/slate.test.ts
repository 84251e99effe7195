import { describe, expect, test } from 'vitest';
import { drawSlate } from '../../../src/main/capture/slate.ts';

const lit = (frame: Uint8Array, width: number, height: number): number[] => {
  const found: number[] = [];
  for (let index = 0; index < width * height; index += 1) if (frame[index]! > 200) found.push(index);
  return found;
};

describe('the slate', () => {
  test.each([[320, 180], [1920, 1080], [180, 320], [1080, 1920]])('stands in the middle of %i×%i, away from the edges', (width, height) => {
    const frame = drawSlate('Be right back', { width, height });
    expect(frame).toHaveLength((width * height * 3) / 2);
    const dots = lit(frame, width, height);
    const columns = dots.map((index) => index % width);
    const [left, right] = [Math.min(...columns), Math.max(...columns)];
    expect(left).toBeGreaterThan(width * 0.05);
    expect(Math.abs(left - (width - 1 - right))).toBeLessThan(width * 0.03);
    const rows = dots.map((index) => Math.floor(index / width));
    expect(Math.abs(Math.min(...rows) - (height - 1 - Math.max(...rows)))).toBeLessThan(height * 0.03);
    // Neither black nor colour elsewhere.
    expect(frame[0]).toBe(40);
    expect(frame.subarray(width * height).every((value) => value === 128)).toBe(true);
  });

  test('other words give another picture, and capitals the same', () => {
    const size = { width: 320, height: 180 };
    expect(drawSlate('back at 9:30', size)).not.toEqual(drawSlate('back at 9:45', size));
    expect(drawSlate('pause', size)).toEqual(drawSlate('PAUSE', size));
  });

  test('a letter that the font has not is a sentence', () => {
    expect(() => drawSlate('Gleich zurück', { width: 320, height: 180 })).toThrow(expect.objectContaining({ code: 'SLATE_TEXT' }));
  });

  test('words that are too long are cut, not wrapped into the next row', () => {
    const width = 64;
    const frame = drawSlate('I'.repeat(60), { width, height: 36 });
    const rows = new Set(lit(frame, width, 36).map((index) => Math.floor(index / width)));
    expect(rows.size).toBe(7);
  });
});
