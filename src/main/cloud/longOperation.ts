// Drives one long-running operation of the API to a known end: bounded, told in sentences, cancellable, resumable after a crash.
// What counts is the resource itself; the operation's status URL is only the quicker witness, and it may be wrong, foreign or gone.
import type { FullOperationResponse } from '@azure/core-client';
import { OperatorError } from '../../contract/errors.ts';
import { orAborted, waitFor } from './abortableWait.ts';
import { FOREIGN_HOST } from './boundedHttpClient.ts';
import { retryAfterMs } from './boundedRetry.ts';
import type { OperationOptions } from './liveService.ts';
import { isTransient } from './serviceFault.ts';

/** What is used of the SDK's poller. */
export type OperationPoller = { isDone(): boolean; poll(): Promise<void>; toString(): string };

export type BeginOptions = {
  readonly abortSignal: AbortSignal;
  readonly onResponse: (response: FullOperationResponse) => void;
  readonly updateIntervalInMs: number;
  readonly resumeFrom?: string;
};

/** `state` is the service's own word for the people, `verdict` what it means for this operation. */
export type Observation = { readonly state: string; readonly verdict: 'done' | 'busy' | 'unchanged' | 'impossible' };

export type LongOperation = {
  /** `start the live event “x”`, for sentences. */
  readonly attempt: string;
  /** `Starting the live event “x”`, for progress. */
  readonly doing: string;
  readonly begin: (options: BeginOptions) => Promise<OperationPoller>;
  /** Looks at the resource; `done` ends the operation, `unchanged` means that it has not begun or has fallen back. */
  readonly observe: (signal: AbortSignal) => Promise<Observation>;
  /** Verdicts from which `begin` makes sense; any other way is watched first. Default: begin at once. */
  readonly beginsFrom?: readonly Observation['verdict'][];
  /** The resource looks the same before and after: while the operation can be asked, what the resource shows ends nothing. */
  readonly onlyOperationTells?: boolean;
  readonly timeoutMs: number;
  /** What may still be true after a cancel or a timeout, and what to do: `It may still start and be billed: stop the event.` */
  readonly afterCancel: string;
};

export type OperationPace = {
  readonly subject: string;
  readonly pollIntervalMs: number;
  /** For how long a resource may show no change after the service has said that all is done, ms. */
  readonly settleMs: number;
  /** For how long failing polls are forgiven while an operation runs, ms. */
  readonly forgiveMs: number;
  readonly toOperatorError: (error: unknown, attempt: string) => OperatorError;
};

/** The longest time between two looks, whatever Retry-After says, ms. */
const LONGEST_PAUSE_MS = 30_000;
/** A poller's state is some 500 bytes; more is not worth keeping. */
const LONGEST_TOKEN = 16_384;
/** After a cancel, how long the resource is asked for its state, ms. */
const LAST_LOOK_MS = 5_000;

/**
 * Runs the operation until the resource shows its result.
 * @throws OperatorError CLOUD_CANCELLED, CLOUD_TIMEOUT, CLOUD_OPERATION_FAILED or what the service's refusal maps to.
 */
export async function runLongOperation(operation: LongOperation, pace: OperationPace, options: OperationOptions): Promise<void> {
  const deadline = AbortSignal.timeout(operation.timeoutMs);
  const signal = AbortSignal.any([options.signal, deadline]);
  const run = new OperationRun(operation, pace, options, signal);
  try {
    await run.toEnd();
  } catch (error) {
    if (!signal.aborted) throw pace.toOperatorError(error, operation.attempt);
    throw await run.interrupted(options.signal.aborted ? 'cancelled' : 'timeout');
  }
}

class OperationRun {
  readonly #operation: LongOperation;
  readonly #pace: OperationPace;
  readonly #options: OperationOptions;
  readonly #signal: AbortSignal;
  readonly #startedAt = performance.now();
  #token: string | undefined;
  #accepted = false;
  #conflictSince: number | undefined;
  #pauseMs: number;
  #lastSentence = '';

  constructor(operation: LongOperation, pace: OperationPace, options: OperationOptions, signal: AbortSignal) {
    this.#operation = operation;
    this.#pace = pace;
    this.#options = options;
    this.#signal = signal;
    this.#token = options.resumeFrom?.attempt === operation.attempt ? options.resumeFrom.token : undefined;
    this.#pauseMs = pace.pollIntervalMs;
  }

  async toEnd(): Promise<void> {
    const resumed = this.#token !== undefined;
    if (await this.#attempted()) return;
    // An operation that was resumed may have ended long ago, and its effect be undone since: then it is due again.
    this.#token = undefined;
    if (resumed && await this.#attempted()) return;
    const { state } = await this.#look();
    throw new OperatorError(
      'CLOUD_OPERATION_FAILED', `${this.#pace.subject} reported no error, but to ${this.#operation.attempt} had no effect: it is ${state}.`,
      'Try again; if it happens again, ask the service\'s owner.',
    );
  }

  /** Begins or resumes, and follows to the end. False: the resource shows no effect. */
  async #attempted(): Promise<boolean> {
    const poller = await this.#begun();
    if (poller !== undefined && (await this.#polled(poller)) === 'observed') return true;
    return await this.#watched();
  }

  /** The error for an operation that was given up; says what state the resource was left in. */
  async interrupted(why: 'cancelled' | 'timeout'): Promise<OperatorError> {
    const last = AbortSignal.timeout(LAST_LOOK_MS);
    const state = await orAborted(this.#operation.observe(last), last).then((seen) => seen.state, () => undefined);
    const found = state === undefined ? 'Its state could not be read' : `The service shows it as ${state}`;
    const { doing, afterCancel } = this.#operation;
    return why === 'cancelled'
      ? new OperatorError('CLOUD_CANCELLED', `${doing} was cancelled. ${found}.`, afterCancel)
      : new OperatorError('CLOUD_TIMEOUT', `${doing} took longer than ${this.#elapsedSeconds()} s. ${found}.`, afterCancel);
  }

  /** The poller of a begun or resumed operation, or undefined where only the resource itself can be watched. */
  async #begun(): Promise<OperationPoller | undefined> {
    for (;;) {
      if (this.#token === undefined && !(await this.#awaitedTurn())) return undefined;
      if (this.#token === undefined) await this.#options.onTrace?.({ attempt: this.#operation.attempt });
      this.#accepted = false;
      const resuming = this.#token;
      try {
        const poller = await orAborted(this.#operation.begin({
          abortSignal: this.#signal,
          onResponse: (response) => this.#onResponse(response),
          updateIntervalInMs: this.#pace.pollIntervalMs,
          ...(resuming === undefined ? {} : { resumeFrom: resuming }),
        }), this.#signal);
        await this.#remember(poller);
        return poller;
      } catch (error) {
        if (this.#signal.aborted) throw error;
        const problem = this.#pace.toOperatorError(error, this.#operation.attempt);
        if (resuming !== undefined) {
          // The operation's record has expired or belongs to another service: begin again unless the resource is on its way.
          this.#token = undefined;
          if (problem.code === 'CLOUD_OPERATION_FAILED' || isTransient(problem)) throw problem;
          if ((await this.#look()).verdict !== 'unchanged') return undefined;
        } else if (problem.code === 'CLOUD_CONFLICT') {
          if (await this.#conflictEnded(problem)) return undefined;
        } else if (this.#accepted && (isTransient(problem) || problem.code === FOREIGN_HOST || problem.code === 'CLOUD_NOT_FOUND')) {
          return undefined;
        } else {
          throw problem;
        }
      }
    }
  }

  /** Waits while the resource is on its way somewhere. False: it is there already, or never will be. */
  async #awaitedTurn(): Promise<boolean> {
    const { beginsFrom } = this.#operation;
    if (beginsFrom === undefined) return true;
    for (;;) {
      const { verdict } = await this.#look();
      if (beginsFrom.includes(verdict)) return true;
      if (verdict === 'done' || verdict === 'impossible') return false;
      await this.#pause();
    }
  }

  /** Waits while another operation keeps the resource busy. True: the aim was reached meanwhile; false: try again. */
  async #conflictEnded(problem: OperatorError): Promise<boolean> {
    for (;;) {
      const seen = await this.#look();
      if (seen.verdict === 'done' && this.#operation.onlyOperationTells !== true) return true;
      if (seen.verdict === 'impossible') throw problem;
      if (seen.verdict === 'busy') {
        this.#conflictSince = undefined;
        await this.#pause();
      } else {
        // An operation on one of its outputs keeps an event from changing without showing; a longer refusal has another reason.
        this.#conflictSince ??= performance.now();
        if (performance.now() - this.#conflictSince > this.#pace.settleMs) throw problem;
        await this.#pause();
        return false;
      }
    }
  }

  /** Polls the operation to its end. `observed`: the resource showed the result before the operation did. */
  async #polled(first: OperationPoller): Promise<'ended' | 'observed'> {
    let poller = first;
    let failingSince: number | undefined;
    let doneSince: number | undefined;
    while (failingSince !== undefined || !poller.isDone()) {
      await this.#pause();
      const seen = await this.#look();
      doneSince = seen.verdict === 'done' && this.#operation.onlyOperationTells !== true ? doneSince ?? performance.now() : undefined;
      if (doneSince !== undefined && performance.now() - doneSince > this.#pace.settleMs) return 'observed';
      try {
        // A poller that has failed once is dead and calls itself done (core-lro keeps the error): a new one takes its state up.
        if (failingSince !== undefined) poller = await orAborted(this.#resumed(), this.#signal);
        else await orAborted(poller.poll(), this.#signal);
        failingSince = undefined;
        await this.#remember(poller);
      } catch (error) {
        if (this.#signal.aborted) throw error;
        const problem = this.#pace.toOperatorError(error, this.#operation.attempt);
        if (problem.code === FOREIGN_HOST || problem.code === 'CLOUD_NOT_FOUND') return 'ended';
        failingSince ??= performance.now();
        if (!isTransient(problem) || performance.now() - failingSince > this.#pace.forgiveMs) throw problem;
        this.#say(`${this.#operation.doing}: ${problem.message}`);
      }
    }
    return 'ended';
  }

  /** Watches the resource itself until it shows the result (true), or does not move any more (false). */
  async #watched(): Promise<boolean> {
    let unchangedSince: number | undefined;
    for (;;) {
      const seen = await this.#look();
      if (seen.verdict === 'done') return true;
      unchangedSince = seen.verdict === 'unchanged' ? unchangedSince ?? performance.now() : undefined;
      const fellBack = unchangedSince !== undefined && performance.now() - unchangedSince > this.#pace.settleMs;
      if (fellBack || seen.verdict === 'impossible') return false;
      await this.#pause();
    }
  }

  /** One look at the resource; brief failures of looking are forgiven. */
  async #look(): Promise<Observation> {
    const since = performance.now();
    for (;;) {
      try {
        const seen = await orAborted(this.#operation.observe(this.#signal), this.#signal);
        this.#say(`${this.#operation.doing}: ${seen.state}, ${this.#elapsedSeconds()} s.`);
        return seen;
      } catch (error) {
        if (this.#signal.aborted) throw error;
        const problem = this.#pace.toOperatorError(error, this.#operation.attempt);
        if (!isTransient(problem) || performance.now() - since > this.#pace.forgiveMs) throw problem;
        this.#say(`${this.#operation.doing}: ${problem.message}`);
        await this.#pause();
      }
    }
  }

  async #resumed(): Promise<OperationPoller> {
    return await this.#operation.begin({
      abortSignal: this.#signal,
      onResponse: (response) => this.#onResponse(response),
      updateIntervalInMs: this.#pace.pollIntervalMs,
      ...(this.#token === undefined ? {} : { resumeFrom: this.#token }),
    });
  }

  #onResponse(response: FullOperationResponse): void {
    if (response.status < 300) this.#accepted = true;
    const asked = retryAfterMs(response.headers.get('retry-after')) ?? this.#pace.pollIntervalMs;
    this.#pauseMs = Math.min(Math.max(asked, this.#pace.pollIntervalMs), LONGEST_PAUSE_MS);
  }

  async #remember(poller: OperationPoller): Promise<void> {
    if (poller.isDone()) return;
    const token = poller.toString();
    if (token === this.#token || token.length > LONGEST_TOKEN) return;
    this.#token = token;
    await this.#options.onTrace?.({ attempt: this.#operation.attempt, token });
  }

  async #pause(): Promise<void> {
    await waitFor(this.#pauseMs, this.#signal);
    this.#signal.throwIfAborted();
  }

  #say(sentence: string): void {
    if (sentence === this.#lastSentence) return;
    this.#lastSentence = sentence;
    this.#options.onProgress(sentence);
  }

  #elapsedSeconds(): number {
    return Math.round((performance.now() - this.#startedAt) / 1000);
  }
}
