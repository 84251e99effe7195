import { describe, expect, it } from 'vitest';
import { UplinkEstimate } from '../../../src/main/publish/uplinkEstimate.ts';
import { UplinkProbe } from '../../../src/main/publish/uplinkProbe.ts';

const NEEDED_KBPS = 4000;

/** A test against an uplink that carries so much; what it cannot carry is not taken. */
function run(carriesKbps: number): { probe: UplinkProbe; estimate: UplinkEstimate; most: number; seconds: number } {
  const probe = new UplinkProbe(0);
  const estimate = new UplinkEstimate();
  let [takenPart, most, atMs]: [number | undefined, number, number] = [undefined, 0, 0];
  for (; probe.state === 'running' && atMs < 60_000; atMs += 100) {
    const part = probe.part(takenPart, atMs);
    most = Math.max(most, part);
    const spare = Math.max(0, carriesKbps / NEEDED_KBPS - 1);
    takenPart = part === 0 ? undefined : Math.min(1, spare / part);
    const arrivingKbps = NEEDED_KBPS * Math.min(carriesKbps / NEEDED_KBPS, 1 + part);
    if (atMs % 500 === 0) estimate.observe([{ rendition: '720p', neededKbps: NEEDED_KBPS, arrivingKbps, queuedMs: 100, roundTripMs: 20, isCarried: true }], atMs, probe);
  }
  estimate.observe([{ rendition: '720p', neededKbps: NEEDED_KBPS, arrivingKbps: NEEDED_KBPS, queuedMs: 100, roundTripMs: 20, isCarried: true }], atMs, probe);
  return { probe, estimate, most, seconds: atMs / 1000 };
}

describe('UplinkProbe', () => {
  it('goes up to one and a half of the ladder where that is carried, and says so of each rendition', () => {
    const { probe, estimate, most, seconds } = run(100_000);
    expect(probe.state).toBe('reached');
    expect(most).toBe(0.5);
    expect(seconds).toBeLessThan(22);
    expect(estimate.figures).toMatchObject({ carriesKbps: 6000, isLimit: false, probe: 'reached' });
    expect(estimate.figures?.verdicts).toEqual([{ rendition: '720p', verdict: 'fits', sparePercent: 50, sentence: '720p: fits with at least 50 % to spare.' }]);
  });

  it.each([[4400, 'barely', 10], [5650, 'fits', 41]])('finds the limit at %i kbit/s: %s, with %i %% to spare', (carriesKbps, verdict, sparePercent) => {
    const { probe, estimate, seconds } = run(carriesKbps);
    expect(probe.state).toBe('limited');
    expect(seconds).toBeLessThan(25);
    expect(estimate.figures).toMatchObject({ carriesKbps, isLimit: true });
    expect(estimate.figures?.verdicts).toMatchObject([{ verdict, sparePercent }]);
  });

  it('passes no verdict while it runs, and none of its own when it is broken off', () => {
    const probe = new UplinkProbe(0);
    const estimate = new UplinkEstimate();
    const load = { rendition: '720p', neededKbps: 4000, arrivingKbps: 4000, queuedMs: 0, roundTripMs: 20, isCarried: true };
    for (let atMs = 0; atMs <= 11_000; atMs += 500) estimate.observe([load], atMs, probe);
    expect(estimate.figures?.verdicts).toMatchObject([{ verdict: 'measuring' }]);
    probe.breakOff();
    expect(probe.part(1, 12_000)).toBe(0);
    estimate.observe([load], 12_000, probe);
    expect(estimate.figures).toMatchObject({ probe: 'brokenOff', verdicts: [{ verdict: 'fits', sentence: '720p: fits; how much is to spare was not measured.' }] });
  });
});
