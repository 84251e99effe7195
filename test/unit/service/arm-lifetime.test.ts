// When a service that was started on demand ends: the decision, and the leases that it rests on.
import { describe, expect, it } from 'vitest';
import { Leases, LEASE_TTL_MS } from '../../../src/main/service/leases.ts';
import { type LifetimeFacts, lifetimeVerdict } from '../../../src/main/service/lifetime.ts';

const ABANDONED_AFTER_MS = 900_000;
const facts = (changes: Partial<LifetimeFacts>): LifetimeFacts => ({ nowMs: 10_000_000, leases: 0, lastLeaseMs: 0, activeEvents: 0, lastIngestMs: 0, lingerMs: 30_000, abandonedAfterMs: ABANDONED_AFTER_MS, ...changes });

describe('lifetimeVerdict', () => {
  it('stays while a lease is held, whatever else', () => {
    expect(lifetimeVerdict(facts({ leases: 1 }))).toBe('stay');
    expect(lifetimeVerdict(facts({ leases: 1, activeEvents: 1 }))).toBe('stay');
  });

  it('ends after the linger time without leases and events', () => {
    expect(lifetimeVerdict(facts({ nowMs: 29_999 }))).toBe('stay');
    expect(lifetimeVerdict(facts({ nowMs: 30_000 }))).toBe('end');
  });

  it('stops events that nobody leases and nobody feeds for 15 minutes', () => {
    const abandoned = { activeEvents: 1, lastLeaseMs: 1000, lastIngestMs: 5000 };
    expect(lifetimeVerdict(facts({ ...abandoned, nowMs: 5000 + ABANDONED_AFTER_MS - 1 }))).toBe('stay');
    expect(lifetimeVerdict(facts({ ...abandoned, nowMs: 5000 + ABANDONED_AFTER_MS }))).toBe('stopEvents');
    expect(lifetimeVerdict(facts({ ...abandoned, lastLeaseMs: 6000, nowMs: 5000 + ABANDONED_AFTER_MS }))).toBe('stay');
  });
});

describe('leases', () => {
  it('end by themselves, live on when renewed, and are bounded in number', () => {
    let now = 0;
    const leases = new Leases(() => now);
    const id = leases.take() ?? '';
    now = LEASE_TTL_MS - 1;
    expect([leases.renew(id), leases.count()]).toEqual([true, 1]);
    now += LEASE_TTL_MS;
    expect([leases.count(), leases.renew(id)]).toEqual([0, false]);
    const many = Array.from({ length: 100 }, () => leases.take());
    expect(many.filter((one) => one !== undefined)).toHaveLength(64);
    leases.release(many[0] ?? '');
    expect(leases.take()).toBeDefined();
  });
});
