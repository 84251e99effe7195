// Long operations: written down before they begin, one at a time for each scope, finished or rolled back also after a crash. Knows no resource.
import { randomUUID } from 'node:crypto';
import { messageOf } from '../../../contract/errors.ts';
import type { OperationRecord, OperationTask } from '../records.ts';
import type { ServiceLog } from '../serviceLog.ts';
import type { Store } from '../store.ts';
import { ArmError, conflict } from './armError.ts';

/** How a task ended: the store's change that says so (a rollback where it failed), committed together with the operation's end. */
export type TaskOutcome = { readonly change: () => void; readonly failure: unknown };

/** Does a task's work on the media plane. Idempotent: after a crash it is run again from the beginning. */
export type TaskSteps = (task: OperationTask) => Promise<TaskOutcome>;

export class OperationRunner {
  readonly #store: Store;
  readonly #steps: TaskSteps;
  readonly #log: ServiceLog;
  readonly #running = new Map<string, Promise<void>>();
  #closed = false;

  constructor(store: Store, steps: TaskSteps, log: ServiceLog) {
    this.#store = store;
    this.#steps = steps;
    this.#log = log;
  }

  /**
   * Commits `change` and the operation together, then runs it in the background.
   *
   * @param change Writes the in-between state (Starting, Creating…); its refusals leave nothing behind.
   * @throws ArmError 409 while another operation runs in the same scope.
   */
  begin(task: OperationTask, change: () => void): OperationRecord {
    if (this.#closed) throw new ArmError(409, 'ServiceStopping', 'The embedded service is stopping.');
    const operation: OperationRecord = {
      id: randomUUID(), scope: scopeOf(task), task, status: 'InProgress', error: null, target: randomUUID(),
      startedAt: new Date().toISOString(), finishedAt: null,
    };
    this.#store.transaction(() => {
      this.assertIdle(operation.scope);
      change();
      this.#store.operations.insert(operation);
    });
    this.#run(operation);
    return operation;
  }

  /** @throws ArmError 409 while an operation runs in the scope. */
  assertIdle(scope: string): void {
    const busy = this.#store.operations.find({ scope, status: 'InProgress' });
    if (busy !== undefined) throw conflict(`Another operation (${busy.task.action}) is in progress on '${scope.slice(scope.indexOf(':') + 1)}'. Only one long-running operation may run at a time on a live event and its outputs.`);
  }

  get(id: string): OperationRecord | undefined {
    return this.#store.operations.find({ id });
  }

  /** The operation as it is once it has ended or `waitMs` have passed: spares a client its polling pause of seconds. */
  async settled(id: string, waitMs: number): Promise<OperationRecord | undefined> {
    const running = this.#running.get(id.toLowerCase());
    if (running !== undefined) await within(running, waitMs);
    return this.get(id);
  }

  /** Takes up again what a killed process left in progress. Resolves when all of it has ended. */
  async resume(): Promise<void> {
    for (const operation of this.#store.operations.list({ status: 'InProgress' })) {
      this.#log.warn({ action: operation.task.action, scope: operation.scope }, 'finishing an operation that the last run left open');
      this.#run(operation);
    }
    await Promise.all(this.#running.values());
  }

  /** Takes no more operations and waits for those that run, at most `waitMs`; the rest is finished at the next start. */
  async close(waitMs: number): Promise<void> {
    this.#closed = true;
    await within(Promise.all(this.#running.values()), waitMs);
  }

  #run(operation: OperationRecord): void {
    const settled = this.#steps(operation.task)
      .then((outcome) => this.#finish(operation, outcome))
      .catch((error: unknown) => this.#log.error({ error: messageOf(error), scope: operation.scope }, 'an operation could not be written as ended'))
      .finally(() => this.#running.delete(operation.id));
    this.#running.set(operation.id, settled);
  }

  #finish(operation: OperationRecord, outcome: TaskOutcome): void {
    const error = outcome.failure;
    const failure = error === undefined ? null : { code: error instanceof ArmError ? error.code : 'InternalServerError', message: messageOf(error) };
    if (failure !== null) this.#log.warn({ action: operation.task.action, scope: operation.scope, ...failure }, 'operation failed');
    this.#store.transaction(() => {
      outcome.change();
      this.#store.operations.replace({
        ...operation, status: failure === null ? 'Succeeded' : 'Failed', error: failure, finishedAt: new Date().toISOString(),
      });
    });
  }
}

/** An event and its outputs share one scope (media-services.md §1.4). */
function scopeOf(task: OperationTask): string {
  return task.resource === 'streamingEndpoint' ? `streamingEndpoint:${task.endpointName.toLowerCase()}` : `liveEvent:${task.eventName.toLowerCase()}`;
}

async function within(work: Promise<unknown>, waitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, waitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
