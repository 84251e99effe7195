// What each long operation does, step by step, and what becomes of the resource when a step fails. Routes decide whether it may begin.
import { messageOf } from '../../../contract/errors.ts';
import type { LiveEventRecord, LiveOutputRecord, OperationTask, StreamingEndpointRecord } from '../records.ts';
import type { ServiceLog } from '../serviceLog.ts';
import type { Store } from '../store.ts';
import type { ChannelWork } from './channelWork.ts';
import type { TaskOutcome } from './operationRunner.ts';

type EventTask = Extract<OperationTask, { resource: 'liveEvent' }>;
type OutputTask = Extract<OperationTask, { resource: 'liveOutput' }>;
type EndpointTask = Extract<OperationTask, { resource: 'streamingEndpoint' }>;
type EventState = Pick<LiveEventRecord, 'resourceState' | 'provisioningState'>;

/** States in which an event's channel is, or was when the process died, open. */
const OPEN_STATES = new Set<LiveEventRecord['resourceState']>(['Running', 'Stopping']);

/** Runs the tasks of an `OperationRunner` and brings the media plane back after a restart. */
export class Lifecycle {
  readonly #store: Store;
  readonly #work: ChannelWork;
  readonly #log: ServiceLog;

  constructor(store: Store, work: ChannelWork, log: ServiceLog) {
    this.#store = store;
    this.#work = work;
    this.#log = log;
  }

  /** The steps of one task. Never rejects: a failure comes back with the change that undoes it. */
  readonly perform = async (task: OperationTask): Promise<TaskOutcome> => {
    switch (task.resource) {
      case 'liveEvent': return this.#performEvent(task);
      case 'liveOutput': return this.#performOutput(task);
      case 'streamingEndpoint': return { change: () => this.#settleEndpoint(task), failure: undefined };
    }
  };

  /**
   * Opens the channels and outputs that were open when the last process ended. Before `OperationRunner.resume`, which then
   * finds the plane as it was. What cannot be opened again is shown as it is: a stopped event, an output that failed.
   */
  async restore(): Promise<void> {
    for (const event of this.#store.liveEvents.list()) {
      if (!OPEN_STATES.has(event.resourceState)) continue;
      try {
        await this.#work.open(event);
      } catch (error) {
        this.#log.error({ event: event.name, error: messageOf(error) }, 'a live event could not be opened again and is stopped');
        if (event.resourceState === 'Running') this.#store.transaction(() => this.#setEvent(event.name, { resourceState: 'Stopped', provisioningState: 'Succeeded' }));
        continue;
      }
      for (const output of this.#outputsOf(event.name)) {
        // An output that was being created has not begun; its task begins it.
        if (output.resourceState !== 'Creating') await this.#resumeOutput(output);
      }
    }
  }

  async #resumeOutput(output: LiveOutputRecord): Promise<void> {
    try {
      await this.#work.record(output);
    } catch (error) {
      this.#log.error({ event: output.eventName, output: output.name, error: messageOf(error) }, 'a live output could not be resumed');
      this.#store.transaction(() => this.#store.liveOutputs.replace({ ...output, provisioningState: 'Failed' }));
    }
  }

  async #performEvent(task: EventTask): Promise<TaskOutcome> {
    const event = this.#store.liveEvents.find({ name: task.eventName });
    if (event === undefined) return { change: () => undefined, failure: undefined };
    const becomes = (resourceState: EventState['resourceState'], failure?: unknown): TaskOutcome => ({
      change: () => this.#setEvent(event.name, { resourceState, provisioningState: 'Succeeded' }), failure,
    });
    switch (task.action) {
      case 'create': {
        if (!task.autoStart) return becomes('Stopped');
        this.#store.transaction(() => this.#setEvent(event.name, { resourceState: 'Starting', provisioningState: 'InProgress' }));
        return this.#start(event, becomes);
      }
      case 'start': return this.#start(event, becomes);
      case 'stop': return this.#stop(event, becomes);
      case 'reset': return this.#reset(event, becomes);
      case 'allocate': return becomes('StandBy');
      case 'update':
        this.#work.admit(event);
        return becomes(event.resourceState);
      case 'delete': return { change: () => void this.#store.liveEvents.remove({ name: event.name }), failure: undefined };
    }
  }

  async #start(event: LiveEventRecord, becomes: (state: EventState['resourceState'], failure?: unknown) => TaskOutcome): Promise<TaskOutcome> {
    try {
      await this.#work.open(event);
      for (const output of this.#outputsOf(event.name)) await this.#work.record(output);
      return becomes('Running');
    } catch (error) {
      // media-services.md §4.2: a start that fails ends in Stopped.
      await this.#attempt('close after a failed start', () => this.#endAll(event.name));
      return becomes('Stopped', error);
    }
  }

  async #stop(event: LiveEventRecord, becomes: (state: EventState['resourceState'], failure?: unknown) => TaskOutcome): Promise<TaskOutcome> {
    try {
      await this.#removeOutputs(event.name);
      await this.#work.close(event.name);
      return becomes('Stopped');
    } catch (error) {
      return becomes('Running', error);
    }
  }

  async #reset(event: LiveEventRecord, becomes: (state: EventState['resourceState'], failure?: unknown) => TaskOutcome): Promise<TaskOutcome> {
    try {
      await this.#removeOutputs(event.name);
      await this.#work.close(event.name);
    } catch (error) {
      return becomes('Running', error);
    }
    return this.#start(event, becomes);
  }

  /** Ends and removes outputs one by one, so that a crash in between leaves the rest to be resumed. */
  async #removeOutputs(eventName: string): Promise<void> {
    for (const output of this.#outputsOf(eventName)) {
      await this.#work.end(output);
      this.#store.transaction(() => this.#store.liveOutputs.remove({ event_name: output.eventName, name: output.name }));
    }
  }

  async #endAll(eventName: string): Promise<void> {
    for (const output of this.#outputsOf(eventName)) await this.#work.end(output);
    await this.#work.close(eventName);
  }

  async #performOutput(task: OutputTask): Promise<TaskOutcome> {
    const output = this.#store.liveOutputs.find({ event_name: task.eventName, name: task.outputName });
    if (output === undefined) return { change: () => undefined, failure: undefined };
    const remove = (): void => void this.#store.liveOutputs.remove({ event_name: output.eventName, name: output.name });
    const becomesRunning = (): void => this.#store.liveOutputs.replace({ ...output, resourceState: 'Running', provisioningState: 'Succeeded' });
    const flows = this.#store.liveEvents.find({ name: task.eventName })?.resourceState === 'Running';
    try {
      if (task.action === 'create') {
        // An output of a stopped event begins to record when the event is started.
        if (flows) await this.#work.record(output);
        return { change: becomesRunning, failure: undefined };
      }
      if (flows) await this.#work.end(output);
      return { change: remove, failure: undefined };
    } catch (error) {
      if (task.action === 'delete') return { change: becomesRunning, failure: error };
      await this.#attempt('end after a failed begin', () => this.#work.end(output));
      const released = await this.#releasable(output);
      return {
        change: () => {
          remove();
          const asset = this.#store.assets.find({ name: output.assetName });
          if (released && asset !== undefined) this.#store.assets.replace({ ...asset, recordedBy: null });
        },
        failure: error,
      };
    }
  }

  /** True where a failed begin has left the asset empty, so that it may be used again. */
  async #releasable(output: LiveOutputRecord): Promise<boolean> {
    const asset = this.#store.assets.find({ name: output.assetName });
    try {
      return asset !== undefined && !(await this.#work.hasMedia(asset));
    } catch {
      return false;
    }
  }

  #settleEndpoint(task: EndpointTask): void {
    const endpoint = this.#store.endpoints.find({ name: task.endpointName });
    if (endpoint === undefined) return;
    const states: Record<EndpointTask['action'], StreamingEndpointRecord['resourceState']> = { start: 'Running', stop: 'Stopped', update: endpoint.resourceState };
    this.#store.endpoints.replace({ ...endpoint, resourceState: states[task.action], provisioningState: 'Succeeded', modifiedAt: new Date().toISOString() });
  }

  #outputsOf(eventName: string): LiveOutputRecord[] {
    return this.#store.liveOutputs.list({ event_name: eventName });
  }

  /** Reads again: the event may have got other tags since the task began. */
  #setEvent(name: string, state: EventState): void {
    const event = this.#store.liveEvents.find({ name });
    if (event !== undefined) this.#store.liveEvents.replace({ ...event, ...state, modifiedAt: new Date().toISOString() });
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, `could not ${what}`);
    }
  }
}
