// What is said of the loudness against the target, and where its needle stands.
import { expect, test } from 'vitest';
import { againstTarget, placeOnScale } from '../../../src/renderer/loudnessTarget.ts';

test.each([
  [-23, -23, 'targetGood'], [-22.1, -23, 'targetGood'], [-24, -23, 'targetGood'], [-21.9, -23, 'targetLoud'], [-25, -23, 'targetQuiet'], [-14, -23, 'targetLoud'], [-14, -14, 'targetGood'],
  [-71, -23, undefined], [Number.NEGATIVE_INFINITY, -23, undefined], [Number.NaN, -23, undefined],
] as const)('%d LUFS for a target of %d: %s', (lufs, target, verdict) => expect(againstTarget(lufs, target)).toBe(verdict));

test('the target stands at two thirds of the scale, whatever it is, and what lies outside stays at its ends', () => {
  for (const target of [-14, -23]) expect(placeOnScale(target, target)).toBeCloseTo(2 / 3, 6);
  expect([placeOnScale(-41, -23), placeOnScale(-14, -23), placeOnScale(0, -23), placeOnScale(Number.NEGATIVE_INFINITY, -23), placeOnScale(Number.NaN, -23)]).toEqual([0, 1, 1, 0, 0]);
});
