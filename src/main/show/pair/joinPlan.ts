// Joining an event: takes over its plan from the event itself, or says why this instance cannot stand in for the other.
import { OperatorError } from '../../../contract/errors.ts';
import { OWNER_TAG, PLAN_TAG } from '../../../contract/eventTags.ts';
import type { Ladder } from '../../../contract/ladder.ts';
import type { ShowPlan } from '../../../contract/plan.ts';
import type { Failure } from '../../../contract/report.ts';
import type { ClockReading, LiveService } from '../../cloud/liveService.ts';
import { holderOf, leaseOfTag } from './leaseTag.ts';
import { CLOCK_TOLERANCE_MS } from './pairView.ts';
import { differencesOf, ladderOfTag } from './planTag.ts';

/**
 * The ladder with which this instance can take part in the event.
 * @throws OperatorError JOIN_NO_EVENT, JOIN_NO_PLAN, JOIN_ENDING, JOIN_PLAN_DIFFERS
 */
export async function ladderToJoin(plan: ShowPlan, eventName: string, service: Pick<LiveService, 'getEvent'>, nowMs: number, signal: AbortSignal): Promise<Ladder> {
  const event = await service.getEvent(eventName, signal);
  if (event === undefined) {
    throw new OperatorError('JOIN_NO_EVENT', `There is no event ${eventName} to join.`, 'Start the first instance, or correct the name; `fieldcast events` lists what there is.');
  }
  const lease = leaseOfTag(event.tags[OWNER_TAG]);
  if (lease?.closing === true && holderOf(lease, nowMs) !== undefined) {
    throw new OperatorError('JOIN_ENDING', `The event ${eventName} is being ended by its owner.`, 'Start a new event.');
  }
  const ladder = ladderOfTag(event.tags[PLAN_TAG] ?? '');
  if (ladder === undefined) {
    throw new OperatorError('JOIN_NO_PLAN', `The event ${eventName} does not say what it is made of, so nothing can stand in for it.`, 'Join an event that this version of Fieldcast has started.');
  }
  const differences = differencesOf(plan.ladder, ladder);
  if (plan.join === 'match' && differences.length > 0) {
    throw new OperatorError('JOIN_PLAN_DIFFERS', `The event ${eventName} has another plan: ${differences.join('; ')}.`, 'Leave --ladder out, and the plan is taken over from the event.');
  }
  return ladder;
}

/**
 * What there is to say of a clock against the service's; undefined where it is right.
 * @throws OperatorError JOIN_CLOCK_OFF where it is certainly off by more than the tolerance
 */
export function clockWarning({ offsetMs, uncertaintyMs }: ClockReading): Failure | undefined {
  const off = Math.abs(offsetMs);
  const side = offsetMs > 0 ? 'behind' : 'ahead of';
  if (off - uncertaintyMs > CLOCK_TOLERANCE_MS) {
    throw new OperatorError('JOIN_CLOCK_OFF', `The clock of this computer is ${Math.round(off)} ms (±${Math.ceil(uncertaintyMs)} ms) ${side} the service's; at most ${CLOCK_TOLERANCE_MS} ms are allowed.`, 'Let the system set its clock from the network (NTP), then join again.');
  }
  if (off + uncertaintyMs <= CLOCK_TOLERANCE_MS) return undefined;
  return {
    code: 'CLOCK_UNCERTAIN', message: `The clock of this computer is ${Math.round(off)} ms ${side} the service's as far as can be told, give or take ${Math.ceil(uncertaintyMs)} ms.`,
    action: 'Make sure that both computers set their clocks from the network (NTP).',
  };
}
