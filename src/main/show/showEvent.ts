// The live event of a show: its name, opening it, its timeline, and closing what this show has made. It touches no media.
import { randomBytes } from 'node:crypto';
import { OperatorError } from '../../contract/errors.ts';
import { MADE_TAG, OUTPUT_TAG, OWNER_TAG, PLAN_TAG, TIMELINE_ZERO_TAG } from '../../contract/eventTags.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { ShowPlan } from '../../contract/plan.ts';
import type { Failure } from '../../contract/report.ts';
import { eventOfAddress } from '../cloud/armDestination.ts';
import type { LiveEventInfo, LiveService, OperationOptions } from '../cloud/liveService.ts';
import { createTimeline, type Timeline } from '../media/timeline.ts';
import { ipRulesOf, requireSmooth } from './eventRules.ts';
import { holderOf, leaseOfTag, leaseTagOf, type Lease } from './pair/leaseTag.ts';
import { differencesOf, fingerprintOf, ladderOfTag, planTagOf } from './pair/planTag.ts';
import type { ShowBook } from './showBook.ts';
import { failureOf, type ShowSteps } from './showSteps.ts';

/** Between looks at an event that another instance starts, and until what was written at the same time is settled, ms. */
const WAIT_MS = 1500;

/** Names are chosen once and written down before anything of that name is made. */
export async function chooseNames(book: ShowBook): Promise<{ readonly eventName: string }> {
  const { plan, created } = book.journal;
  if (plan.destination.kind === 'rtmp') return { eventName: 'rtmp' };
  const stamp = `${new Date().toISOString().replaceAll(/[-:]|\..*/g, '').replace('T', '-')}-${randomBytes(2).toString('hex')}`;
  const eventName = created.eventName ?? plan.eventName ?? addressedEvent(plan) ?? `fieldcast-${stamp.slice(2)}`;
  await book.writeCreated({
    eventName,
    accessToken: created.accessToken ?? randomBytes(16).toString('hex'),
    outputName: created.outputName ?? `show-${stamp}`,
    assetName: created.assetName ?? `${eventName}-${stamp}`,
    manifestName: created.manifestName ?? plan.event?.manifestName ?? 'show',
  });
  return { eventName };
}

/**
 * Finds or creates the event and brings it to Running; attaches to one that runs already. Of several instances that do so at once
 * one owns the event and starts it, the others wait for it.
 * @param now the service's clock, UTC ms
 */
export async function openEvent(book: ShowBook, steps: ShowSteps, service: LiveService, now: () => number): Promise<LiveEventInfo> {
  const { plan, created } = book.journal;
  if (plan.ingest === 'smooth') requireSmooth(service.label, service.capabilities);
  const name = required(created.eventName);
  const deadline = performance.now() + service.capabilities.startTimeoutMs;
  let event = await service.getEvent(name, steps.signal);
  if (event === undefined && plan.join === undefined) event = await createEvent(book, steps, service, now);
  if (event?.state === 'Running' && !created.ownsEvent && !created.startedEvent && plan.join === undefined && holderOf(leaseOfTag(event.tags[OWNER_TAG]), now()) === undefined) {
    book.warn({
      code: 'EVENT_ATTACHED',
      message: `The event ${name} is running already; this show joins it and will not stop it.`,
      action: 'Stop it yourself when everyone is done: it costs money while it runs.',
    });
  }
  for (;;) {
    if (event === undefined) throw new OperatorError('JOIN_NO_EVENT', `There is no event ${name}.`, 'Start the first instance, or correct the name; `fieldcast events` lists what there is.');
    if (event.state === 'Running' && event.ingest.length > 0) break;
    const isStopped = event.state === 'Stopped' || event.state === 'StandBy';
    if (isStopped && await claimStopped(book, steps, service, event, now)) {
      book.progress(`Starting the event ${name}. This can take minutes.`);
      event = await service.startEvent(name, book.operation(steps.signal));
      break;
    }
    if (performance.now() > deadline) {
      throw new OperatorError('EVENT_NOT_STARTED', `The event ${name} does not run: it is ${event.state}.`, 'Look at the instance that owns it.');
    }
    book.progress(`Waiting for the owner of the event ${name}, which is ${event.state}.`);
    await new Promise((resolve) => { setTimeout(resolve, WAIT_MS); });
    event = await service.getEvent(name, steps.signal);
  }
  await book.write({ operation: undefined });
  refuseOtherPlan(plan, event);
  return event;
}

async function createEvent(book: ShowBook, steps: ShowSteps, service: LiveService, now: () => number): Promise<LiveEventInfo> {
  const { created, plan, showId } = book.journal;
  const name = required(created.eventName);
  const zero = nowUtcSeconds();
  await book.writeCreated({ ownsEvent: true, startedEvent: true, timelineZeroUtcSeconds: zero });
  book.progress(`Creating the event ${name}.`);
  const event = await service.ensureEvent({
    name,
    tags: { ...ownTags(plan, zero), [MADE_TAG]: '1', [OWNER_TAG]: leaseTagOf(startingLease(undefined, showId, service, now)) },
    accessToken: required(created.accessToken),
    keyFrameIntervalSeconds: plan.ladder.gopSeconds,
    ...(plan.event === undefined ? {} : { settings: plan.event }),
    ingestAllow: ipRulesOf(plan.event?.allowIngest, plan.destination.kind === 'embedded'),
    previewAllow: ipRulesOf(plan.event?.allowPreview, plan.destination.kind === 'embedded'),
    ...(plan.ingest === undefined ? {} : { protocol: plan.ingest }),
  }, book.operation(steps.signal));
  // Another instance may have been faster with the same name.
  if (leaseOfTag(event.tags[OWNER_TAG])?.holder !== showId) await book.writeCreated({ ownsEvent: false, startedEvent: false });
  return event;
}

/** True where this instance owns the stopped event now, and is the one to start it on a timeline of its own. */
async function claimStopped(book: ShowBook, steps: ShowSteps, service: LiveService, event: LiveEventInfo, now: () => number): Promise<boolean> {
  const { plan, showId } = book.journal;
  const lease = leaseOfTag(event.tags[OWNER_TAG]);
  if (holderOf(lease, now()) === showId && event.tags[TIMELINE_ZERO_TAG] === String(book.journal.created.timelineZeroUtcSeconds)) return true;
  const holder = holderOf(lease, now());
  if (holder !== undefined && holder !== showId) return false;
  if (!service.capabilities.canUpdate) {
    throw new OperatorError('EVENT_NOT_OURS', `The event ${event.name} was not made by this show, and the service changes nothing of an event that is there.`, 'Let Fieldcast create a new one: leave --event out, or choose another name.');
  }
  const zero = nowUtcSeconds();
  // Its last public stream has ended with it.
  const { [OUTPUT_TAG]: _ended, ...kept } = event.tags;
  const swap = await service.swapEventTags(event, { ...kept, ...ownTags(plan, zero), [OWNER_TAG]: leaseTagOf(startingLease(lease, showId, service, now)) }, steps.signal);
  if (swap !== 'written') return false;
  const after = event.version === undefined ? await afterSettling(service, event.name, steps.signal) : undefined;
  if (after !== undefined && leaseOfTag(after.tags[OWNER_TAG])?.holder !== showId) return false;
  await book.writeCreated({ startedEvent: true, timelineZeroUtcSeconds: zero });
  return true;
}

/** What an unconditional write has come to, once others who wrote at the same time are done. */
async function afterSettling(service: LiveService, name: string, signal: AbortSignal): Promise<LiveEventInfo | undefined> {
  await new Promise((resolve) => { setTimeout(resolve, WAIT_MS); });
  return service.getEvent(name, signal);
}

/** Nothing can be written while a service starts an event, so the first lease lasts as long as that may. */
function startingLease(lease: Lease | undefined, self: string, service: LiveService, now: () => number): Lease {
  return { epoch: (lease?.epoch ?? 0) + 1, holder: self, expiresUtcMs: now() + service.capabilities.startTimeoutMs, closing: false };
}

function ownTags({ ladder }: ShowPlan, zeroUtcSeconds: number): Record<string, string> {
  const plan = planTagOf(ladder);
  return { [TIMELINE_ZERO_TAG]: String(zeroUtcSeconds), ...(plan === undefined ? {} : { [PLAN_TAG]: plan }) };
}

/** @throws {OperatorError} `EVENT_PLAN_DIFFERS` where another instance sends other renditions to the event */
function refuseOtherPlan({ ladder }: ShowPlan, event: LiveEventInfo): void {
  const known = ladderOfTag(event.tags[PLAN_TAG] ?? '');
  if (known === undefined || fingerprintOf(known) === fingerprintOf(ladder)) return;
  throw new OperatorError('EVENT_PLAN_DIFFERS', `The event ${event.name} runs with another plan: ${differencesOf(ladder, known).join('; ')}.`, 'Take over its plan with `--join`, or choose another event.');
}

/** @throws {OperatorError} `NO_TIMELINE` */
export function timelineOf(event: LiveEventInfo, ladder: Ladder): Timeline {
  const tag = event.tags[TIMELINE_ZERO_TAG];
  const zero = tag === undefined ? undefined : Number(tag);
  if (zero === undefined || !Number.isInteger(zero) || zero > nowUtcSeconds()) {
    throw new OperatorError(
      'NO_TIMELINE',
      `The running event ${event.name} was not started by Fieldcast, so its timeline is unknown${zero === undefined ? '' : ' or lies in the future (check the clock)'}.`,
      'Stop the event, or choose another name, and Fieldcast starts it with a timeline of its own.',
    );
  }
  return createTimeline(zero, ladder.frameRate, ladder.gopSeconds);
}

/** Ends the output and closes the event where `leave` says that it is this show's to close. Returns what could not be closed. */
export async function closeWhatWasMade(book: ShowBook, service: LiveService, leave: () => Promise<'close' | 'leave'>, timeoutMs: number): Promise<Failure | undefined> {
  const { eventName, outputName } = book.journal.created;
  try {
    if (await leave() === 'leave') return undefined;
    // To take leave may take as long as the lease of an owner that has died.
    const options = book.operation(AbortSignal.timeout(timeoutMs));
    const { publishedOutput, ownsEvent, startedEvent } = book.journal.created;
    if (eventName !== undefined && outputName !== undefined && publishedOutput) await service.endOutput(eventName, outputName, options);
    if (eventName !== undefined && startedEvent) await closeEvent(book, service, eventName, ownsEvent, options);
    return undefined;
  } catch (error) {
    const cause = failureOf(error);
    const failure = {
      code: 'NOT_CLEANED_UP',
      message: `The event ${eventName ?? ''} could not be stopped: ${cause.message}`,
      action: `It may still run and cost money. Try \`fieldcast resume --end ${book.journal.showId}\`, or stop it at the service.`,
    };
    book.warn(failure);
    return failure;
  }
}

async function closeEvent(book: ShowBook, service: LiveService, eventName: string, ownsEvent: boolean, options: OperationOptions): Promise<void> {
  if (book.journal.plan.keepEvent) {
    book.warn({ code: 'EVENT_KEPT', message: `The event ${eventName} is still running, as asked.`, action: 'Stop it when you are done: it costs money while it runs.' });
    return;
  }
  book.progress(`Stopping the event ${eventName}.`);
  await service.stopEvent(eventName, true, options);
  if (ownsEvent) await service.deleteEvent(eventName, options);
}

/** The event that an `arm:` address names itself. */
function addressedEvent({ destination }: ShowPlan): string | undefined {
  return destination.kind === 'arm' ? eventOfAddress(destination.address) : undefined;
}

export function required(value: string | undefined): string {
  if (value === undefined) throw new Error('A name was not chosen before it was used.');
  return value;
}

export function nowUtcSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
