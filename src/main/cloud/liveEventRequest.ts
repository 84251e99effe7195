// The bodies that create a live event and change its tags: everything that matters is said, nothing is left to a service's default.
import { KnownLiveEventEncodingType, type IPRange, type LiveEvent } from '@azure/arm-mediaservices';
import type { CreateEvent } from './liveService.ts';

/** Who may push and who may see the preview. What an absent rule means differs between services, so there always is one (§8). */
export type IpRule = { readonly name: string; readonly address: string; readonly subnetPrefixLength: number };

export const ALLOW_ALL: readonly IpRule[] = [{ name: 'allow-all', address: '0.0.0.0', subnetPrefixLength: 0 }];

export function createEventBody(event: CreateEvent, location: string, rules: { ingest: readonly IpRule[]; preview: readonly IpRule[] }): LiveEvent {
  return {
    location,
    tags: { ...event.tags },
    input: {
      streamingProtocol: 'RTMP',
      accessToken: event.accessToken,
      keyFrameIntervalDuration: `PT${event.keyFrameIntervalSeconds}S`,
      accessControl: { ip: { allow: rangesOf(rules.ingest) } },
    },
    preview: { accessControl: { ip: { allow: rangesOf(rules.preview) } } },
    encoding: { encodingType: KnownLiveEventEncodingType.PassthroughStandard },
    // With the fixed access token: an ingest URL that survives stop and start.
    useStaticHostname: true,
    streamOptions: ['Default'],
  };
}

/**
 * A PATCH that names the tags alone: what it does not name stays. Sending back an event that was read would lose
 * every property that this SDK version does not know (§1.5). The SDK insists on the location.
 */
export function patchTagsBody(tags: Readonly<Record<string, string>>, location: string): LiveEvent {
  return { location, tags: { ...tags } };
}

function rangesOf(rules: readonly IpRule[]): IPRange[] {
  return rules.map((rule) => ({ name: rule.name, address: rule.address, subnetPrefixLength: rule.subnetPrefixLength }));
}
