import { describe, expect, it } from 'vitest';
import { UplinkEstimate, type UplinkLoad } from '../../../src/main/publish/uplinkEstimate.ts';

const load = (rendition: string, neededKbps: number, arrivingKbps: number | undefined, queuedMs = 50): UplinkLoad => (
  { rendition, neededKbps, arrivingKbps, queuedMs, roundTripMs: 30, isCarried: true }
);

/** Twelve seconds of one state, told twice a second. */
function seen(estimate: UplinkEstimate, loads: readonly UplinkLoad[], fromMs = 0): UplinkEstimate {
  for (let nowMs = fromMs; nowMs <= fromMs + 12_000; nowMs += 500) estimate.observe(loads, nowMs);
  return estimate;
}

describe('UplinkEstimate', () => {
  it('says nothing before anything was acknowledged, and no verdict in the first ten seconds', () => {
    const estimate = new UplinkEstimate();
    estimate.observe([load('720p', 3000, undefined)], 0);
    expect(estimate.figures).toBeUndefined();
    estimate.observe([load('720p', 3000, 2900)], 500);
    expect(estimate.figures?.verdicts).toEqual([{ rendition: '720p', verdict: 'measuring', sentence: '720p: being measured.' }]);
  });

  it('claims no more room than was seen: the top fits, the lower ones have at least what the upper ones took', () => {
    const { figures } = seen(new UplinkEstimate(), [load('720p', 3000, 3000), load('360p', 1000, 1000)]);
    expect(figures).toMatchObject({ arrivingKbps: 4000, neededKbps: 4000, carriesKbps: 4000, isLimit: false, roundTripMs: 30 });
    expect(figures?.verdicts).toEqual([
      { rendition: '720p', verdict: 'fits', sentence: '720p: fits; how much is to spare was not measured.' },
      { rendition: '360p', verdict: 'fits', sparePercent: 300, sentence: '360p: fits with at least 300 % to spare.' },
    ]);
  });

  it('finds the limit while media waits, and what fits under it from the lowest up', () => {
    const { figures } = seen(new UplinkEstimate(), [load('1080p', 5000, 800, 4000), load('720p', 3000, 2000, 2600), load('360p', 1000, 1400, 100)]);
    expect(figures).toMatchObject({ carriesKbps: 4200, isLimit: true });
    expect(figures?.verdicts.map((one) => one.sentence)).toEqual([
      '1080p: does not fit: of 9000 kbit/s up to it the uplink carries 4200.',
      '720p: fits barely, with 5 % to spare.',
      '360p: fits with 320 % to spare.',
    ]);
  });

  it('takes a connection that is only being opened for no sign of a limit', () => {
    const opening = { ...load('720p', 3000, undefined, 9000), isCarried: false };
    expect(seen(new UplinkEstimate(), [opening, load('360p', 1000, 1000)]).figures?.isLimit).toBe(false);
  });

  it('forgets a limit once clearly more was carried without waiting', () => {
    const estimate = seen(new UplinkEstimate(), [load('720p', 3000, 1500, 5000)]);
    expect(estimate.figures?.isLimit).toBe(true);
    expect(seen(estimate, [load('720p', 3000, 3000)], 20_000).figures).toMatchObject({ isLimit: false, carriesKbps: 3000 });
  });

  it('counts a rendition on two endpoints once, with the needs of both', () => {
    const { figures } = seen(new UplinkEstimate(), [load('720p', 3000, 3000), load('720p', 3000, 3000)]);
    expect(figures).toMatchObject({ neededKbps: 6000 });
    expect(figures?.verdicts).toHaveLength(1);
  });
});
