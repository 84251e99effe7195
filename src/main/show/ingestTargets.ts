// Which ingest address each rendition is sent to. Pure.
import { OperatorError } from '../../contract/errors.ts';
import type { IngestProtocol } from '../../contract/ingest.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { EndpointUse } from '../../contract/pair.ts';
import { protocolOf } from '../cloud/ingestEndpoints.ts';
import type { LiveEventInfo, LiveService } from '../cloud/liveService.ts';
import { smoothStreamUrl } from '../publish/smoothUrl.ts';
import type { PublishTarget } from './chain.ts';

const NAMES: Readonly<Record<IngestProtocol, string>> = { rtmp: 'RTMP', smooth: 'Smooth Streaming' };

/**
 * Encrypted where that is offered. One endpoint of a pair: the others are tried in turn when it fails. Both: a connection to each, which
 * lives and fails alone.
 * @param wanted what the plan asks for; what the event takes where it asks for nothing
 * @throws {OperatorError} `NO_INGEST`, `EVENT_INGEST_DIFFERS`
 */
export function ingestTargets(event: LiveEventInfo, ladder: Ladder, service: Pick<LiveService, 'ca' | 'capabilities'>, use: EndpointUse, wanted?: IngestProtocol): PublishTarget[] {
  const spoken: readonly IngestProtocol[] = [...new Set(event.ingest.map(protocolOf))];
  const protocol = wanted ?? (spoken.includes('rtmp') ? 'rtmp' : 'smooth');
  if (spoken.length > 0 && !spoken.includes(protocol)) {
    throw new OperatorError('EVENT_INGEST_DIFFERS', `The event ${event.name} takes ${NAMES[spoken[0] ?? 'rtmp']}, not ${NAMES[protocol]}.`, 'Leave --ingest out, or choose another event.');
  }
  const ofProtocol = event.ingest.filter((one) => protocolOf(one) === protocol);
  const offered = ofProtocol.some((one) => one.secure) ? ofProtocol.filter((one) => one.secure) : ofProtocol;
  const first = use === 'secondary' ? 'secondary' : 'primary';
  const ordered = offered.toSorted((one, other) => Number(one.role !== first) - Number(other.role !== first));
  if (ordered[0] === undefined) {
    throw new OperatorError('NO_INGEST', `The event ${event.name} offers no ingest address.`, 'Check that its input protocol is RTMP or FragmentedMP4, or let Fieldcast create a new event.');
  }
  const routes = use === 'both' ? ordered.map((endpoint) => [endpoint]) : [ordered];
  return ladder.renditions.flatMap((rendition) => routes.flatMap(([endpoint, ...alternates]): PublishTarget[] => (endpoint === undefined ? [] : [{
    protocol,
    rendition: rendition.name,
    url: urlOf(protocol, endpoint.url, endpoint.streamName ?? rendition.name),
    alternateUrls: alternates.map(({ url, streamName }) => urlOf(protocol, url, streamName ?? rendition.name)),
    ca: service.ca,
    burstWelcome: service.capabilities.burstWelcome,
  }])));
}

function urlOf(protocol: IngestProtocol, base: string, streamName: string): string {
  return protocol === 'smooth' ? smoothStreamUrl(base, streamName) : `${base}/${streamName}`;
}
