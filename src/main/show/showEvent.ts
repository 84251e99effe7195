// The live event of a show: its name, opening it, its timeline, and closing what this show has made. It touches no media.
import { randomBytes } from 'node:crypto';
import { OperatorError } from '../../contract/errors.ts';
import { TIMELINE_ZERO_TAG } from '../../contract/eventTags.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { ShowPlan } from '../../contract/plan.ts';
import type { Failure } from '../../contract/report.ts';
import { CHOSEN_ACCOUNT, parseArmDestination } from '../cloud/armDestination.ts';
import type { LiveEventInfo, LiveService, OperationOptions } from '../cloud/liveService.ts';
import { createTimeline, type Timeline } from '../media/timeline.ts';
import type { ShowBook } from './showBook.ts';
import { failureOf, type ShowSteps } from './showSteps.ts';

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
    manifestName: created.manifestName ?? 'show',
  });
  return { eventName };
}

/** Finds or creates the event and brings it to Running; attaches to one that runs already. */
export async function openEvent(book: ShowBook, steps: ShowSteps, service: LiveService): Promise<LiveEventInfo> {
  const { created } = book.journal;
  const name = required(created.eventName);
  let event = await service.getEvent(name, steps.signal);
  if (event === undefined) {
    const zero = nowUtcSeconds();
    await book.writeCreated({ ownsEvent: true, startedEvent: true, timelineZeroUtcSeconds: zero });
    book.progress(`Creating the event ${name}.`);
    event = await service.ensureEvent({
      name,
      tags: { [TIMELINE_ZERO_TAG]: String(zero) },
      accessToken: required(created.accessToken),
      keyFrameIntervalSeconds: book.journal.plan.ladder.gopSeconds,
    }, book.operation('create', steps.signal));
  } else if (event.state === 'Stopped' || event.state === 'StandBy') {
    const zero = nowUtcSeconds();
    await book.writeCreated({ startedEvent: true, timelineZeroUtcSeconds: zero });
    event = await service.updateEventTags(name, { ...event.tags, [TIMELINE_ZERO_TAG]: String(zero) }, book.operation('tags', steps.signal));
  } else if (!created.ownsEvent && !created.startedEvent) {
    book.warn({
      code: 'EVENT_ATTACHED',
      message: `The event ${name} is running already; this show joins it and will not stop it.`,
      action: 'Stop it yourself when everyone is done: it costs money while it runs.',
    });
  }
  book.progress(`Starting the event ${name}. This can take minutes.`);
  event = await service.startEvent(name, book.operation('start', steps.signal));
  await book.write({ operation: undefined });
  return event;
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

/** Ends the output and closes the event as far as this show has made them. Returns what could not be closed. */
export async function closeWhatWasMade(book: ShowBook, service: LiveService, signal: AbortSignal): Promise<Failure | undefined> {
  const { eventName, outputName, publishedOutput, ownsEvent, startedEvent } = book.journal.created;
  const options = book.operation('clean-up', signal);
  try {
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
  if (destination.kind !== 'arm' || destination.address === CHOSEN_ACCOUNT) return undefined;
  return parseArmDestination(destination.address).eventName;
}

export function required(value: string | undefined): string {
  if (value === undefined) throw new Error('A name was not chosen before it was used.');
  return value;
}

export function nowUtcSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
