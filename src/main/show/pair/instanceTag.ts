// What an instance says of itself in a tag of the live event, again and again, and how the others read it. Pure.
import { INSTANCE_TAGS } from '../../../contract/eventTags.ts';
import { endpointUseSchema, type EndpointUse } from '../../../contract/pair.ts';

export type InstanceState = {
  readonly id: string;
  /** Its computer. */
  readonly name: string;
  /** Of the service's clock. */
  readonly seenUtcMs: number;
  readonly state: string;
  readonly endpoint: EndpointUse;
  /** Of its ladder. */
  readonly fingerprint: string;
  /** Of SPS, PPS and AudioSpecificConfig of all its tracks; '' before they are known. */
  readonly parameterSets: string;
  readonly clockOffsetMs: number;
  /** How far its program is ahead of the service's clock, ms. */
  readonly aheadMs: number;
  readonly publishing: number;
  readonly connections: number;
};

export function instanceTagOf(one: InstanceState): string {
  return [
    one.id, one.name.replaceAll(/[^\w .-]/g, '').slice(0, 40), Math.round(one.seenUtcMs), one.state, one.endpoint, one.fingerprint, one.parameterSets,
    one.clockOffsetMs.toFixed(1), one.aheadMs.toFixed(0), one.publishing, one.connections,
  ].join(';');
}

/** Undefined for anything that no instance has written. */
function instanceOfTag(text: string | undefined): InstanceState | undefined {
  const [id = '', name = '', seen, state = '', endpoint, fingerprint = '', parameterSets = '', offset, ahead, publishing, connections, ...rest] = (text ?? '').split(';');
  const use = endpointUseSchema.safeParse(endpoint).data;
  const numbers = [seen, offset, ahead, publishing, connections].map((one) => (one === undefined || one === '' ? Number.NaN : Number(one)));
  const [seenUtcMs = 0, clockOffsetMs = 0, aheadMs = 0, publishingCount = 0, connectionCount = 0] = numbers;
  if (!/^[\w-]{1,64}$/.test(id) || use === undefined || numbers.some((one) => !Number.isFinite(one)) || rest.length > 0) return undefined;
  return { id, name, seenUtcMs, state, endpoint: use, fingerprint, parameterSets, clockOffsetMs, aheadMs, publishing: publishingCount, connections: connectionCount };
}

/** Everyone but `self` who has written into the event, the one that was heard of last first. */
export function othersIn(tags: Readonly<Record<string, string>>, self: string): InstanceState[] {
  return INSTANCE_TAGS.map((tag) => instanceOfTag(tags[tag])).filter((one) => one !== undefined && one.id !== self)
    .filter((one) => one !== undefined).sort((one, other) => other.seenUtcMs - one.seenUtcMs);
}

/** The tag for `self`: its own, a free one, else the one that was written longest ago. */
export function placeIn(tags: Readonly<Record<string, string>>, self: string): string {
  const seen = (tag: string): number => {
    const found = instanceOfTag(tags[tag]);
    return found === undefined ? 0 : found.id === self ? Number.NEGATIVE_INFINITY : found.seenUtcMs;
  };
  return INSTANCE_TAGS.reduce((best, tag) => (seen(tag) < seen(best) ? tag : best), INSTANCE_TAGS[0]);
}

/** The endpoint that nobody feeds who is there; the primary where both are free or both are taken. */
export function freeEndpoint(present: readonly InstanceState[]): 'primary' | 'secondary' {
  return present.some(({ endpoint }) => endpoint === 'primary') && !present.some(({ endpoint }) => endpoint !== 'primary') ? 'secondary' : 'primary';
}
