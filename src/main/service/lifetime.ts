// When a service that was started on demand ends by itself. A pure decision; the process asks it once a second.

/** What the decision needs; times in ms of one monotonic clock. */
export type LifetimeFacts = {
  readonly nowMs: number;
  readonly leases: number;
  /** Last moment at which a lease was held, or the start. */
  readonly lastLeaseMs: number;
  /** Events that run or are on their way there, operations included. */
  readonly activeEvents: number;
  /** Last moment at which anything arrived at an ingest, or at which an event began to run. */
  readonly lastIngestMs: number;
  readonly lingerMs: number;
  /** A running event that nobody holds and nobody feeds is stopped after this time. */
  readonly abandonedAfterMs: number;
};

/** `stay`, `stopEvents` (they are abandoned), or `end` (nobody needs the service). */
export function lifetimeVerdict(facts: LifetimeFacts): 'stay' | 'stopEvents' | 'end' {
  if (facts.leases > 0) return 'stay';
  if (facts.activeEvents === 0) return facts.nowMs - facts.lastLeaseMs >= facts.lingerMs ? 'end' : 'stay';
  return facts.nowMs - Math.max(facts.lastLeaseMs, facts.lastIngestMs) >= facts.abandonedAfterMs ? 'stopEvents' : 'stay';
}
