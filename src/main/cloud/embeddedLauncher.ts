// Makes sure that the home's embedded service runs as long as the engine needs it: attaches to one, or starts one, holds a lease, starts it again when it dies.
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import type { ForkHosted } from '../../contract/hosting.ts';
import { describedPid, dropLease, findService, type FoundService, type Lease, renewLease, takeLease } from './embeddedProbe.ts';
import { SpawnedService } from './embeddedSpawn.ts';

type LauncherLog = { info(fields: object, sentence: string): void; warn(fields: object, sentence: string): void };

export type EmbeddedServiceRequest = {
  /** FIELDCAST_HOME. */
  readonly home: string;
  /** A Node that can run the entry. */
  readonly execPath: string;
  /** Starts it through the desktop instead (decision 0005). */
  readonly fork?: ForkHosted | undefined;
  /** Script of the service's entry: `src/main/service.ts`, or its build. */
  readonly entry: string;
  /** More options of the entry, such as ports. */
  readonly args?: readonly string[];
  readonly signal: AbortSignal;
  readonly log: LauncherLog;
};

/** The service as its client needs it. Read the fields when they are needed: after a restart they are normally, not certainly, the same. */
export type EmbeddedServiceHandle = {
  readonly endpoint: string;
  readonly token: string;
  /** Certificate authority (PEM) that signed the service's certificate. */
  readonly ca: string;
  readonly originHttpBase: string;
  readonly originHttpsBase: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly accountName: string;
  readonly location: string;
  readonly pid: number;
  /** Gives the lease back: the service ends soon unless something else needs it. Idempotent, never rejects. */
  release(): Promise<void>;
};

/** From the first look to a lease, ms: certificates are made and archives recovered in it. */
const START_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 50;
/** Another process holds the home and does not answer yet; the next try. */
const RETRY_AFTER_MS = 300;
/** Between looks whether the service's process still exists, ms. */
const DEATH_CHECK_MS = 250;
/** Between attempts to bring a dead service back, ms. */
const RESTART_BACKOFF_MS = { first: 250, most: 15_000 } as const;

/**
 * The running service of a home, leased. Safe to call from several engines at once: one service starts, all attach to it.
 *
 * @throws OperatorError with the service's own reason, `EMBEDDED_SERVICE_TIMEOUT` or `EMBEDDED_SERVICE_HUNG`; the signal's reason when it aborts.
 */
export async function ensureEmbeddedService(request: EmbeddedServiceRequest): Promise<EmbeddedServiceHandle> {
  const leased = await attachOrStart(request, request.signal);
  return handleOf(new LeaseKeeper(request, leased));
}

type Leased = { readonly service: FoundService; readonly lease: Lease };

async function attachOrStart(request: EmbeddedServiceRequest, signal: AbortSignal): Promise<Leased> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  let spawned: SpawnedService | undefined;
  let nextSpawnMs = 0;
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    const service = await findService(request.home);
    const lease = service === undefined ? undefined : await takeLease(service);
    if (service !== undefined && lease !== undefined) return { service, lease };
    if (spawned?.hasEnded === true) {
      if (!spawned.leftToAnother) throw spawned.failure();
      spawned = undefined;
      nextSpawnMs = performance.now() + RETRY_AFTER_MS;
    }
    if (spawned === undefined && performance.now() >= nextSpawnMs) {
      request.log.info({ home: request.home }, 'starting the embedded service');
      spawned = new SpawnedService({ home: request.home, execPath: request.execPath, entry: request.entry, args: request.args ?? [], fork: request.fork });
    }
    // An abort is seen at the top of the loop.
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  const pid = await describedPid(request.home);
  if (spawned === undefined) {
    throw new OperatorError(
      'EMBEDDED_SERVICE_HUNG', `Another embedded service holds ${request.home} and does not answer.`,
      pid === undefined ? 'End it and try again.' : `End the process ${String(pid)} and try again.`,
    );
  }
  throw new OperatorError('EMBEDDED_SERVICE_TIMEOUT', `The embedded service was not ready within ${String(START_TIMEOUT_MS / 1000)} s.\n${spawned.logTail()}`, 'Look whether the disk is full or the machine overloaded, and try again.');
}

/** Renews one lease until it is released; a service that is gone is started again. */
class LeaseKeeper {
  readonly #request: EmbeddedServiceRequest;
  readonly #released = new AbortController();
  readonly #loop: Promise<void>;
  #leased: Leased;

  constructor(request: EmbeddedServiceRequest, leased: Leased) {
    this.#request = request;
    this.#leased = leased;
    this.#loop = this.#keep();
  }

  get service(): FoundService {
    return this.#leased.service;
  }

  async release(): Promise<void> {
    if (this.#released.signal.aborted) return this.#loop;
    this.#released.abort();
    await this.#loop;
    await dropLease(this.#leased.service, this.#leased.lease.leaseId);
  }

  async #keep(): Promise<void> {
    const { signal } = this.#released;
    let backoffMs: number = RESTART_BACKOFF_MS.first;
    while (!signal.aborted) {
      // A third of its life: two renewals may be lost. A service that has died is noticed sooner.
      const due = performance.now() + this.#leased.lease.ttlMs / 3;
      while (!signal.aborted && performance.now() < due && exists(this.#leased.service.descriptor.pid)) await this.#rest(DEATH_CHECK_MS);
      while (!signal.aborted && !(await this.#renewed(signal))) {
        await this.#rest(backoffMs);
        backoffMs = Math.min(backoffMs * 2, RESTART_BACKOFF_MS.most);
      }
      backoffMs = RESTART_BACKOFF_MS.first;
    }
  }

  /** A pause that ends with the lease and does not keep the engine alive. */
  async #rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#released.signal, ref: false }).catch(() => undefined);
  }

  async #renewed(signal: AbortSignal): Promise<boolean> {
    const { service, lease } = this.#leased;
    const verdict = await renewLease(service, lease.leaseId);
    if (verdict === 'renewed' || signal.aborted) return true;
    this.#request.log.warn({ verdict, pid: service.descriptor.pid }, 'the embedded service has lost our lease; taking a new one');
    try {
      this.#leased = await attachOrStart(this.#request, signal);
      return true;
    } catch (error) {
      if (!signal.aborted) this.#request.log.warn({ error: messageOf(error) }, 'the embedded service could not be brought back yet');
      return false;
    }
  }
}

/** False once the process is gone; another user's process counts as there. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function handleOf(keeper: LeaseKeeper): EmbeddedServiceHandle {
  return {
    get endpoint() { return keeper.service.descriptor.endpoint; },
    get token() { return keeper.service.descriptor.token; },
    get ca() { return keeper.service.ca; },
    get originHttpBase() { return keeper.service.descriptor.originHttp; },
    get originHttpsBase() { return keeper.service.descriptor.originHttps; },
    get subscriptionId() { return keeper.service.descriptor.subscriptionId; },
    get resourceGroup() { return keeper.service.descriptor.resourceGroup; },
    get accountName() { return keeper.service.descriptor.accountName; },
    get location() { return keeper.service.descriptor.location; },
    get pid() { return keeper.service.descriptor.pid; },
    release: () => keeper.release(),
  };
}
