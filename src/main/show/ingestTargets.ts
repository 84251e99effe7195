// Which ingest address each rendition is sent to. Pure.
import { OperatorError } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { EndpointUse } from '../../contract/pair.ts';
import type { LiveEventInfo, LiveService } from '../cloud/liveService.ts';
import type { PublishTarget } from './chain.ts';

/**
 * Encrypted where that is offered. One endpoint of a pair: the others are tried in turn when it fails. Both: a connection to each, which
 * lives and fails alone.
 * @throws {OperatorError} `NO_INGEST`
 */
export function ingestTargets(event: LiveEventInfo, ladder: Ladder, service: Pick<LiveService, 'ca' | 'capabilities'>, use: EndpointUse): PublishTarget[] {
  const offered = event.ingest.some((one) => one.secure) ? event.ingest.filter((one) => one.secure) : event.ingest;
  const first = use === 'secondary' ? 'secondary' : 'primary';
  const ordered = offered.toSorted((one, other) => Number(one.role !== first) - Number(other.role !== first));
  if (ordered[0] === undefined) {
    throw new OperatorError('NO_INGEST', `The event ${event.name} offers no RTMP ingest address.`, 'Check that its input protocol is RTMP, or let Fieldcast create a new event.');
  }
  const routes = use === 'both' ? ordered.map((endpoint) => [endpoint]) : [ordered];
  return ladder.renditions.flatMap((rendition) => routes.flatMap(([endpoint, ...alternates]): PublishTarget[] => (endpoint === undefined ? [] : [{
    rendition: rendition.name,
    url: `${endpoint.url}/${endpoint.streamName ?? rendition.name}`,
    alternateUrls: alternates.map((alternate) => `${alternate.url}/${alternate.streamName ?? rendition.name}`),
    ca: service.ca,
    burstWelcome: service.capabilities.burstWelcome,
  }])));
}
