// A LiveService that talks to the scripted API, and what a test needs to look over its shoulder.
import type { MediaServicesSettings } from '../../src/main/cloud/armAccount.ts';
import { createBearerCredential } from '../../src/main/cloud/bearerCredential.ts';
import type { LiveService, OperationOptions, OperationTrace } from '../../src/main/cloud/liveService.ts';
import { createMediaServices } from '../../src/main/cloud/mediaServices.ts';
import { armNames, type ArmServer } from './armServer.ts';
import { ARM_CAPABILITIES } from '../../src/main/cloud/providers.ts';

export const armToken = 'opaque-bearer-token-0123456789';
export const ingestToken = '0abf356884d74b4aacbd7b1ebd3da0f7';

export function liveServiceOf(server: Pick<ArmServer, 'endpoint'>, changes: Partial<MediaServicesSettings> = {}): LiveService {
  return createMediaServices({
    label: 'Scripted', endpoint: server.endpoint, ...armNames,
    credential: createBearerCredential(armToken),
    capabilities: { ...ARM_CAPABILITIES, eventData: false, startTimeoutMs: 10_000, heartbeatMs: 1000 },
    allowProxy: false, pollIntervalMs: 10, settleMs: 200, requestTimeoutMs: 5000, operationTimeoutMs: 10_000,
    ...changes,
  });
}

/** Operation options that write down what they are told. */
export function watchedOptions(signal: AbortSignal = new AbortController().signal): OperationOptions & { sentences: string[]; traces: OperationTrace[] } {
  const sentences: string[] = [];
  const traces: OperationTrace[] = [];
  return { signal, sentences, traces, onProgress: (sentence) => sentences.push(sentence), onTrace: async (trace) => { traces.push(trace); } };
}

export const newEvent = { name: 'ev1', tags: { owner: 'test' }, accessToken: ingestToken, keyFrameIntervalSeconds: 2 };
export const newOutput = { eventName: 'ev1', outputName: 'out1', assetName: 'asset1', manifestName: 'show', archiveWindowSeconds: 7200 };
