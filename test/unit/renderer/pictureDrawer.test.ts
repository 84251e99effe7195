// The conversion that stands in where a browser has no VideoFrame.
import { expect, test } from 'vitest';
import { rgbaOf } from '../../../src/renderer/pictureDrawer.ts';

/** A 2 × 2 picture of one colour. */
const flat = (y: number, u: number, v: number): number[] => [...rgbaOf({ width: 2, height: 2, pixels: Uint8Array.from([y, y, y, y, u, v]) })].slice(0, 4);

test.each([
  ['black', [16, 128, 128], [0, 0, 0]],
  ['white', [235, 128, 128], [255, 255, 255]],
  // BT.709 primaries of 100 % bars, 8 bit, limited range.
  ['red', [63, 102, 240], [255, 0, 0]],
  ['green', [173, 42, 26], [0, 255, 0]],
  ['blue', [32, 240, 118], [0, 0, 255]],
] as const)('%s', (_name, [y, u, v], expected) => {
  const [red, green, blue, alpha] = flat(y, u, v);
  expect(alpha).toBe(255);
  [red, green, blue].forEach((value, index) => expect(Math.abs((value ?? -99) - (expected[index] ?? 0))).toBeLessThanOrEqual(2));
});
