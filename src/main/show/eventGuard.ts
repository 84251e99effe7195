// What an account still runs, and costs, from earlier shows; and how to stop it. Only events that Fieldcast has started are ever stopped.
import type { AccountEvent } from '../../contract/engine.ts';
import { OperatorError } from '../../contract/errors.ts';
import { OWNER_TAG, TIMELINE_ZERO_TAG } from '../../contract/eventTags.ts';
import type { EventAction } from '../../contract/eventSettings.ts';
import type { LiveEventInfo, LiveService, OperationOptions } from '../cloud/liveService.ts';
import type { Journal } from './journal.ts';
import { othersIn } from './pair/instanceTag.ts';
import { holderOf, leaseOfTag } from './pair/leaseTag.ts';

/** These are not billed (media-services.md §4.2). */
const FREE_STATES = new Set<LiveEventInfo['state']>(['Stopped', 'Starting', 'Deleting']);
/** Longer than any service may take (providers.ts); then whoever asked gets an answer in any case, ms. */
const LONGEST_MS = 30 * 60_000;

/** @param unfinished shows of this home that have not ended; their events are still in use, or are theirs to end */
export async function accountEvents(service: LiveService, unfinished: readonly Journal[], signal: AbortSignal): Promise<AccountEvent[]> {
  return (await service.listEvents(signal)).map((event) => accountEventOf(event, unfinished)).sort((one, other) => Number(other.costs) - Number(one.costs) || one.name.localeCompare(other.name));
}

/** Stops a running event of ours with its outputs; recordings and their addresses stay. @throws OperatorError NO_SUCH_EVENT, EVENT_NOT_OURS, EVENT_IN_USE, EVENT_OWNED */
export async function stopOwnEvent(service: LiveService, name: string, unfinished: readonly Journal[], options: OperationOptions): Promise<AccountEvent> {
  const { signal } = options;
  const { found, event } = await ownEvent(service, name, unfinished, signal);
  if (found.state === 'Stopped') return event;
  await service.stopEvent(name, true, bounded(options));
  const after = await service.getEvent(name, signal);
  return after === undefined ? { ...event, state: 'Stopped', costs: false } : accountEventOf(after, unfinished);
}

/** Undefined where the event is gone afterwards. @throws OperatorError as {@link stopOwnEvent} does, and RESET_NEEDS_CONSENT, EVENT_RUNNING, NO_STAND_BY */
export async function actOnOwnEvent(service: LiveService, name: string, act: EventAction, unfinished: readonly Journal[], options: OperationOptions): Promise<AccountEvent | undefined> {
  const { signal } = options;
  // What was begun before a crash may have come to its end since.
  if (act.action === 'delete' && options.resumeFrom !== undefined && await service.getEvent(name, signal) === undefined) return undefined;
  await ownEvent(service, name, unfinished, signal);
  switch (act.action) {
    case 'standBy': await service.allocateEvent(name, bounded(options)); break;
    case 'reset': await service.resetEvent(name, act.byStopping, bounded(options)); break;
    case 'delete': await service.deleteEvent(name, bounded(options)); break;
  }
  const after = await service.getEvent(name, signal);
  return after === undefined ? undefined : accountEventOf(after, unfinished);
}

function bounded(options: OperationOptions): OperationOptions {
  return { ...options, signal: AbortSignal.any([options.signal, AbortSignal.timeout(LONGEST_MS)]) };
}

/** The event, if it is ours and nobody uses it. */
async function ownEvent(service: LiveService, name: string, unfinished: readonly Journal[], signal: AbortSignal): Promise<{ readonly found: LiveEventInfo; readonly event: AccountEvent }> {
  const found = await service.getEvent(name, signal);
  if (found === undefined) throw new OperatorError('NO_SUCH_EVENT', `The account has no live event “${name}”.`, 'List what it has with `fieldcast events`.');
  const event = accountEventOf(found, unfinished);
  if (!event.ours) {
    throw new OperatorError('EVENT_NOT_OURS', `The live event “${name}” was not started by Fieldcast and is left alone.`, 'See to it where it was started, or in the portal of the service.');
  }
  if (event.showId !== undefined) {
    throw new OperatorError('EVENT_IN_USE', `The live event “${name}” belongs to the show ${event.showId}, which has not ended.`, `End the show; if nothing carries it any more, use \`fieldcast resume --end ${event.showId}\`.`);
  }
  const holder = found.state === 'Stopped' ? undefined : holderOf(leaseOfTag(found.tags[OWNER_TAG]), Date.now());
  if (holder !== undefined) {
    const owner = othersIn(found.tags, '').find(({ id }) => id === holder)?.name ?? 'another instance';
    throw new OperatorError('EVENT_OWNED', `The live event “${name}” is carried by ${owner} at this moment.`, 'End the show there. Where it has died, try again in a minute.');
  }
  return { found, event };
}

function accountEventOf(event: LiveEventInfo, unfinished: readonly Journal[]): AccountEvent {
  // Tag names are compared without case, as Azure Resource Manager does.
  const zero = Object.entries(event.tags).find(([tag]) => tag.toLowerCase() === TIMELINE_ZERO_TAG.toLowerCase())?.[1];
  const startedSeconds = zero !== undefined && /^\d{1,12}$/.test(zero) ? Number(zero) : undefined;
  const since = startedSeconds === undefined ? event.createdAt : new Date(startedSeconds * 1000);
  const showId = unfinished.find(({ created }) => created.eventName?.toLowerCase() === event.name.toLowerCase())?.showId;
  return {
    name: event.name,
    state: event.state,
    ours: startedSeconds !== undefined,
    costs: !FREE_STATES.has(event.state),
    ...(since === undefined ? {} : { sinceUtc: since.toISOString() }),
    ...(showId === undefined ? {} : { showId }),
  };
}
