// The embedded service as a LiveService: the same client as for a cloud, with what this machine's own service allows.
import { createBearerCredential } from './bearerCredential.ts';
import type { LiveService, ServiceCapabilities } from './liveService.ts';
import { createMediaServices } from './mediaServices.ts';
import { ARM_CAPABILITIES } from './providers.ts';

/** Where a running embedded service is and how to speak to it, as its launcher hands it out. */
export type EmbeddedHandle = {
  readonly endpoint: string;
  readonly token: string;
  /** PEM of the local certificate authority. */
  readonly ca: string;
  /** Base of playback without a certificate, `http://127.0.0.1:PORT`. */
  readonly originHttpBase: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly accountName: string;
  readonly location: string;
};

/** It only opens sockets that it already listens on. */
const START_TIMEOUT_MS = 20_000;
const HEARTBEAT_MS = 1000;
const OPERATION_TIMEOUT_MS = 60_000;

export const EMBEDDED_CAPABILITIES: ServiceCapabilities = {
  ...ARM_CAPABILITIES, burstWelcome: true, eventTypes: ['PassthroughBasic', 'PassthroughStandard'], lowLatencyV2: false, transcribes: false,
  startTimeoutMs: START_TIMEOUT_MS, heartbeatMs: HEARTBEAT_MS,
};

export function createEmbeddedLiveService(handle: EmbeddedHandle): LiveService {
  return createMediaServices({
    label: 'Embedded service',
    endpoint: handle.endpoint,
    subscriptionId: handle.subscriptionId,
    resourceGroup: handle.resourceGroup,
    accountName: handle.accountName,
    location: handle.location,
    credential: createBearerCredential(handle.token),
    ca: handle.ca,
    capabilities: EMBEDDED_CAPABILITIES,
    playbackBase: handle.originHttpBase,
    httpIngestBase: handle.endpoint,
    allowProxy: false,
    operationTimeoutMs: OPERATION_TIMEOUT_MS,
  });
}
