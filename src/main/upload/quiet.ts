// Work that loads this computer: it waits while a show is on air, and what was under way when one begins is begun anew afterwards.
import { OperatorError } from '../../contract/errors.ts';

const SHOW_BEGINS = new OperatorError('SHOW_ON_AIR', 'A show is on air on this computer.', 'The work goes on when it has ended.');

export class Quiet {
  readonly #holds = new Set<symbol>();
  readonly #waiting = new Set<() => void>();
  readonly #working = new Set<AbortController>();

  /** No work runs until the returned function is called; several may hold at once. */
  hold(): () => void {
    const hold = Symbol('hold');
    this.#holds.add(hold);
    for (const stop of this.#working) stop.abort(SHOW_BEGINS);
    return () => {
      if (!this.#holds.delete(hold) || this.#holds.size > 0) return;
      for (const wake of this.#waiting) wake();
    };
  }

  /**
   * Runs the work when nothing holds it, as often as a show interrupts it.
   * @param onWait told each time before it waits. Rejects with what the work rejects with, and with the signal's reason.
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>, onWait: () => void, signal: AbortSignal): Promise<T> {
    for (;;) {
      if (this.#holds.size > 0) onWait();
      await this.#calm(signal);
      const stop = new AbortController();
      this.#working.add(stop);
      try {
        return await work(AbortSignal.any([signal, stop.signal]));
      } catch (error) {
        if (signal.aborted || !stop.signal.aborted) throw error;
      } finally {
        this.#working.delete(stop);
      }
    }
  }

  async #calm(signal: AbortSignal): Promise<void> {
    while (this.#holds.size > 0) {
      signal.throwIfAborted();
      let resolve = (): void => undefined;
      const promise = new Promise<void>((done) => { resolve = done; });
      this.#waiting.add(resolve);
      signal.addEventListener('abort', resolve, { once: true });
      await promise;
      this.#waiting.delete(resolve);
      signal.removeEventListener('abort', resolve);
    }
    signal.throwIfAborted();
  }
}
