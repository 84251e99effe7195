// What every step of a show is raced against: the operator who ends it, and a failure that it cannot survive.
import { OperatorError, messageOf } from '../../contract/errors.ts';
import type { Failure } from '../../contract/report.ts';

export class ShowSteps {
  readonly #cancel = new AbortController();
  readonly #end = Promise.withResolvers<void>();
  readonly #fatal = Promise.withResolvers<never>();
  #isEnding = false;

  constructor() {
    // Raced against other steps; when nobody waits for it any more it must not count as unhandled.
    this.#fatal.promise.catch(() => undefined);
  }

  /** Aborted when the show is to end at once. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Resolves when the end in order is wanted. */
  get endRequested(): Promise<void> {
    return this.#end.promise;
  }

  requestEnd(): void {
    this.#isEnding = true;
    this.#end.resolve();
  }

  abort(): void {
    this.requestEnd();
    this.#cancel.abort(new OperatorError('ABORTED', 'The show was ended at once.', 'Start it again.'));
  }

  /** The show cannot go on. */
  fail(error: Error): void {
    this.#fatal.reject(error);
  }

  /** Waits for a step, but no longer than until the show is aborted or something fatal happens. */
  async run<T>(step: Promise<T>): Promise<T> {
    const { signal } = this.#cancel;
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => undefined);
    const onAbort = (): void => aborted.reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    try {
      return await Promise.race([step, aborted.promise, this.#fatal.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

/** Anything thrown as the failure that a report shows. */
export function failureOf(error: unknown): Failure {
  if (error instanceof OperatorError) return { code: error.code, message: error.message, action: error.action };
  return { code: 'INTERNAL', message: `Something unexpected happened: ${messageOf(error)}`, action: 'Try again; if it happens again, report it with the log.' };
}
