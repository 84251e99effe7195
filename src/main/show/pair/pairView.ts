// What an instance makes of the tags of its event: who owns it, how the partner is, what does not match, and what has changed. Pure.
import { OWNER_TAG } from '../../../contract/eventTags.ts';
import type { Ownership, PairEvent, Partner } from '../../../contract/pair.ts';
import { othersIn, type InstanceState } from './instanceTag.ts';
import { holderOf, leaseOfTag } from './leaseTag.ts';

/** The clocks of two instances may differ by this: more than a frame, less than what the eye sees as a jump. */
export const CLOCK_TOLERANCE_MS = 50;
/** What the programs of two instances may be apart: a busy machine runs late for a moment, and the merging waits longer than this. */
const PHASE_TOLERANCE_MS = 500;

const ON_AIR = new Set(['rehearsing', 'live']);

export type PairView = {
  readonly ownership: Ownership;
  readonly partner: Partner | undefined;
  /** A sentence each. */
  readonly differences: readonly string[];
};

export const NOBODY_SEEN: PairView = { ownership: 'nobody', partner: undefined, differences: [] };

/**
 * @param nowMs the service's clock
 * @param presenceMs for how long an instance that says nothing still counts as there
 */
export function pairViewOf(tags: Readonly<Record<string, string>>, own: InstanceState, nowMs: number, presenceMs: number): PairView {
  const holder = holderOf(leaseOfTag(tags[OWNER_TAG]), nowMs);
  const ownership = holder === undefined ? 'nobody' : holder === own.id ? 'ours' : 'partner';
  const [other] = othersIn(tags, own.id);
  if (other === undefined) return { ownership, partner: undefined, differences: [] };
  const isPresent = isThere(other, nowMs, presenceMs);
  const partner: Partner = {
    name: other.name, isPresent, state: other.state, endpoint: other.endpoint, lastSeenUtc: new Date(other.seenUtcMs).toISOString(),
    clockOffsetMs: other.clockOffsetMs, phaseMs: other.aheadMs - own.aheadMs, publishing: other.publishing, connections: other.connections,
  };
  return { ownership, partner, differences: isPresent ? differencesBetween(own, other) : [] };
}

export function isThere({ seenUtcMs }: InstanceState, nowMs: number, presenceMs: number): boolean {
  return nowMs - seenUtcMs < presenceMs;
}

function differencesBetween(own: InstanceState, other: InstanceState): string[] {
  const phaseMs = other.aheadMs - own.aheadMs;
  // The program of a show that begins or ends stands still.
  const bothRun = ON_AIR.has(own.state) && ON_AIR.has(other.state);
  return [
    ...(own.fingerprint === other.fingerprint ? [] : ['The partner sends another ladder: the two cannot stand in for each other.']),
    ...(own.parameterSets === '' || other.parameterSets === '' || own.parameterSets === other.parameterSets
      ? [] : ['The partner\'s encoder writes other parameter sets: a player may show a short break where one takes over from the other.']),
    ...(Math.abs(own.clockOffsetMs - other.clockOffsetMs) <= CLOCK_TOLERANCE_MS
      ? [] : [`The clocks of the two are ${Math.round(Math.abs(own.clockOffsetMs - other.clockOffsetMs))} ms apart: pictures of the same moment have other times.`]),
    ...(!bothRun || Math.abs(phaseMs) <= PHASE_TOLERANCE_MS
      ? [] : [`The partner's program is ${Math.round(Math.abs(phaseMs))} ms ${phaseMs > 0 ? 'ahead of' : 'behind'} ours.`]),
  ];
}

/** What has changed from one look to the next, in words, in the order in which an operator wants to know it. */
export function changesBetween(before: PairView, after: PairView, atUtc: string): PairEvent[] {
  const event = (change: PairEvent['change'], sentence: string): PairEvent => ({ type: 'pair', change, sentence, atUtc });
  const events: PairEvent[] = [];
  const name = after.partner?.name ?? before.partner?.name ?? 'The partner';
  const wasThere = before.partner?.isPresent === true;
  if (!wasThere && after.partner?.isPresent === true) {
    events.push(event('partner-here', `The partner ${name} is here and feeds ${after.partner.endpoint === 'both' ? 'both endpoints' : `the ${after.partner.endpoint} endpoint`}.`));
  } else if (wasThere && after.partner === undefined) {
    events.push(event('partner-gone', `The partner ${name} has left; this instance carries the show alone.`));
  } else if (wasThere && after.partner?.isPresent === false) {
    events.push(event('partner-gone', `The partner ${name} is gone since ${after.partner.lastSeenUtc.slice(11, 19)} UTC; this instance carries the show alone.`));
  }
  if (after.ownership === 'ours' && before.ownership !== 'ours') events.push(event('ours', 'This instance owns the event: it stops it at the end.'));
  if (after.ownership !== 'ours' && before.ownership === 'ours') {
    events.push(event('partners', after.ownership === 'partner' ? `${name} owns the event now: this instance does not stop it.` : 'The ownership of the event has run out: the service could not be reached in time.'));
  } else if (after.ownership === 'partner' && before.ownership === 'nobody') {
    events.push(event('partners', `${name} owns the event: this instance does not stop it.`));
  }
  // Figures in a sentence change all the time; the sentence is the same.
  const kinds = (view: PairView): Set<string> => new Set(view.differences.map(withoutFigures));
  const known = kinds(before);
  for (const sentence of after.differences) if (!known.has(withoutFigures(sentence))) events.push(event('differs', sentence));
  if (before.differences.length > 0 && after.differences.length === 0 && after.partner?.isPresent === true) events.push(event('matches', 'The two match again.'));
  return events;
}

function withoutFigures(sentence: string): string {
  return sentence.replaceAll(/\d+/g, '');
}
