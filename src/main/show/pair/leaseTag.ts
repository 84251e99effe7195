// Who owns a live event: a lease in one tag, fenced by a number that grows with each owner. Pure; times are the service's clock.

/** `closing`: the owner is stopping the event; nobody takes over or joins any more. */
export type Lease = { readonly epoch: number; readonly holder: string; readonly expiresUtcMs: number; readonly closing: boolean };

export function leaseOfTag(text: string | undefined): Lease | undefined {
  const parts = /^(\d{1,9});([\w-]{0,64});(\d{1,15});([01])$/.exec(text ?? '');
  if (parts === null) return undefined;
  return { epoch: Number(parts[1]), holder: parts[2] ?? '', expiresUtcMs: Number(parts[3]), closing: parts[4] === '1' };
}

export function leaseTagOf({ epoch, holder, expiresUtcMs, closing }: Lease): string {
  return `${epoch};${holder};${Math.round(expiresUtcMs)};${closing ? 1 : 0}`;
}

/** Who may act as the owner at this moment; undefined where nobody does. */
export function holderOf(lease: Lease | undefined, nowMs: number): string | undefined {
  return lease === undefined || lease.holder === '' || lease.expiresUtcMs <= nowMs ? undefined : lease.holder;
}

/**
 * The lease with which `self` owns the event for another `ttlMs`: its own again, one that nobody holds, or with `force` anybody's.
 * Undefined where another holds it, or is closing the event.
 */
export function claimed(lease: Lease | undefined, self: string, nowMs: number, ttlMs: number, force = false): Lease | undefined {
  const holder = holderOf(lease, nowMs);
  const isOwn = lease?.holder === self;
  if (!isOwn && holder !== undefined && (!force || lease?.closing === true)) return undefined;
  return { epoch: isOwn ? lease.epoch : (lease?.epoch ?? 0) + 1, holder: self, expiresUtcMs: nowMs + ttlMs, closing: isOwn && lease.closing };
}

/** The lease that nobody holds, for the next owner to claim; undefined where `self` does not hold it. */
export function released(lease: Lease | undefined, self: string): Lease | undefined {
  return lease?.holder === self ? { ...lease, holder: '', expiresUtcMs: 0, closing: false } : undefined;
}
