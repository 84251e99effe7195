import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBurnIn } from '../../../src/main/capture/burnIn.ts';
import { frameOfStripBits, stripBits } from '../../../src/main/capture/burnInLayout.ts';
import { readBurnIn, readFlash } from '../../support/burnInReader.ts';

const frameNumber = fc.integer({ min: 0, max: 0xffff_ffff });
const UTC = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

describe('the strip', () => {
  test('holds any frame number', () => {
    fc.assert(fc.property(frameNumber, (frame) => {
      expect(frameOfStripBits(stripBits(frame))).toBe(frame);
    }));
  });
  test('one or two wrong bits are noticed', () => {
    fc.assert(fc.property(frameNumber, fc.nat(39), fc.nat(39), (frame, a, b) => {
      const bits = stripBits(frame);
      bits[a] = !bits[a];
      expect(frameOfStripBits(bits)).toBeUndefined();
      if (a === b) return;
      bits[b] = !bits[b];
      expect(frameOfStripBits(bits)).toBeUndefined();
    }));
  });
  test('black and white are no number', () => {
    expect(frameOfStripBits(Array.from({ length: 40 }, () => false))).toBeUndefined();
    expect(frameOfStripBits(Array.from({ length: 40 }, () => true))).toBeUndefined();
  });
});

describe('drawing', () => {
  test.each([[1920, 1080], [1280, 720], [640, 360], [426, 240], [320, 180], [608, 1080]])('at %i×%i number and flash are read again', (width, height) => {
    const burnIn = createBurnIn(width, height);
    for (const [frame, isFlash] of [[0, true], [1, false], [0xffff_ffff, true], [123_456_789, false]] as const) {
      const picture = new Uint8Array((width * height * 3) / 2).fill(128);
      burnIn([picture], { frame, utcMs: UTC, isFlash });
      expect(readBurnIn(picture, width, height)).toBe(frame);
      expect(readFlash(picture, width, height)).toBe(isFlash);
      // Chroma is never touched.
      expect(picture.subarray(width * height).every((value) => value === 128)).toBe(true);
    }
  });

  test('is the same for any pieces', () => {
    const [width, height] = [320, 180];
    const burnIn = createBurnIn(width, height);
    const whole = new Uint8Array((width * height * 3) / 2).fill(100);
    burnIn([whole], { frame: 4711, utcMs: UTC, isFlash: true });
    fc.assert(fc.property(fc.array(fc.nat(whole.length), { maxLength: 30 }), (cuts) => {
      const cut = new Uint8Array(whole.length).fill(100);
      const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      burnIn(places.slice(1).map((end, index) => cut.subarray(places[index], end)), { frame: 4711, utcMs: UTC, isFlash: true });
      expect(Buffer.compare(cut, whole)).toBe(0);
    }), { numRuns: 30 });
  });

  test('a picture without a strip has no number', () => {
    const [width, height] = [640, 360];
    for (const value of [0, 16, 100, 128, 235]) expect(readBurnIn(new Uint8Array(width * height).fill(value), width, height)).toBeUndefined();
  });
});
