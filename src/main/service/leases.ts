// Leases by which engines keep a service that was started on demand alive. They end by themselves when an engine dies.
import { randomUUID } from 'node:crypto';

/** A lease ends this long after its last renewal, ms. */
export const LEASE_TTL_MS = 10_000;
const MAX_LEASES = 64;

/** Times are milliseconds of a monotonic clock given by the caller. */
export class Leases {
  readonly #expiry = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A new lease, or undefined where far too many are held. */
  take(): string | undefined {
    if (this.count() >= MAX_LEASES) return undefined;
    const id = randomUUID();
    this.#expiry.set(id, this.#now() + LEASE_TTL_MS);
    return id;
  }

  /** False where the lease has ended, so that its holder takes a new one. */
  renew(id: string): boolean {
    if (!this.#alive(id)) return false;
    this.#expiry.set(id, this.#now() + LEASE_TTL_MS);
    return true;
  }

  release(id: string): void {
    this.#expiry.delete(id);
  }

  count(): number {
    for (const id of this.#expiry.keys()) this.#alive(id);
    return this.#expiry.size;
  }

  #alive(id: string): boolean {
    const expiry = this.#expiry.get(id);
    if (expiry === undefined) return false;
    if (expiry > this.#now()) return true;
    this.#expiry.delete(id);
    return false;
  }
}
