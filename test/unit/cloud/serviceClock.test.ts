// The clock of a service, narrowed down from answers that tell whole seconds or milliseconds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { narrowed, waitForSecond, type OffsetBounds } from '../../../src/main/cloud/serviceClock.ts';

describe('the clock of a service', () => {
  it('is known to a round trip from whole seconds alone, and never wrongly', () => {
    fc.assert(fc.property(
      fc.integer({ min: -5000, max: 5000 }), fc.integer({ min: 0, max: 999 }), fc.array(fc.record({ out: fc.integer({ min: 1, max: 30 }), back: fc.integer({ min: 1, max: 30 }) }), { minLength: 8, maxLength: 8 }),
      (offsetMs, phase, trips) => {
        let nowMs = 1_700_000_000_000 + phase;
        let bounds: OffsetBounds | undefined;
        let roundTripMs = 0;
        for (const { out, back } of trips) {
          if (bounds !== undefined) nowMs += waitForSecond(bounds, nowMs, roundTripMs);
          const sentAtMs = nowMs;
          const serviceMs = Math.floor((sentAtMs + out + offsetMs) / 1000) * 1000;
          nowMs += out + back;
          roundTripMs = nowMs - sentAtMs;
          bounds = narrowed(bounds, { sentAtMs, receivedAtMs: nowMs, serviceMs, resolutionMs: 1000 });
          expect(bounds.fromMs).toBeLessThanOrEqual(offsetMs);
          expect(bounds.toMs).toBeGreaterThanOrEqual(offsetMs);
          nowMs += 5;
        }
        expect((bounds?.toMs ?? 1e9) - (bounds?.fromMs ?? 0)).toBeLessThanOrEqual(130);
      },
    ));
  });

  it('starts anew where a clock was set between two answers', () => {
    const first = narrowed(undefined, { sentAtMs: 0, receivedAtMs: 10, serviceMs: 5000, resolutionMs: 1 });
    const second = narrowed(first, { sentAtMs: 100, receivedAtMs: 110, serviceMs: 9000, resolutionMs: 1 });
    expect(second).toEqual({ fromMs: 8890, toMs: 8901 });
  });
});
