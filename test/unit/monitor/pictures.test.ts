import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LumaSample } from '../../../src/main/monitor/lumaSample.ts';
import { SmallPicture, smallSizeOf } from '../../../src/main/monitor/smallPicture.ts';

const even = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: max / 2 }).map((half) => half * 2);

/** Luma rises from left to right, the chroma planes from top to bottom. */
function slope(width: number, height: number): Uint8Array {
  const frame = new Uint8Array(width * height * 1.5);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) frame[y * width + x] = 16 + Math.floor((x * 200) / width);
  for (let index = width * height; index < frame.length; index += 1) {
    const row = Math.floor(((index - width * height) % ((width * height) / 4)) / (width / 2));
    frame[index] = 20 + Math.floor((row * 200) / (height / 2));
  }
  return frame;
}

function split(frame: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const points = [0, ...cuts.map((cut) => cut % frame.length).sort((a, b) => a - b), frame.length];
  return points.slice(1).map((end, index) => frame.subarray(points[index], end));
}

function drawn(width: number, height: number, pieces: readonly Uint8Array[]): { readonly pixels: Uint8Array; readonly width: number; readonly height: number } {
  const small = new SmallPicture({ width, height });
  const pixels = new Uint8Array(small.size.width * small.size.height * 1.5);
  small.draw(pieces, pixels);
  return { pixels, ...small.size };
}

describe('the small picture', () => {
  it('keeps the shape of the program within 640×360, and is even', () => {
    expect(smallSizeOf({ width: 1920, height: 1080 })).toEqual({ width: 640, height: 360 });
    expect(smallSizeOf({ width: 1080, height: 1920 })).toEqual({ width: 202, height: 360 });
    expect(smallSizeOf({ width: 1440, height: 1080 })).toEqual({ width: 480, height: 360 });
    expect(smallSizeOf({ width: 320, height: 180 })).toEqual({ width: 320, height: 180 });
    fc.assert(fc.property(even(4096), even(4096), (width, height) => {
      const small = smallSizeOf({ width, height });
      expect(small.width % 2 + small.height % 2).toBe(0);
      expect(small.width <= 640 && small.height <= 360 && small.width <= width && small.height <= height).toBe(true);
    }));
  });

  it('is the same however the frame is cut into pieces', () => {
    const frame = slope(96, 54);
    const whole = drawn(96, 54, [frame]).pixels;
    fc.assert(fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
      expect(drawn(96, 54, split(frame, cuts)).pixels).toEqual(whole);
    }));
    const large = slope(1280, 720);
    expect(drawn(1280, 720, split(large, [100, 5000, 921_601, 1_200_000])).pixels).toEqual(drawn(1280, 720, [large]).pixels);
  });

  it('is the same for a third, drawn four pixels at a time, as for one that lies in two pieces', () => {
    const frame = Uint8Array.from({ length: 1920 * 1080 * 1.5 }, (_, index) => (index * 7919 + (index >> 9) * 31) % 256);
    const quick = drawn(1920, 1080, [frame]).pixels;
    // Every plane in two pieces.
    const slow = drawn(1920, 1080, split(frame, [100_000, 2_100_000, 2_700_000])).pixels;
    let worst = 0;
    quick.forEach((value, index) => { worst = Math.max(worst, Math.abs(value - (slow[index] ?? 0))); });
    // Rounded twice and once.
    expect(worst).toBeLessThanOrEqual(1);
  });

  it.each([[1920, 1080], [1280, 720], [854, 480], [720, 1280]])('looks like the %i×%i picture that it is made of', (width, height) => {
    const small = drawn(width, height, [slope(width, height)]);
    let worst = 0;
    for (let y = 0; y < small.height; y += 1) {
      for (let x = 0; x < small.width; x += 1) {
        worst = Math.max(worst, Math.abs((small.pixels[y * small.width + x] ?? 0) - (16 + ((x + 0.5) * 200) / small.width)));
      }
    }
    for (let index = small.width * small.height; index < small.pixels.length; index += 1) {
      const row = Math.floor(((index - small.width * small.height) % ((small.width * small.height) / 4)) / (small.width / 2));
      worst = Math.max(worst, Math.abs((small.pixels[index] ?? 0) - (20 + ((row + 0.5) * 200) / (small.height / 2))));
    }
    expect(worst).toBeLessThan(2);
  });
});

describe('the look at the luma', () => {
  it('sees black, and a picture that does not change', () => {
    const sample = new LumaSample({ width: 320, height: 180 });
    const black = new Uint8Array(320 * 180 * 1.5).fill(16);
    expect(sample.look([black])).toEqual({ blackShare: 1, isUnchanged: false });
    expect(sample.look(split(black, [77, 9_999]))).toEqual({ blackShare: 1, isUnchanged: true });
    expect(sample.look([slope(320, 180)]).isUnchanged).toBe(false);
    expect(sample.look([slope(320, 180)])).toMatchObject({ isUnchanged: true });
    expect(sample.look([slope(320, 180)]).blackShare).toBeLessThan(0.2);
  });

  it('sees that a hand moves in a corner', () => {
    const sample = new LumaSample({ width: 1920, height: 1080 });
    const frame = slope(1920, 1080);
    sample.look([frame]);
    for (let y = 1000; y < 1030; y += 1) frame.fill(99, y * 1920 + 1850, y * 1920 + 1880);
    expect(sample.look([frame]).isUnchanged).toBe(false);
  });
});
