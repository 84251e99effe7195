// Lag series from a simulated encoder: its speed at each level against real time, its pipeline, and handovers that take a GOP.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OverloadGovernor } from '../../../src/main/encode/overloadGovernor.ts';

const LOOK_MS = 200;
const HANDOVER_MS = 2_500;

type Step = { readonly atMs: number; readonly step: 'down' | 'up'; readonly level: number };
type Run = { readonly steps: readonly Step[]; readonly maxLagMs: number; readonly lagMs: number; readonly level: number };

/** @param speed of the encoder as a multiple of real time, by time and level. @param noiseMs of each look. */
function simulate(seconds: number, levels: number, speed: (atMs: number, level: number) => number, usualLagMs: number, noiseMs: (look: number) => number = () => 0): Run {
  const governor = new OverloadGovernor(levels);
  const steps: Step[] = [];
  let running = 0;
  let doneAtMs = Infinity;
  let behindMs = 0;
  let maxLagMs = 0;
  for (let look = 0; look * LOOK_MS < seconds * 1000; look += 1) {
    const atMs = look * LOOK_MS;
    if (atMs >= doneAtMs) {
      running = governor.level;
      governor.done(atMs);
      doneAtMs = Infinity;
    }
    behindMs = Math.max(0, behindMs + (1 - speed(atMs, running)) * LOOK_MS);
    const lagMs = usualLagMs + behindMs + noiseMs(look);
    maxLagMs = Math.max(maxLagMs, lagMs);
    const step = governor.observe(atMs, lagMs);
    if (step !== undefined) {
      steps.push({ atMs, step, level: governor.level });
      doneAtMs = atMs + HANDOVER_MS;
    }
  }
  return { steps, maxLagMs, lagMs: usualLagMs + behindMs, level: governor.level };
}

/** A level does less than the one before it: each is `gain` times as fast. */
const loaded = (load: (atMs: number) => number, gain = 1.5) => (atMs: number, level: number): number => gain ** level / load(atMs);

describe('overload governor', () => {
  const usual = fc.integer({ min: 100, max: 450 });
  const noise = fc.infiniteStream(fc.integer({ min: -40, max: 40 }));

  it('never steps for an encoder that keeps up, whatever its usual lag and its jitter', () => {
    fc.assert(fc.property(usual, fc.double({ min: 1.02, max: 4, noNaN: true }), noise, (usualLagMs, speed, jitter) => {
      expect(simulate(300, 4, () => speed, usualLagMs, () => jitter.next().value ?? 0).steps).toEqual([]);
    }), { numRuns: 50 });
  });

  it('steps down before two seconds wait, keeps the lag bounded, and does not swing while the load lasts', () => {
    fc.assert(fc.property(usual, fc.double({ min: 1.05, max: 1.4, noNaN: true }), (usualLagMs, load) => {
      const run = simulate(1800, 4, loaded(() => load), usualLagMs);
      expect(run.steps[0]?.step).toBe('down');
      expect(run.steps[0]?.atMs).toBeLessThan(12_000);
      expect(run.maxLagMs).toBeLessThan(usualLagMs + 2_500);
      // Each attempt to go back is later than the one before: 20 s, 40 s, … 16 min.
      expect(run.steps.filter((one) => one.step === 'up').length).toBeLessThanOrEqual(7);
    }), { numRuns: 50 });
  });

  it('goes as far down as it must', () => {
    const run = simulate(30, 4, loaded(() => 2), 300);
    expect(run.steps.map((one) => one.level)).toEqual([1, 2]);
    expect(run.maxLagMs).toBeLessThan(4_000);
    expect(run.lagMs).toBeLessThan(run.maxLagMs - 1_500);
  });

  it('comes all the way back when the load has gone, and stays', () => {
    fc.assert(fc.property(usual, fc.double({ min: 1.1, max: 2.5, noNaN: true }), fc.integer({ min: 10, max: 60 }), (usualLagMs, load, loadSeconds) => {
      const run = simulate(loadSeconds + 1800, 4, loaded((atMs) => (atMs < loadSeconds * 1000 ? load : 0.8)), usualLagMs);
      expect(run.level).toBe(0);
      expect(run.lagMs).toBe(usualLagMs);
      const afterLoad = run.steps.filter((one) => one.atMs > loadSeconds * 1000 + 5_000);
      expect(afterLoad.every((one) => one.step === 'up')).toBe(true);
    }), { numRuns: 50 });
  });

  it('tries in vain ever more seldom, when load comes with every step up', () => {
    const run = simulate(7200, 2, (_, level) => (level === 0 ? 0.9 : 1.5), 300);
    const ups = run.steps.filter((one) => one.step === 'up').map((one) => one.atMs);
    expect(ups.length).toBeGreaterThan(3);
    expect(ups.length).toBeLessThan(15);
    const waits = ups.slice(1).map((atMs, index) => atMs - (ups[index] ?? 0));
    expect(waits.slice(0, 5).every((wait, index) => index === 0 || wait > (waits[index - 1] ?? 0))).toBe(true);
  });

  it('does nothing for one burst that is caught up', () => {
    expect(simulate(60, 4, (atMs) => (atMs >= 20_000 && atMs < 20_400 ? 0.2 : 1.5), 300).steps).toEqual([]);
  });

  it('does not blame an encoder for what it catches up after a replacement', () => {
    const governor = new OverloadGovernor(3);
    governor.done(0);
    for (let look = 0; look < 40; look += 1) expect(governor.observe(look * LOOK_MS, Math.max(300, 4_000 - look * 200))).toBeUndefined();
  });

  it('leaves a step alone that was refused', () => {
    const governor = new OverloadGovernor(3);
    let atMs = 0;
    const until = (lag: () => number): 'down' | 'up' => {
      for (;;) {
        atMs += LOOK_MS;
        const step = governor.observe(atMs, lag());
        if (step !== undefined) return step;
        if (atMs > 100_000) throw new Error('no step');
      }
    };
    let lagMs = 300;
    expect(until(() => (lagMs += 50))).toBe('down');
    governor.refused(atMs, 'down');
    expect(governor.level).toBe(0);
    expect(() => until(() => (lagMs += 50))).toThrow('no step');
  });
});
