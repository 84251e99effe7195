import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LevelMeter, levelsOf, merged } from '../../../src/main/monitor/levels.ts';
import { joined, stereoSine } from '../../support/sines.ts';

/** Levels of the second half: a sine that begins suddenly really is louder between its first samples. */
function measured(samples: Float32Array) {
  const meter = new LevelMeter();
  const half = samples.length / 4 * 2;
  meter.push(samples.subarray(0, half));
  return levelsOf(meter.push(samples.subarray(half)));
}

describe('the levels of the program', () => {
  it('shows a sine of −20 dBFS at −20', () => {
    for (const hertz of [50, 440, 997, 6000]) {
      for (const levels of measured(stereoSine(hertz, -20, 1))) {
        expect(levels.peakDbfs).toBeCloseTo(-20, 1);
        expect(levels.rmsDbfs).toBeCloseTo(-23.01, 1);
        expect(Math.abs(levels.truePeakDbtp + 20)).toBeLessThan(0.1);
      }
    }
  });

  it('keeps the channels apart', () => {
    const [left, right] = measured(stereoSine(440, -6, 0.2, { leftOnly: true }));
    expect(left?.peakDbfs).toBeCloseTo(-6, 1);
    expect(right).toEqual({ peakDbfs: -Infinity, rmsDbfs: -Infinity, truePeakDbtp: -Infinity });
  });

  it('finds the peak between the samples (EBU Tech 3341, cases 15 to 19: +0.2/−0.4 dB)', () => {
    for (const [divisor, degrees] of [[4, 0], [4, 45], [6, 60], [8, 67.5]] as const) {
      const [levels] = measured(stereoSine(48_000 / divisor, -6, 0.5, { phase: (degrees * Math.PI) / 180 }));
      expect(levels?.truePeakDbtp, `fs/${divisor} at ${degrees}°`).toBeGreaterThan(-6.4);
      expect(levels?.truePeakDbtp, `fs/${divisor} at ${degrees}°`).toBeLessThan(-5.8);
    }
    const [between] = measured(stereoSine(12_000, 0, 0.5, { phase: Math.PI / 4 }));
    expect(between?.peakDbfs).toBeCloseTo(-3.01, 1);
    expect(between?.truePeakDbtp).toBeGreaterThan(-0.4);
  });

  it('finds a loud place after a louder one has passed', () => {
    const meter = new LevelMeter();
    meter.push(stereoSine(12_000, 0, 0.01));
    meter.push(joined(new Float32Array(100), stereoSine(12_000, -20, 0.01, { phase: Math.PI / 4 })));
    const [quiet] = levelsOf(meter.push(stereoSine(12_000, -20, 0.1, { phase: Math.PI / 4 })));
    expect(quiet?.peakDbfs).toBeCloseTo(-23.01, 1);
    expect(quiet?.truePeakDbtp).toBeGreaterThan(-20.4);
    expect(quiet?.truePeakDbtp).toBeLessThan(-19);
  });

  it('reads the same in one piece and in many', () => {
    const signal = joined(stereoSine(3000, -3, 0.01), stereoSine(12_000, 0, 0.01, { phase: 1 }), stereoSine(200, 2, 0.02));
    const whole = new LevelMeter().push(signal);
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 }), (sizes) => {
      const meter = new LevelMeter();
      let at = 0;
      let reading = meter.push(signal.subarray(0, 0));
      for (let turn = 0; at < signal.length; turn += 1) {
        const size = (sizes[turn % sizes.length] ?? 1) * 2;
        reading = merged(reading, meter.push(signal.subarray(at, at + size)));
        at += size;
      }
      expect(reading.samples).toBe(whole.samples);
      expect(reading.clippedRuns).toBe(whole.clippedRuns);
      reading.channels.forEach((channel, index) => {
        expect(channel.peak).toBe(whole.channels[index]?.peak);
        expect(channel.truePeak).toBeCloseTo(whole.channels[index]?.truePeak ?? 0, 12);
        expect(channel.squares).toBeCloseTo(whole.channels[index]?.squares ?? 0, 6);
      });
    }), { numRuns: 50 });
  });

  it('tells clipping from a loud sine', () => {
    expect(new LevelMeter().push(stereoSine(440, -0.1, 1)).clippedRuns).toBe(0);
    const clipped = stereoSine(440, 6, 1).map((value) => Math.max(-1, Math.min(1, value)));
    // Both half-waves of 440 periods in two channels, within what the ends of the second cut off.
    expect(new LevelMeter().push(clipped).clippedRuns).toBeGreaterThan(1750);
  });
});
