// Which ingest address each rendition is sent to. Pure.
import { OperatorError } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { LiveEventInfo, LiveService } from '../cloud/liveService.ts';
import type { PublishTarget } from './chain.ts';

/**
 * Encrypted where that is offered, the primary first; the others are tried in turn when one fails.
 * @throws {OperatorError} `NO_INGEST`
 */
export function ingestTargets(event: LiveEventInfo, ladder: Ladder, service: Pick<LiveService, 'ca' | 'capabilities'>): PublishTarget[] {
  const offered = event.ingest.some((one) => one.secure) ? event.ingest.filter((one) => one.secure) : event.ingest;
  const [endpoint, ...alternates] = offered.toSorted((one, other) => Number(one.role !== 'primary') - Number(other.role !== 'primary'));
  if (endpoint === undefined) {
    throw new OperatorError('NO_INGEST', `The event ${event.name} offers no RTMP ingest address.`, 'Check that its input protocol is RTMP, or let Fieldcast create a new event.');
  }
  return ladder.renditions.map((rendition): PublishTarget => ({
    rendition: rendition.name,
    url: `${endpoint.url}/${rendition.name}`,
    alternateUrls: alternates.map((alternate) => `${alternate.url}/${rendition.name}`),
    ca: service.ca,
    burstWelcome: service.capabilities.burstWelcome,
  }));
}
