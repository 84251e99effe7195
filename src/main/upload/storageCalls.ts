// Calls on one blob of a container, repeated through lost networks and expired signatures until they succeed, are refused for good, or nothing has
// moved for too long. Repeats nothing that may have arrived without asking first: that is the caller's `hasArrived`.
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { OperatorError } from '../../contract/errors.ts';
import type { RateLimit } from './rateLimit.ts';
import { judgeSendError } from './sendFailure.ts';
import { waitFor } from '../cloud/abortableWait.ts';

export type StorageAccess = {
  /** Opens the container with a fresh signature. */
  readonly open: (signal: AbortSignal) => Promise<ContainerClient>;
  readonly limit: RateLimit;
  /** Without any success for this long an upload is given up, ms; it can be retried, and goes on where it was. */
  readonly giveUpMs: number;
  /** A request of which nothing has moved for this long is ended, ms. */
  readonly stallMs: number;
  /** Told when calls fail and are repeated, and with undefined when one succeeds again. */
  readonly onTrouble: (reason: string | undefined) => void;
};

const BACKOFF_MS = { first: 250, most: 10_000 } as const;
/** A block that arrives damaged this often has a cause that repeating does not mend. */
const MAX_DAMAGED = 3;
/** Signatures that are refused although they are fresh. */
const MAX_RENEWALS = 3;

/** `moved` is to be called whenever something of the request went through or is held back on purpose. */
export type Attempt<T> = (blob: BlockBlobClient, signal: AbortSignal, moved: () => void) => Promise<T>;

export class StorageCalls {
  readonly #access: StorageAccess;
  readonly #blobName: string;
  readonly #what: string;
  #opening: Promise<ContainerClient> | undefined;
  #lastSuccessMs = performance.now();

  constructor(access: StorageAccess, blobName: string, what: string) {
    this.#access = access;
    this.#blobName = blobName;
    this.#what = what;
  }

  /**
   * @param hasArrived Asked before a repetition: true where the last attempt took effect although its answer was lost.
   * @throws OperatorError; the signal's reason when it aborts.
   */
  async run<T>(attempt: Attempt<T>, signal: AbortSignal, hasArrived?: (blob: BlockBlobClient, signal: AbortSignal) => Promise<T | undefined>): Promise<T> {
    let damaged = 0;
    let renewals = 0;
    let inDoubt = false;
    for (let failures = 0; ; failures += 1) {
      signal.throwIfAborted();
      const opened = this.#opening ??= this.#access.open(signal);
      try {
        const blob = (await opened).getBlockBlobClient(this.#blobName);
        const arrived = inDoubt ? await this.#watched((_blob, watched) => hasArrived?.(blob, watched) ?? Promise.resolve(undefined), blob, signal) : undefined;
        const result = arrived ?? await this.#watched(attempt, blob, signal);
        this.#lastSuccessMs = performance.now();
        this.#access.onTrouble(undefined);
        return result;
      } catch (error) {
        signal.throwIfAborted();
        // An opening that failed is no container for the next attempt.
        if (await opened.then(() => false, () => true)) this.#forget(opened);
        const verdict = judgeSendError(error, this.#what);
        if (verdict.kind === 'stop' && !isPassing(verdict.error)) throw verdict.error;
        if (verdict.kind === 'damaged' && ++damaged >= MAX_DAMAGED) {
          throw new OperatorError('DAMAGED_ON_THE_WAY', `${this.#what} arrived damaged ${MAX_DAMAGED} times.`, 'Something on the way changes what is sent; try another network.');
        }
        if (verdict.kind === 'renew') {
          this.#forget(opened);
          if (++renewals > MAX_RENEWALS) throw new OperatorError('UPLOAD_FORBIDDEN', `The storage refuses fresh signatures for ${this.#what}.`, 'Check the clock of this computer, and the network rules of the storage account.');
          continue;
        }
        inDoubt = inDoubt || verdict.kind === 'again';
        if (this.#access.limit.isHeld) this.#lastSuccessMs = performance.now();
        const reason = verdict.kind === 'again' ? verdict.reason : verdict.kind === 'damaged' ? 'a block arrived damaged' : verdict.error.message;
        if (performance.now() - this.#lastSuccessMs > this.#access.giveUpMs) {
          throw new OperatorError('UPLOAD_STALLED', `${this.#what} could not be sent on: ${reason}, for ${Math.round(this.#access.giveUpMs / 1000)} s.`, 'Check the network connection, then retry: the upload goes on where it was.');
        }
        this.#access.onTrouble(reason);
        await waitFor(Math.min(BACKOFF_MS.first * 2 ** Math.min(failures, 10), BACKOFF_MS.most), signal);
      }
    }
  }

  #forget(opened: Promise<ContainerClient>): void {
    // Several blocks fail at once with one signature; only the first of them renews it.
    if (this.#opening === opened) this.#opening = undefined;
  }

  async #watched<T>(attempt: Attempt<T>, blob: BlockBlobClient, signal: AbortSignal): Promise<T> {
    const stalled = new AbortController();
    let movedMs = performance.now();
    const timer = setInterval(() => {
      if (performance.now() - movedMs > this.#access.stallMs) stalled.abort();
    }, Math.min(1000, this.#access.stallMs));
    try {
      return await attempt(blob, AbortSignal.any([signal, stalled.signal]), () => { movedMs = performance.now(); });
    } finally {
      clearInterval(timer);
    }
  }
}

/** Failures of the account's API that heal by themselves; see cloud/serviceFault.ts. */
function isPassing(error: OperatorError): boolean {
  return ['SERVICE_UNREACHABLE', 'CLOUD_NO_ANSWER', 'CLOUD_SERVICE_FAILED', 'CLOUD_THROTTLED'].includes(error.code);
}
