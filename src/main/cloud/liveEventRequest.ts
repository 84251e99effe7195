// The bodies that create a live event and change its tags: everything that matters is said, nothing is left to a service's default.
import type { IPRange, LiveEvent } from '@azure/arm-mediaservices';
import type { CreateEvent, IpRule, ServiceCapabilities } from './liveService.ts';

/** What an absent rule means differs between services, so there always is one (media-services.md §8). */
const ALLOW_ALL: readonly IpRule[] = [{ name: 'allow-all', address: '0.0.0.0', subnetPrefixLength: 0 }];

export function createEventBody({ tags, accessToken, keyFrameIntervalSeconds, protocol, settings = {}, ingestAllow = ALLOW_ALL, previewAllow = ALLOW_ALL }: CreateEvent, location: string, premiumType: ServiceCapabilities['premiumType']): LiveEvent {
  const type = settings.type ?? 'PassthroughStandard';
  const encodes = type === 'Standard' || type === 'Premium1080P';
  const encodingType = type === 'Premium1080P' ? premiumType : type;
  return {
    location,
    tags: { ...tags },
    input: {
      streamingProtocol: protocol === 'smooth' ? 'FragmentedMP4' : 'RTMP',
      accessToken,
      // For pass-through alone; an event that encodes has an interval of its own (media-services.md §4.4).
      ...(encodes ? {} : { keyFrameIntervalDuration: `PT${keyFrameIntervalSeconds}S` }),
      accessControl: { ip: { allow: rangesOf(ingestAllow) } },
    },
    preview: { accessControl: { ip: { allow: rangesOf(previewAllow) } } },
    encoding: { encodingType, ...(encodes ? { keyFrameInterval: `PT${keyFrameIntervalSeconds}S` } : {}) },
    ...(settings.transcribe === undefined ? {} : { transcriptions: settings.transcribe.map((language) => ({ language, inputTrackSelection: [], outputTranscriptionTrack: { trackName: language } })) }),
    // With the fixed access token: an ingest URL that survives stop and start.
    useStaticHostname: true,
    ...(settings.hostnamePrefix === undefined ? {} : { hostnamePrefix: settings.hostnamePrefix }),
    streamOptions: [settings.streamOption ?? 'Default'],
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
