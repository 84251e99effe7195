import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResumePoint, type ResumeMember } from '../../../src/main/publish/resumePoint.ts';

const GOP = 50;
const FRAME_MS = 40;

describe('ResumePoint', () => {
  it('lets one that comes back alone begin with the next IDR', () => {
    const point = new ResumePoint();
    const [sending, back] = [point.member(), point.member()];
    sending.absent();
    back.ready(0);
    expect(sending.beginsAt(50, 10)).toBe(true);
    expect(back.beginsAt(50, 20)).toBe(true);
    expect(back.stage).toBe('absent');
  });

  it('waits for one that is being opened, and then both begin with the same IDR', () => {
    const point = new ResumePoint();
    const [quick, slow] = [point.member(), point.member()];
    quick.ready(0);
    expect(quick.beginsAt(50, 400)).toBe(false);
    expect(slow.beginsAt(50, 410)).toBe(true);
    slow.ready(900);
    expect(slow.beginsAt(100, 1200)).toBe(true);
    expect(quick.beginsAt(100, 1210)).toBe(true);
  });

  it('takes no IDR that has passed one of them already', () => {
    const point = new ResumePoint();
    const [ahead, behind] = [point.member(), point.member()];
    ahead.beginsAt(50, 0);
    behind.ready(5);
    ahead.ready(10);
    expect(behind.beginsAt(50, 20)).toBe(false);
    expect([behind.beginsAt(100, 2000), ahead.beginsAt(100, 2000)]).toEqual([true, true]);
  });

  it('waits no longer than a second and a half, and not for one that gives way', () => {
    const point = new ResumePoint();
    const [one, dead] = [point.member(), point.member()];
    one.ready(0);
    expect(one.beginsAt(50, 1400)).toBe(false);
    expect(one.beginsAt(100, 1500)).toBe(true);
    one.away();
    dead.absent();
    one.ready(5000);
    expect(one.beginsAt(150, 5010)).toBe(true);
  });

  it('after any outage: all that are back within the grace begin together, nobody later than grace and two GOPs, always at an IDR', () => {
    fc.assert(fc.property(fc.array(fc.record({ backMs: fc.nat(1400), lagMs: fc.nat(200) }), { minLength: 1, maxLength: 6 }), fc.nat(2000), (lines, phaseMs) => {
      const point = new ResumePoint();
      const members = lines.map(() => point.member());
      const begun = new Map<ResumeMember, { idr: number; atMs: number }>();
      const firstMs = Math.min(...lines.map(({ backMs }) => backMs));
      const steps = lines.flatMap(({ backMs, lagMs }, index) => [
        { atMs: backMs, run: () => { members[index]!.ready(backMs); } },
        ...Array.from({ length: 8 }, (_, gop) => {
          const atMs = phaseMs + gop * GOP * FRAME_MS + lagMs - 2000;
          return { atMs, run: () => {
            const member = members[index]!;
            const wasReady = member.stage === 'ready';
            if (member.beginsAt(gop * GOP, atMs) && wasReady) begun.set(member, { idr: gop * GOP, atMs });
          } };
        }),
      ]);
      for (const { run } of steps.toSorted((a, b) => a.atMs - b.atMs)) run();
      expect(begun.size).toBe(lines.length);
      expect(new Set(Array.from(begun.values(), ({ idr }) => idr)).size).toBe(1);
      for (const { atMs } of begun.values()) expect(atMs - firstMs).toBeLessThanOrEqual(1500 + 2 * GOP * FRAME_MS + 200);
    }), { numRuns: 3000 });
  });
});
