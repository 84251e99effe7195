import { describe, expect, it } from 'vitest';
import { Pings } from '../../../src/main/publish/pings.ts';

describe('Pings', () => {
  it('takes the median of the last answers, and one late answer for what it is', () => {
    const pings = new Pings();
    expect(pings.roundTripMs).toBeUndefined();
    for (const [atMs, trip] of [[1000, 40], [3000, 50], [5000, 900], [7000, 60]] as const) {
      const asked = pings.next(atMs);
      expect(asked).toBe(atMs);
      expect(pings.next(atMs + 1)).toBeUndefined();
      pings.answered(atMs, atMs + trip);
    }
    expect(pings.roundTripMs).toBe(60);
  });

  it('asks a silent server three times and no more, and believes no answer to what was not asked', () => {
    const pings = new Pings();
    let asked = 0;
    for (let nowMs = 0; nowMs < 600_000; nowMs += 2000) {
      if (pings.next(nowMs) !== undefined) asked += 1;
      pings.answered(4_000_000_000, nowMs + 5);
    }
    expect(asked).toBe(3);
    expect(pings.roundTripMs).toBeUndefined();
  });

  it('goes on asking a server that has answered once, through lost answers', () => {
    const pings = new Pings();
    pings.answered(pings.next(0) ?? -1, 30);
    let asked = 0;
    for (let nowMs = 2000; nowMs < 102_000; nowMs += 2000) if (pings.next(nowMs) !== undefined) asked += 1;
    expect(asked).toBe(10);
    expect(pings.roundTripMs).toBe(30);
  });
});
