// Printed frame rates and the fractions behind them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameRateOf, recogniseFrameRate } from '../../../src/main/media/frameRate.ts';

const USUAL = [[24_000, 1001], [30_000, 1001], [60_000, 1001], [120_000, 1001], [24, 1], [25, 1], [30, 1], [50, 1], [60, 1], [10, 1], [15, 1], [25, 2], [15, 2]] as const;

test.each(USUAL)('%d/%d is found again in two digits, in three, and whole', (num, den) => {
  for (const printed of [num / den, Number((num / den).toFixed(3)), Number((num / den).toFixed(2))]) expect(frameRateOf(printed)).toEqual({ num, den });
});

test('what FFmpeg prints of averages is the rate that was meant', () => {
  expect(frameRateOf(25.01)).toEqual({ num: 25, den: 1 });
  expect(frameRateOf(59.95)).toEqual({ num: 60_000, den: 1001 });
  expect(frameRateOf(23.98)).toEqual({ num: 24_000, den: 1001 });
  expect(frameRateOf(14.99)).toEqual({ num: 15_000, den: 1001 });
});

test('what is near no usual rate is kept as it is, and no rate is refused', () => {
  expect(recogniseFrameRate(27.31)).toBeUndefined();
  expect(frameRateOf(27.31)).toEqual({ num: 27_310, den: 1000 });
  for (const none of [undefined, 0, -25, Number.NaN, Number.POSITIVE_INFINITY, 5000]) expect(recogniseFrameRate(none)).toBeUndefined();
});

test('the fraction is never further from the number than printing makes it', () => {
  fc.assert(fc.property(fc.double({ min: 0.5, max: 500, noNaN: true }), (printed) => {
    const { num, den } = frameRateOf(printed);
    expect(Math.abs(num / den - printed)).toBeLessThanOrEqual(0.0121);
    expect(Number.isInteger(num) && num > 0).toBe(true);
  }));
});
