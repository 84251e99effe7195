// The Media Services implementation of LiveService, for the real API and whatever speaks it. Holds no state of a show.
// It never stops or changes an event that it merely finds.
import type { LiveEvent } from '@azure/arm-mediaservices';
import { OperatorError } from '../../contract/errors.ts';
import { ArmAccount, type MediaServicesSettings } from './armAccount.ts';
import { eventDataUrlOf, postEventData } from './eventData.ts';
import { eventInfoOf, isBeingCreated, stateOf } from './eventInfo.ts';
import { createEventBody, patchTagsBody } from './liveEventRequest.ts';
import type { CreateEvent, LiveEventInfo, LiveService, OperationOptions, TagSwap } from './liveService.ts';
import { runLongOperation, type Observation } from './longOperation.ts';
import { createMediaLibrary } from './mediaLibrary.ts';
import { listOutputs } from './liveOutputs.ts';
import { changeEndpoint, listEndpoints } from './streamingEndpoints.ts';
import { EventTelemetry } from './eventTelemetry.ts';
import { PreviewArrivals } from './previewArrivals.ts';
import { endOutput, publishOutput } from './publication.ts';
import { swapEventTags } from './eventTagSwap.ts';
import { readServiceClock } from './serviceClock.ts';

/** An account has at most some tens of events; more pages than this are a loop. */
const MAX_EVENTS = 1000;

/**
 * A LiveService on `@azure/arm-mediaservices`. Opens no connection until it is used.
 * @throws OperatorError BAD_ENDPOINT for an address that cannot be used.
 */
export function createMediaServices(settings: MediaServicesSettings): LiveService {
  const account = new ArmAccount(settings);
  const events = new LiveEvents(account);
  const telemetry = new EventTelemetry(account, new PreviewArrivals(settings.ca));
  return {
    label: settings.label,
    capabilities: settings.capabilities,
    ca: settings.ca,
    library: createMediaLibrary(account),
    checkAccount: async (signal) => {
      await events.accountLocation(signal);
    },
    listEvents: async (signal) => await events.list(signal),
    getEvent: async (name, signal) => await events.get(name, signal),
    ensureEvent: async (event, options) => await events.ensure(event, options),
    updateEventTags: async (name, tags, options) => await events.updateTags(name, tags, options),
    swapEventTags: async (event, tags, signal) => await events.swapTags(event, tags, signal),
    readClock: async (signal) => await readServiceClock(account, signal),
    startEvent: async (name, options) => await events.start(name, options),
    stopEvent: async (name, removeOutputs, options) => await events.stop(name, removeOutputs, options),
    deleteEvent: async (name, options) => await events.remove(name, options),
    allocateEvent: async (name, options) => await events.allocate(name, options),
    resetEvent: async (name, byStopping, options) => await events.reset(name, byStopping, options),
    listEndpoints: async (signal) => await listEndpoints(account, signal),
    changeEndpoint: async (change, options) => await changeEndpoint(account, change, options),
    publish: async (output, options) => await publishOutput(account, output, options),
    readHealth: async (event, outputName, signal) => await telemetry.read(event.name, outputName, event.previewHlsUrl, signal),
    sendEventData: async (eventName, json, signal) => {
      const url = eventDataUrlOf(await events.require(eventName, signal), settings.httpIngestBase);
      if (url === undefined) throw new OperatorError('NO_EVENT_DATA', `The event ${eventName} takes no data: it offers no RTMP ingest.`, 'Wait until it runs; an event that takes Smooth Streaming has no call for data.');
      await postEventData(url, json, { ca: settings.ca, signal });
    },
    listOutputs: async (eventName, ownName, signal) => await listOutputs(account, eventName, ownName, signal),
    endOutput: async (eventName, outputName, options) => await endOutput(account, eventName, outputName, options),
  };
}

class LiveEvents {
  readonly #account: ArmAccount;
  #location: string | undefined;

  constructor(account: ArmAccount) {
    this.#account = account;
    this.#location = account.settings.location;
  }

  /** Reads the account, which proves address, sign-in, rights and names at once; its region is where new events go. */
  async accountLocation(signal: AbortSignal): Promise<string> {
    const attempt = 'read the Media Services account';
    const found = await this.#account.call(attempt, signal, async (abortSignal) =>
      await this.#account.client.mediaservices.get(...this.#account.names, { abortSignal }));
    if (typeof found?.location !== 'string' || found.location === '') throw this.#account.unexpected(attempt, 'no location in the account');
    return found.location;
  }

  async list(signal: AbortSignal): Promise<LiveEventInfo[]> {
    return await this.#account.call('list the live events', signal, async (abortSignal) => {
      const found: LiveEventInfo[] = [];
      let seen = 0;
      for await (const event of this.#account.client.liveEvents.list(...this.#account.names, { abortSignal })) {
        seen += 1;
        if (seen > MAX_EVENTS) throw this.#account.unexpected('list the live events', 'the list does not end');
        this.#account.secrets.add(event.input?.accessToken);
        const info = eventInfoOf(event, this.#account.settings.playbackBase, this.#account.settings.capabilities);
        if (info !== undefined) found.push(info);
      }
      return found;
    });
  }

  async get(name: string, signal: AbortSignal): Promise<LiveEventInfo | undefined> {
    let version: string | undefined;
    const event = await this.#read(name, signal, (etag) => { version = etag; });
    return event === undefined ? undefined : { ...this.#infoOf(event, name), ...(version === undefined ? {} : { version }) };
  }

  async swapTags(event: Pick<LiveEventInfo, 'name' | 'version'>, tags: Readonly<Record<string, string>>, signal: AbortSignal): Promise<TagSwap> {
    // What holds is what is read afterwards, and there nothing can change it.
    if (!this.#account.settings.capabilities.canUpdate) return 'written';
    this.#location ??= await this.accountLocation(signal);
    return await swapEventTags(this.#account, { name: event.name, version: event.version, tags, location: this.#location }, signal);
  }

  async ensure(event: CreateEvent, options: OperationOptions): Promise<LiveEventInfo> {
    this.#account.secrets.add(event.accessToken);
    if (!/^[0-9a-f]{32}$/i.test(event.accessToken)) {
      throw new OperatorError('BAD_ACCESS_TOKEN', 'The access token of a live event must be 32 hexadecimal digits.', 'Let Fieldcast make a new one.');
    }
    const found = await this.#read(event.name, options.signal);
    // Some services allocate what is new before it can be started.
    const usable = (seen: LiveEvent): boolean => !isBeingCreated(seen) && !['Deleting', 'Allocating'].includes(stateOf(seen.resourceState) ?? '');
    if (found !== undefined && usable(found)) return this.#infoOf(found, event.name);
    this.#location ??= await this.accountLocation(options.signal);
    const body = createEventBody(event, this.#location, this.#account.settings.capabilities.premiumType);
    const quoted = `the live event “${event.name}”`;
    await runLongOperation({
      attempt: `create ${quoted}`,
      doing: `Creating ${quoted}`,
      begin: async (begin) => await this.#account.client.liveEvents.beginCreate(...this.#account.names, event.name, body, begin),
      observe: async (signal) => {
        const seen = await this.#read(event.name, signal);
        if (seen === undefined) return { state: 'not there yet', verdict: 'unchanged' };
        return { state: String(seen.resourceState), verdict: usable(seen) ? 'done' : 'busy' };
      },
      // One of that name may be on its way in or out.
      beginsFrom: ['unchanged'],
      timeoutMs: this.#account.operationTimeoutMs,
      afterCancel: 'The event may exist now; a stopped event costs nothing. Delete it if you do not want it.',
    }, this.#account.pace, options);
    return await this.require(event.name, options.signal);
  }

  /** Adds the given tags to those that are there. */
  async updateTags(name: string, tags: Readonly<Record<string, string>>, options: OperationOptions): Promise<LiveEventInfo> {
    const before = await this.#read(name, options.signal) ?? this.#gone(name);
    const info = this.#infoOf(before, name);
    const wanted = { ...info.tags, ...tags };
    const holds = (have: Readonly<Record<string, string>>): boolean => Object.entries(wanted).every(([key, value]) => have[key] === value);
    if (holds(info.tags)) return info;
    const quoted = `the live event “${name}”`;
    // The SDK insists on a region, which not every service tells with the event.
    const location = before.location ?? await this.accountLocation(options.signal);
    await runLongOperation({
      attempt: `change the tags of ${quoted}`,
      doing: `Writing the tags of ${quoted}`,
      begin: async (begin) => await this.#account.client.liveEvents.beginUpdate(...this.#account.names, name, patchTagsBody(wanted, location), begin),
      observe: async (signal) => {
        const seen = await this.#read(name, signal);
        if (seen === undefined) return { state: 'gone', verdict: 'impossible' };
        return { state: String(seen.resourceState), verdict: holds(this.#infoOf(seen, name).tags) ? 'done' : 'unchanged' };
      },
      timeoutMs: this.#account.operationTimeoutMs,
      afterCancel: 'The tags may or may not have been written; writing them again is harmless.',
    }, this.#account.pace, options);
    const after = await this.#read(name, options.signal) ?? this.#gone(name);
    const lost = before.input?.accessToken !== after.input?.accessToken || before.input?.streamingProtocol !== after.input?.streamingProtocol;
    if (lost) {
      throw new OperatorError(
        'CLOUD_EVENT_DAMAGED', `${this.#account.subject} changed the ingest of ${quoted} when only its tags were to change.`,
        'Do not use this event; create a new one, and tell the service\'s owner.',
      );
    }
    return this.#infoOf(after, name);
  }

  async start(name: string, options: OperationOptions): Promise<LiveEventInfo> {
    const quoted = `the live event “${name}”`;
    const ready = async (signal: AbortSignal): Promise<Observation> => {
      const seen = await this.get(name, signal);
      if (seen === undefined) return { state: 'gone', verdict: 'impossible' };
      switch (seen.state) {
        case 'Running':
          // A few services run an event before its addresses are known; without them it is of no use.
          return seen.ingest.length > 0 ? { state: 'Running', verdict: 'done' } : { state: 'Running, but without ingest addresses', verdict: 'busy' };
        case 'Deleting':
          return { state: 'Deleting', verdict: 'impossible' };
        case 'Stopped':
        case 'StandBy':
          return { state: seen.state, verdict: 'unchanged' };
        default:
          return { state: seen.state, verdict: 'busy' };
      }
    };
    const found = await this.get(name, options.signal) ?? this.#gone(name);
    if (found.state === 'Running' && found.ingest.length > 0) return found;
    await runLongOperation({
      attempt: startAttemptOf(name),
      doing: `Starting ${quoted}`,
      begin: async (begin) => await this.#account.client.liveEvents.beginStart(...this.#account.names, name, begin),
      observe: ready,
      // A POST to an event that is on its way would be refused, so that way is watched first.
      beginsFrom: ['unchanged'],
      timeoutMs: this.#account.settings.capabilities.startTimeoutMs,
      afterCancel: 'It may still start, and a running event is billed: stop it if you do not need it.',
    }, this.#account.pace, options);
    return await this.require(name, options.signal);
  }

  async stop(name: string, removeOutputs: boolean, options: OperationOptions): Promise<void> {
    const quoted = `the live event “${name}”`;
    const observe = async (signal: AbortSignal): Promise<Observation> => {
      const seen = await this.get(name, signal);
      if (seen === undefined) return { state: 'gone', verdict: 'done' };
      switch (seen.state) {
        case 'Stopped':
        case 'Deleting':
          return { state: seen.state, verdict: 'done' };
        case 'Running':
        case 'StandBy':
          return { state: seen.state, verdict: 'unchanged' };
        default:
          return { state: seen.state, verdict: 'busy' };
      }
    };
    if ((await observe(options.signal)).verdict === 'done') return;
    await runLongOperation({
      attempt: `stop ${quoted}`,
      doing: `Stopping ${quoted}`,
      begin: async (begin) => await this.#account.client.liveEvents.beginStop(...this.#account.names, name, { removeOutputsOnStop: removeOutputs }, begin),
      observe,
      beginsFrom: ['unchanged'],
      timeoutMs: this.#account.operationTimeoutMs,
      afterCancel: 'A running event is billed: make sure that it has stopped.',
    }, this.#account.pace, options);
  }

  async allocate(name: string, options: OperationOptions): Promise<void> {
    const quoted = `the live event “${name}”`;
    if (!this.#account.settings.capabilities.canAllocate) {
      throw new OperatorError('NO_STAND_BY', `${this.#account.subject} has no stand-by for live events.`, 'Start the event earlier instead.');
    }
    const observe = async (signal: AbortSignal): Promise<Observation> => {
      const state = (await this.get(name, signal))?.state;
      if (state === 'StandBy') return { state, verdict: 'done' };
      if (state === 'Stopped') return { state, verdict: 'unchanged' };
      return state === 'Allocating' || state === 'Stopping' ? { state, verdict: 'busy' } : { state: state ?? 'gone', verdict: 'impossible' };
    };
    const before = await observe(options.signal);
    if (before.verdict === 'done') return;
    if (before.verdict === 'impossible') throw new OperatorError('EVENT_NOT_STOPPED', `${quoted.replace('the', 'The')} is ${before.state}; only a stopped one can stand by.`, 'Stop it first, or leave it as it is.');
    await runLongOperation({
      attempt: `bring ${quoted} to stand-by`,
      doing: `Preparing ${quoted}`,
      begin: async (begin) => await this.#account.client.liveEvents.beginAllocate(...this.#account.names, name, begin),
      observe,
      beginsFrom: ['unchanged'],
      timeoutMs: this.#account.settings.capabilities.startTimeoutMs,
      afterCancel: 'It may still come to stand-by, which is billed: stop it if you do not need it.',
    }, this.#account.pace, options);
  }

  async reset(name: string, byStopping: boolean, options: OperationOptions): Promise<void> {
    const quoted = `the live event “${name}”`;
    const { canReset } = this.#account.settings.capabilities;
    const before = await this.get(name, options.signal) ?? this.#gone(name);
    // One that was begun before a crash may be anywhere between stop and start.
    const isBegun = options.resumeFrom !== undefined;
    if (before.state !== 'Running' && !isBegun) throw new OperatorError('EVENT_NOT_RUNNING', `${quoted.replace('the', 'The')} is ${before.state}; there is nothing to reset.`, 'A stopped event forgets nothing that matters: start it.');
    if (!canReset) {
      if (!byStopping) {
        throw new OperatorError(
          'RESET_NEEDS_CONSENT', `${this.#account.subject} cannot reset a live event; it would be stopped and started again, which ends its outputs and may change its ingest address.`,
          'Say that this is all right (--by-stopping), or leave it.',
        );
      }
      if (options.resumeFrom?.attempt !== startAttemptOf(name)) await this.stop(name, true, options);
      await this.start(name, options);
      return;
    }
    if (isBegun && before.state === 'Stopped') {
      await this.start(name, options);
      return;
    }
    await runLongOperation({
      attempt: `reset ${quoted}`,
      doing: `Resetting ${quoted}`,
      begin: async (begin) => await this.#account.client.liveEvents.beginReset(...this.#account.names, name, begin),
      observe: async (signal) => {
        const state = (await this.get(name, signal))?.state;
        return { state: state ?? 'gone', verdict: state === 'Running' ? 'done' : state === undefined || state === 'Stopped' || state === 'Deleting' ? 'impossible' : 'busy' };
      },
      // It runs before and after.
      onlyOperationTells: true,
      // What is between stop and start already is not sent there a second time.
      beginsFrom: isBegun && before.state !== 'Running' ? [] : ['done'],
      timeoutMs: this.#account.settings.capabilities.startTimeoutMs,
      afterCancel: 'It may be between stop and start: look at its state before the next show.',
    }, this.#account.pace, options);
  }

  async remove(name: string, options: OperationOptions): Promise<void> {
    const quoted = `the live event “${name}”`;
    const found = await this.get(name, options.signal);
    if (found === undefined) return;
    if (found.state === 'Running' || found.state === 'Starting' || found.state === 'StandBy') {
      throw new OperatorError('EVENT_RUNNING', `${quoted.replace('the', 'The')} is ${found.state} and is not deleted.`, 'Stop it first, if nobody needs it any more.');
    }
    await runLongOperation({
      attempt: `delete ${quoted}`,
      doing: `Deleting ${quoted}`,
      begin: async (begin) => await this.#account.client.liveEvents.beginDelete(...this.#account.names, name, begin),
      observe: async (signal) => {
        const seen = await this.#read(name, signal);
        if (seen === undefined) return { state: 'gone', verdict: 'done' };
        const state = String(seen.resourceState);
        return { state, verdict: stateOf(state) === 'Stopped' ? 'unchanged' : 'busy' };
      },
      timeoutMs: this.#account.operationTimeoutMs,
      afterCancel: 'It may be gone already; deleting it again is harmless.',
    }, this.#account.pace, options);
  }

  async #read(name: string, signal: AbortSignal, onEtag?: (etag: string | undefined) => void): Promise<LiveEvent | undefined> {
    const event = await this.#account.find(`read the live event “${name}”`, signal, async (abortSignal) =>
      await this.#account.client.liveEvents.get(...this.#account.names, name, { abortSignal, onResponse: ({ headers }) => onEtag?.(headers.get('etag')) }));
    if (event === undefined) return undefined;
    // An HTML page with status 200 arrives as an empty object.
    if (typeof event?.name !== 'string' || typeof event.resourceState !== 'string') {
      throw this.#account.unexpected(`read the live event “${name}”`, 'the answer has no name or state');
    }
    this.#account.secrets.add(event.input?.accessToken);
    return event;
  }

  async require(name: string, signal: AbortSignal): Promise<LiveEventInfo> {
    return await this.get(name, signal) ?? this.#gone(name);
  }

  #infoOf(event: LiveEvent, name: string): LiveEventInfo {
    const info = eventInfoOf(event, this.#account.settings.playbackBase, this.#account.settings.capabilities);
    if (info !== undefined) return info;
    throw this.#account.unexpected(`read the live event “${name}”`, `unknown state ${String(event.resourceState)}`);
  }

  #gone(name: string): never {
    throw new OperatorError('EVENT_NOT_FOUND', `${this.#account.subject} has no live event “${name}”.`, 'Check the name, or let Fieldcast create the event.');
  }
}

function startAttemptOf(name: string): string {
  return `start the live event “${name}”`;
}
