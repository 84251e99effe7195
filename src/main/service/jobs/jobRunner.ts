// The queue of encoding jobs: one at a time, the more urgent first. What a killed process left is begun again. Knows no FFmpeg.
import { messageOf, OperatorError } from '../../../contract/errors.ts';
import type { JobOutputRecord, JobRecord, JobState } from '../records.ts';
import type { ServiceLog } from '../serviceLog.ts';
import type { Store } from '../store.ts';

export type JobStep = {
  readonly job: JobRecord;
  readonly output: JobOutputRecord;
  readonly presetName: string;
  readonly signal: AbortSignal;
  /** 0 to 1 */
  readonly onProgress: (share: number) => void;
};

const URGENCY = { High: 0, Normal: 1, Low: 2 } as const;
const OVER: ReadonlySet<JobState> = new Set(['Finished', 'Error', 'Canceled']);
/** The store is written for progress this often at most, in percent; each write is a sync of the disk. */
const TELL_EVERY_PERCENT = 2;

/** Why a job was stopped in the middle. */
const CANCELLED = new OperatorError('JOB_CANCELED', 'The job was canceled.', 'Submit it again.');
const CLOSING = new OperatorError('SERVICE_STOPPING', 'The embedded service is stopping.', 'The job is begun again at its next start.');

export class JobRunner {
  readonly #store: Store;
  readonly #perform: (step: JobStep) => Promise<void>;
  readonly #log: ServiceLog;
  #running: { readonly job: Pick<JobRecord, 'transformName' | 'name'>; readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  #closed = false;

  /** @param perform makes one output of a job; rejects with an OperatorError for what the file or the preset is to blame. */
  constructor(store: Store, perform: (step: JobStep) => Promise<void>, log: ServiceLog) {
    this.#store = store;
    this.#perform = perform;
    this.#log = log;
  }

  /** True while there is something to do; the service does not end by itself then. */
  get isBusy(): boolean {
    return this.#running !== undefined || this.#store.jobs.count({ state: 'Queued' }) > 0;
  }

  /** Takes up what an earlier process left: half-made outputs are made anew, cancelled ones are let go. */
  resume(): void {
    for (const job of this.#store.jobs.list()) {
      if (job.state === 'Processing') this.#write(job, 'Queued', job.outputs.map((one) => (OVER.has(one.state) ? one : { ...one, state: 'Queued', progress: 0 })));
      if (job.state === 'Canceling') this.#write(job, 'Canceled', job.outputs.map(canceled));
    }
    this.wake();
  }

  /** Begins the next job if none runs; to be called for each that was queued. */
  wake(): void {
    if (this.#closed || this.#running !== undefined) return;
    const next = this.#store.jobs.list({ state: 'Queued' })
      .sort((one, other) => URGENCY[one.priority] - URGENCY[other.priority] || one.createdAt.localeCompare(other.createdAt))[0];
    if (next === undefined) return;
    const stop = new AbortController();
    const ended = this.#run(next, stop.signal)
      .catch((error: unknown) => this.#log.error({ job: next.name, error: messageOf(error) }, 'a job could not be written as ended'))
      .finally(() => {
        this.#running = undefined;
        this.wake();
      });
    this.#running = { job: next, stop, ended };
  }

  /** Nothing for a job that has ended. */
  cancel(job: JobRecord): void {
    if (OVER.has(job.state) || job.state === 'Canceling') return;
    const running = this.#running;
    if (running === undefined || running.job.name !== job.name || running.job.transformName !== job.transformName) {
      this.#write(job, 'Canceled', job.outputs.map(canceled));
      return;
    }
    this.#write(job, 'Canceling', job.outputs);
    running.stop.abort(CANCELLED);
  }

  /** Stops what runs; it is begun again at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#running?.stop.abort(CLOSING);
    await this.#running?.ended;
  }

  async #run(begun: JobRecord, signal: AbortSignal): Promise<void> {
    const transform = this.#store.transforms.find({ name: begun.transformName });
    const startTime = new Date().toISOString();
    let job = this.#write({ ...begun, startTime }, 'Processing', begun.outputs);
    for (const [index, output] of begun.outputs.entries()) {
      if (OVER.has(output.state)) continue;
      const plan = transform?.outputs[index];
      job = this.#writeOutput(job, index, { state: 'Processing', startTime: new Date().toISOString() });
      try {
        if (plan === undefined) throw new OperatorError('TRANSFORM_CHANGED', 'The transform does not have this output any more.', 'Submit the job again.');
        let told = 0;
        await this.#perform({
          job, output, presetName: plan.preset.presetName, signal,
          onProgress: (share) => {
            const percent = Math.min(99, Math.floor(share * 100));
            if (signal.aborted || percent - told < TELL_EVERY_PERCENT) return;
            told = percent;
            job = this.#writeOutput(job, index, { progress: percent });
          },
        });
        job = this.#writeOutput(job, index, { state: 'Finished', progress: 100, endTime: new Date().toISOString() });
      } catch (error) {
        if (signal.aborted) break;
        this.#log.warn({ job: job.name, error: messageOf(error) }, 'an output of a job could not be made');
        job = this.#writeOutput(job, index, { state: 'Error', error: explained(error), endTime: new Date().toISOString() });
        if (plan?.onError !== 'ContinueJob') break;
      }
    }
    if (signal.reason === CLOSING) return;
    // Deleted meanwhile.
    if (this.#store.jobs.find({ transform_name: job.transformName, name: job.name }) === undefined) return;
    if (signal.aborted) {
      this.#write(job, 'Canceled', job.outputs.map(canceled));
      return;
    }
    const failed = job.outputs.some((one) => one.state === 'Error');
    this.#write(job, failed ? 'Error' : 'Finished', job.outputs.map((one) => (OVER.has(one.state) ? one : { ...one, state: 'Canceled' })));
  }

  #writeOutput(job: JobRecord, index: number, change: Partial<JobOutputRecord>): JobRecord {
    // What a client changed meanwhile (description, priority) and the state, which a cancel sets, stay as they are.
    const known = this.#store.jobs.find({ transform_name: job.transformName, name: job.name }) ?? job;
    return this.#write(known, known.state, known.outputs.map((one, at) => (at === index ? { ...one, ...change } : one)));
  }

  #write(job: JobRecord, state: JobState, outputs: readonly JobOutputRecord[]): JobRecord {
    const now = new Date().toISOString();
    const next: JobRecord = { ...job, state, outputs, modifiedAt: now, endTime: OVER.has(state) ? now : null };
    this.#store.jobs.replace(next);
    return next;
  }
}

function canceled(output: JobOutputRecord): JobOutputRecord {
  return OVER.has(output.state) ? output : { ...output, state: 'Canceled', endTime: new Date().toISOString() };
}

/** JobErrorCode and JobErrorCategory of the API; the sentence tells the rest. */
function explained(error: unknown): NonNullable<JobOutputRecord['error']> {
  const isKnown = error instanceof OperatorError;
  const detail = isKnown ? error.code : 'INTERNAL';
  const message = isKnown ? `${error.message} ${error.action}` : messageOf(error);
  const [code, category, retry] = (isKnown ? KINDS[error.code] : undefined) ?? ['ServiceError', 'Service', 'MayRetry'];
  return { code, category, retry, detail, message };
}

const KINDS: Readonly<Record<string, readonly [code: string, category: string, retry: 'DoNotRetry' | 'MayRetry']>> = {
  SOURCE_NOT_MEDIA: ['ContentMalformed', 'Content', 'DoNotRetry'],
  ENCODING_FAILED: ['ContentMalformed', 'Content', 'DoNotRetry'],
  NOT_STREAMABLE: ['ContentUnsupported', 'Content', 'DoNotRetry'],
  NOTHING_TO_ENCODE: ['ContentUnsupported', 'Content', 'DoNotRetry'],
  INPUT_MISSING: ['DownloadNotAccessible', 'Download', 'DoNotRetry'],
  UNKNOWN_PRESET: ['ConfigurationUnsupported', 'Configuration', 'DoNotRetry'],
  TRANSFORM_CHANGED: ['ConfigurationUnsupported', 'Configuration', 'DoNotRetry'],
  ASSET_IN_USE: ['ConfigurationUnsupported', 'Configuration', 'DoNotRetry'],
};
