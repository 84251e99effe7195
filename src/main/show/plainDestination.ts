// A plain RTMP server: which renditions of the ladder it gets, under which addresses, and what is known of it.
import type { Ladder } from '../../contract/ladder.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { EventType } from '../../contract/eventSettings.ts';
import type { Destination, ShowPlan } from '../../contract/plan.ts';
import { platformOf, PLATFORMS, type PlatformName } from '../../contract/platforms.ts';
import { capabilitiesOf } from '../cloud/providers.ts';
import { parseRtmpUrl } from '../publish/rtmpUrl.ts';
import { EVENT_LIMITS } from '../encode/eventLimits.ts';
import type { PublishTarget } from './chain.ts';
import { takesOneRendition } from './eventRules.ts';
import { fitFor } from '../encode/platformFit.ts';

/** In a stream name it is replaced by the name of each rendition; without it the address takes one stream only. */
const RENDITION_MARK = '{rendition}';
/** The ingest of a Media Services live event, `rtmps://HOST:2935/live/TOKEN` without a stream name (media-services.md §4.3, §5). */
const EVENT_INGEST = /^(rtmps?):\/\/([^/:?#]+|\[[^\]]+\])(?::(\d+))?\/live\/[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\/?$/i;
const OTHER_PORT: Readonly<Record<string, string>> = { 1935: '1936', 1936: '1935', 2935: '2936', 2936: '2935' };

type SentPlan = Pick<ShowPlan, 'destination' | 'ladder' | 'event' | 'ingest'>;

/**
 * The plan with only those renditions that its destination takes, so that nothing is encoded in vain.
 * @throws OperatorError `EMPTY_LADDER`, `SMOOTH_NOT_OFFERED`
 */
export function withSentRenditions<P extends SentPlan>(plan: P): P {
  if (plan.destination.kind === 'rtmp' && plan.ingest === 'smooth') {
    throw new OperatorError('SMOOTH_NOT_OFFERED', 'A plain RTMP address takes RTMP, not Smooth Streaming.', 'Feed it over RTMP, or go to a live event.');
  }
  if (!takesOne(plan)) return plan;
  const [top] = plan.ladder.renditions;
  if (top === undefined) throw new OperatorError('EMPTY_LADDER', 'The ladder has no rendition.', 'Choose a ladder with at least one.');
  return { ...plan, ladder: { ...plan.ladder, renditions: [top] } };
}

/** @param url with its key. @throws OperatorError for what cannot be a publishing address. */
export function plainTargets(ladder: Ladder, url: string): PublishTarget[] {
  const event = eventIngest(url);
  return ladder.renditions.map((rendition) => {
    const common = { protocol: 'rtmp' as const, rendition: rendition.name, ca: undefined, burstWelcome: false };
    const [first = url, ...alternates] = event === undefined
      ? [url.replaceAll(RENDITION_MARK, rendition.name)]
      : event.map((base) => `${base}/${rendition.name}`);
    parseRtmpUrl(first);
    return { ...common, url: first, alternateUrls: alternates };
  });
}

export type AboutAddress = { /** What it is. */ readonly notes: readonly string[]; /** What its platform may not like of the ladder. */ readonly warnings: readonly string[] };

/** What an operator should know of a plain address before the show. @param url with its key */
export function aboutAddress(url: string, platform: PlatformName | undefined, ladder: Ladder): AboutAddress {
  if (eventIngest(url) !== undefined) {
    return { notes: ['This is the ingest of a Media Services live event: every rendition is sent under its own name, and to its other endpoint when one fails. Fieldcast neither starts nor stops the event, and cannot read back what it receives.'], warnings: [] };
  }
  const name = platform ?? platformOf(url);
  const { secureOnly, title } = PLATFORMS[name];
  return {
    notes: [],
    warnings: [...(secureOnly && /^rtmp:/i.test(url) ? [`${title} takes rtmps:// only: change the beginning of the address.`] : []), ...(fitFor(ladder, name)?.remarks ?? [])],
  };
}

/** Whose limits a single stream is planned for; undefined where a ladder is sent. */
export function singleStreamPlatform(destination: Destination, eventType: EventType): PlatformName | undefined {
  switch (destination.kind) {
    case 'embedded': return undefined;
    // An event that encodes has limits of its own.
    case 'arm': return capabilitiesOf(destination.address).streams === 'one' && !EVENT_LIMITS[eventType].encodes ? 'generic' : undefined;
    case 'rtmp': return takesOneStream(destination) ? destination.platform ?? platformOf(destination.url) : undefined;
  }
}

function takesOne({ destination, event }: SentPlan): boolean {
  switch (destination.kind) {
    case 'embedded': return takesOneRendition(event, undefined);
    case 'arm': return takesOneRendition(event, capabilitiesOf(destination.address));
    case 'rtmp': return takesOneStream(destination);
  }
}

function takesOneStream({ url, keyName }: Extract<Destination, { kind: 'rtmp' }>): boolean {
  return keyName !== undefined || (!url.includes(RENDITION_MARK) && eventIngest(url) === undefined);
}

/** Its endpoints without stream names, the given one first; undefined for another address. */
function eventIngest(url: string): string[] | undefined {
  const [, scheme = '', host = '', given] = EVENT_INGEST.exec(url) ?? [];
  if (host === '') return undefined;
  const port = given ?? (scheme.toLowerCase() === 'rtmps' ? '2935' : '1935');
  const other = OTHER_PORT[port];
  const path = new URL(url).pathname.replace(/\/+$/, '');
  return [port, ...(other === undefined ? [] : [other])].map((one) => `${scheme.toLowerCase()}://${host}:${one}${path}`);
}
