import { describe, expect, it } from 'vitest';
import { LoudnessMeter } from '../../../src/main/monitor/loudness.ts';
import { LoudnessHistogram } from '../../../src/main/monitor/loudnessHistogram.ts';
import { joined, stereoSine } from '../../support/sines.ts';

function measured(...parts: readonly Float32Array[]) {
  const meter = new LoudnessMeter();
  // In ticks of 30 fps, as the program gives them.
  const signal = joined(...parts);
  for (let at = 0; at < signal.length; at += 3200) meter.push(signal.subarray(at, at + 3200));
  return meter.reading;
}
const tone = (dbfs: number, seconds: number): Float32Array => stereoSine(1000, dbfs, seconds);

describe('loudness, by the test signals of EBU Tech 3341', () => {
  it.each([[-23, 'case 1'], [-33, 'case 2']])('reads a stereo tone of %i dBFS as that many LUFS (%s)', (dbfs) => {
    const { momentaryLufs, shortTermLufs, integratedLufs } = measured(tone(dbfs, 20));
    for (const lufs of [momentaryLufs, shortTermLufs, integratedLufs]) expect(Math.abs(lufs - dbfs)).toBeLessThan(0.1);
  });

  it('leaves out what is far below the rest (cases 3, 4 and 5)', () => {
    expect(Math.abs(measured(tone(-36, 10), tone(-23, 60), tone(-36, 10)).integratedLufs + 23)).toBeLessThan(0.1);
    expect(Math.abs(measured(tone(-72, 10), tone(-36, 10), tone(-23, 60), tone(-36, 10), tone(-72, 10)).integratedLufs + 23)).toBeLessThan(0.1);
    expect(Math.abs(measured(tone(-26, 20), tone(-20, 20.1), tone(-26, 20)).integratedLufs + 23)).toBeLessThan(0.1);
  });
});

describe('loudness range, by the test signals of EBU Tech 3342', () => {
  it.each([[-20, -30, 10], [-20, -15, 5], [-40, -20, 20]])('of %i then %i dBFS is %i LU', (first, second, range) => {
    expect(Math.abs(measured(tone(first, 20), tone(second, 20)).rangeLu - range)).toBeLessThan(1);
  });

  it('of many levels (case 4) is 15 LU', () => {
    expect(Math.abs(measured(tone(-50, 20), tone(-35, 20), tone(-20, 20), tone(-35, 20), tone(-50, 20)).rangeLu - 15)).toBeLessThan(1);
  });
});

describe('the loudness meter', () => {
  it('says nothing before it has heard enough, and of silence', () => {
    const nothing = { momentaryLufs: -Infinity, shortTermLufs: -Infinity, integratedLufs: -Infinity, rangeLu: -Infinity };
    expect(measured(tone(-20, 0.3))).toEqual(nothing);
    expect(measured(tone(-20, 1))).toMatchObject({ shortTermLufs: -Infinity, rangeLu: -Infinity });
    expect(measured(tone(-20, 1)).momentaryLufs).toBeCloseTo(-20, 0);
    expect(measured(new Float32Array(96_000 * 5))).toEqual(nothing);
  });

  it('goes on after samples that are no numbers', () => {
    const broken = tone(-23, 1);
    broken[500] = Number.NaN;
    broken[901] = Infinity;
    const { momentaryLufs, integratedLufs } = measured(broken, tone(-23, 20));
    expect(momentaryLufs).toBeCloseTo(-23, 0);
    expect(integratedLufs).toBeCloseTo(-23, 0);
  });
});

describe('the histogram', () => {
  it('gates 24 hours of blocks in the memory of one, to a hundredth', () => {
    const histogram = new LoudnessHistogram();
    const powerOf = (lufs: number): number => 10 ** ((lufs + 0.691) / 10);
    let [power, count] = [0, 0];
    for (let block = 0; block < 24 * 36_000; block += 1) {
      // A third is speech, the rest is a room that is 40 LU quieter.
      const lufs = block % 3 === 0 ? -23 + Math.sin(block) * 3 : -63;
      histogram.add(powerOf(lufs));
      if (block % 3 === 0) [power, count] = [power + powerOf(lufs), count + 1];
    }
    expect(histogram.gatedMean(10)).toBeCloseTo(-0.691 + 10 * Math.log10(power / count), 2);
    expect(histogram.gatedSpread(20, 0.1, 0.95)).toBeCloseTo(3 * (Math.sin(0.45 * Math.PI) + Math.sin(0.4 * Math.PI)), 1);
  });
});
