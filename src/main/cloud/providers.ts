// The services that speak the Media Services API, each with what it can do as data (media-services.md §4, §5). Decides nothing.
import type { ServiceCapabilities } from './liveService.ts';

/** By the first word of an address: `arm:…`, `ravnur:…`, `mkio:…`. */
export type Provider = 'arm' | 'ravnur' | 'mkio';

/** A cold pool may need this long to start an event (media-services.md §8). */
const START_TIMEOUT_MS = 25 * 60_000;
/** 240 writes an hour: a subscription is allowed 1200, and there are two instances and their operators. */
const HEARTBEAT_MS = 15_000;

export const ARM_CAPABILITIES: ServiceCapabilities = {
  // A cloud refuses bursts (MPE_CAPACITY_LIMIT_REACHED).
  burstWelcome: false, canReset: true, canAllocate: true, canUpdate: true, eventData: true, smoothIngest: true, streams: 'each rendition', streamKey: 'in address', endpoints: 'primary and secondary', heartbeats: true, lowLatency: 'every type',
  eventTypes: ['PassthroughBasic', 'PassthroughStandard', 'Standard', 'Premium1080P'], premiumType: 'Premium1080p', lowLatencyV2: true, transcribes: true, allowAllByNoRule: false,
  startTimeoutMs: START_TIMEOUT_MS, heartbeatMs: HEARTBEAT_MS,
};

/** Ravnur: the access token is the stream name, so that an event takes one stream; no Smooth Streaming; no call for timed metadata; LowLatency without transcoding only. */
export const RAVNUR_CAPABILITIES: ServiceCapabilities = {
  ...ARM_CAPABILITIES, eventData: false, smoothIngest: false, streams: 'one', streamKey: 'as stream name', endpoints: 'one of each scheme', lowLatency: 'pass-through',
  eventTypes: ['PassthroughStandard', 'Standard', 'Premium1080P'], premiumType: 'Premium1080P', lowLatencyV2: false, transcribes: false,
  // "Start takes up to 3 min cold"; twice that, and some.
  startTimeoutMs: 8 * 60_000,
};

/** MK.IO: no reset, no timed metadata, no call that tells what it receives, "fMP4/Smooth input not supported", and an empty rule lets everybody in. */
export const MKIO_CAPABILITIES: ServiceCapabilities = {
  ...ARM_CAPABILITIES, canReset: false, eventData: false, heartbeats: false, smoothIngest: false, lowLatencyV2: false, transcribes: false, allowAllByNoRule: true,
};

/** What of a service is known before it is opened. */
export function capabilitiesOf(address: string): ServiceCapabilities {
  switch (providerOf(address)) {
    case 'ravnur': return RAVNUR_CAPABILITIES;
    case 'mkio': return MKIO_CAPABILITIES;
    case 'arm': return ARM_CAPABILITIES;
  }
}

export function providerOf(address: string): Provider {
  const word = /^(ravnur|mkio):/i.exec(address.trim())?.[1]?.toLowerCase();
  return word === 'ravnur' || word === 'mkio' ? word : 'arm';
}
