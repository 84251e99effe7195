// What presets make of files of every size and rate.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planPreset, PRESET_NAMES, type EncodingPlan } from '../../../src/main/transcode/encodingPresets.ts';

const film = (width: number, height: number, num = 25, den = 1) => ({ picture: { width, height, frameRate: { num, den } }, hasAudio: true });
const encoded = (preset: string, source: Parameters<typeof planPreset>[1]): EncodingPlan => {
  const plan = planPreset(preset, source);
  if (plan.kind !== 'encode') throw new Error('nothing is encoded');
  return plan;
};

test('an HD film gets the rungs up to its own size, a portrait one the same on its side', () => {
  const { rungs, audioKbps, frameRate } = encoded('AdaptiveStreaming', film(1920, 1080));
  expect(rungs.map(({ width, height, kbps }) => [width, height, kbps])).toEqual([
    [1920, 1080, 6780], [1280, 720, 3520], [960, 540, 2210], [640, 360, 1150], [480, 270, 720], [320, 180, 380],
  ]);
  expect({ audioKbps, frameRate }).toEqual({ audioKbps: 128, frameRate: { num: 25, den: 1 } });
  expect(encoded('AdaptiveStreaming', film(1080, 1920)).rungs[1]).toMatchObject({ width: 720, height: 1280 });
});

test('a tiny film keeps its size, fast ones are halved, sound alone is sound', () => {
  expect(encoded('AdaptiveStreaming', film(101, 77)).rungs).toEqual([{ width: 100, height: 76, kbps: 380 }]);
  expect(encoded('AdaptiveStreaming', film(640, 360, 120)).frameRate).toEqual({ num: 120, den: 2 });
  expect(encoded('AdaptiveStreaming', film(640, 360, 60_000, 1001)).frameRate).toEqual({ num: 60_000, den: 1001 });
  expect(encoded('AdaptiveStreaming', { picture: undefined, hasAudio: true })).toMatchObject({ rungs: [], audioKbps: 128, frameRate: undefined });
  expect(encoded('AACGoodQualityAudio', film(640, 360))).toMatchObject({ rungs: [], audioKbps: 192, frameRate: undefined });
});

test('what cannot be done is said', () => {
  expect(() => planPreset('Sharpest', film(640, 360))).toThrow(expect.objectContaining({ code: 'UNKNOWN_PRESET' }));
  expect(() => planPreset('toString', film(640, 360))).toThrow(expect.objectContaining({ code: 'UNKNOWN_PRESET' }));
  expect(() => planPreset('AACGoodQualityAudio', { ...film(640, 360), hasAudio: false })).toThrow(expect.objectContaining({ code: 'NOTHING_TO_ENCODE' }));
  expect(planPreset('CopyAllBitrateNonInterleaved', film(640, 360))).toEqual({ kind: 'copy' });
});

test('never larger than the source, even, descending and distinct', () => {
  const sizes = fc.record({ width: fc.integer({ min: 2, max: 8000 }), height: fc.integer({ min: 2, max: 8000 }) });
  fc.assert(fc.property(fc.constantFrom(...PRESET_NAMES.filter((name) => name !== 'AACGoodQualityAudio')), sizes, (preset, { width, height }) => {
    const plan = planPreset(preset, film(width, height));
    if (plan.kind === 'copy') return;
    expect(plan.rungs.length).toBeGreaterThan(0);
    for (const [index, rung] of plan.rungs.entries()) {
      expect(rung.width % 2 + rung.height % 2).toBe(0);
      expect(rung.width).toBeLessThanOrEqual(width);
      expect(rung.height).toBeLessThanOrEqual(height);
      const above = plan.rungs[index - 1];
      if (above !== undefined) {
        expect(rung.kbps).toBeLessThan(above.kbps);
        expect(rung.height).toBeLessThanOrEqual(above.height);
      }
    }
  }));
});
