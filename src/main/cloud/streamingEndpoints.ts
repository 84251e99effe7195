// The streaming endpoints of an account as an operator sets them: running or not, scale units, CDN (media-services.md §4.8).
import type { StreamingEndpoint } from '@azure/arm-mediaservices';
import type { EndpointChange, EndpointStatus } from '../../contract/eventSettings.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { ArmAccount } from './armAccount.ts';
import type { OperationOptions } from './liveService.ts';
import { runLongOperation, type LongOperation } from './longOperation.ts';

/** Documented: two for each account; more pages than this are a loop. */
const MAX_ENDPOINTS = 100;
const CDN_PROVIDER = 'StandardVerizon';

export async function listEndpoints(account: ArmAccount, signal: AbortSignal): Promise<EndpointStatus[]> {
  return await account.call('list the streaming endpoints', signal, async (abortSignal) => {
    const found: EndpointStatus[] = [];
    for await (const endpoint of account.client.streamingEndpoints.list(...account.names, { abortSignal })) {
      found.push(statusOf(endpoint, 'default'));
      if (found.length >= MAX_ENDPOINTS) throw account.unexpected('list the streaming endpoints', 'the list does not end');
    }
    return found;
  });
}

/**
 * A CDN is changed while the endpoint is stopped, units are scaled while it has one at least; so: stop, change, scale, start. What it did
 * before it does again at the end, unless the change says otherwise.
 * @throws OperatorError NO_STREAMING_ENDPOINT, ENDPOINT_BUSY, and the service's refusals
 */
export async function changeEndpoint(account: ArmAccount, change: EndpointChange, options: OperationOptions): Promise<EndpointStatus> {
  const before = await read(account, change.name, options.signal);
  const wasRunning = before.resourceState === 'Running';
  if (!wasRunning && before.resourceState !== 'Stopped') {
    throw new OperatorError('ENDPOINT_BUSY', `The streaming endpoint “${change.name}” is ${String(before.resourceState)}.`, 'Try again in a minute.');
  }
  const cdn = cdnOf(before, change);
  if (cdn !== undefined) {
    if (wasRunning) await step(account, change.name, 'stop', 'Stopped', async (begin) => await account.client.streamingEndpoints.beginStop(...account.names, change.name, begin), options);
    await step(account, change.name, 'change the CDN of', undefined, async (begin) =>
      await account.client.streamingEndpoints.beginUpdate(...account.names, change.name, { location: before.location, ...cdn }, begin), options);
  }
  const { scaleUnits } = change;
  if (scaleUnits !== undefined && scaleUnits !== before.scaleUnits) {
    await step(account, change.name, 'scale', undefined, async (begin) => await account.client.streamingEndpoints.beginScale(...account.names, change.name, { scaleUnit: scaleUnits }, begin), options);
  }
  const shouldRun = change.run ?? wasRunning;
  const now = await read(account, change.name, options.signal);
  if (shouldRun && now.resourceState === 'Stopped') {
    await step(account, change.name, 'start', 'Running', async (begin) => await account.client.streamingEndpoints.beginStart(...account.names, change.name, begin), options);
  }
  if (!shouldRun && now.resourceState === 'Running') {
    await step(account, change.name, 'stop', 'Stopped', async (begin) => await account.client.streamingEndpoints.beginStop(...account.names, change.name, begin), options);
  }
  return statusOf(await read(account, change.name, options.signal), change.name);
}

/** Undefined where the CDN stays as it is. */
function cdnOf(before: StreamingEndpoint, { cdn, cdnProvider, cdnProfile }: EndpointChange): Pick<StreamingEndpoint, 'cdnEnabled' | 'cdnProvider' | 'cdnProfile'> | undefined {
  const isOn = cdn ?? (cdnProvider !== undefined || cdnProfile !== undefined ? true : before.cdnEnabled ?? false);
  if (!isOn) return before.cdnEnabled === true ? { cdnEnabled: false } : undefined;
  const wanted = { cdnEnabled: true, cdnProvider: cdnProvider ?? before.cdnProvider ?? CDN_PROVIDER, ...(cdnProfile === undefined ? {} : { cdnProfile }) };
  const isSame = before.cdnEnabled === true && before.cdnProvider === wanted.cdnProvider && (cdnProfile === undefined || cdnProfile === before.cdnProfile);
  return isSame ? undefined : wanted;
}

async function step(account: ArmAccount, name: string, verb: string, aim: 'Running' | 'Stopped' | undefined, begin: LongOperation['begin'], options: OperationOptions): Promise<void> {
  const quoted = `the streaming endpoint “${name}”`;
  await runLongOperation({
    attempt: `${verb} ${quoted}`,
    doing: `To ${verb} ${quoted}`,
    begin,
    observe: async (signal) => {
      const state = String((await read(account, name, signal)).resourceState);
      if (state === 'Deleting') return { state, verdict: 'impossible' };
      const isAtRest = state === 'Running' || state === 'Stopped';
      if (aim === undefined) return { state, verdict: isAtRest ? 'done' : 'busy' };
      return { state, verdict: state === aim ? 'done' : isAtRest ? 'unchanged' : 'busy' };
    },
    timeoutMs: account.operationTimeoutMs,
    afterCancel: 'It may go on all the same, and a running streaming endpoint is billed: look at its state.',
  }, account.pace, options);
}

async function read(account: ArmAccount, name: string, signal: AbortSignal): Promise<StreamingEndpoint> {
  const found = await account.find(`read the streaming endpoint “${name}”`, signal, async (abortSignal) =>
    await account.client.streamingEndpoints.get(...account.names, name, { abortSignal }));
  if (found === undefined) throw new OperatorError('NO_STREAMING_ENDPOINT', `The account at ${account.subject} has no streaming endpoint “${name}”.`, 'List what it has with `fieldcast endpoints`.');
  return found;
}

function statusOf({ name, resourceState, hostName, scaleUnits, cdnEnabled, cdnProvider, cdnProfile }: StreamingEndpoint, asked: string): EndpointStatus {
  const isOn = cdnEnabled === true;
  return {
    name: name ?? asked,
    state: String(resourceState),
    ...(typeof hostName === 'string' && hostName !== '' ? { hostName } : {}),
    scaleUnits: scaleUnits ?? 0,
    cdn: isOn,
    ...(isOn && typeof cdnProvider === 'string' ? { cdnProvider } : {}),
    ...(isOn && typeof cdnProfile === 'string' && cdnProfile !== '' ? { cdnProfile } : {}),
  };
}
