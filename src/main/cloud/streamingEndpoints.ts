// The streaming endpoints of an account as an operator sets them: running or not, scale units, CDN (media-services.md §4.8).
import type { StreamingEndpoint } from '@azure/arm-mediaservices';
import type { EndpointChange, EndpointStatus } from '../../contract/eventSettings.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { ArmAccount } from './armAccount.ts';
import type { OperationOptions } from './liveService.ts';
import { runLongOperation, type BeginOptions, type OperationPoller } from './longOperation.ts';
import { mayGoOn } from './serviceFault.ts';

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
 * before it does again at the end, unless the change says otherwise; also where the change is refused. A change that was begun before a
 * crash (`resumeFrom`) is taken up: its step is followed to the end, then what is left of it is done; `run` must say what the endpoint did
 * before it.
 * @throws OperatorError NO_STREAMING_ENDPOINT, ENDPOINT_BUSY, and the service's refusals
 */
export async function changeEndpoint(account: ArmAccount, change: EndpointChange, options: OperationOptions): Promise<EndpointStatus> {
  const steps = stepsOf(account, change);
  // What comes behind the step that was begun is new: its trace must not answer for it.
  const { resumeFrom, ...fresh } = options;
  const begun = steps.find(({ attempt }) => attempt === resumeFrom?.attempt);
  let before = await read(account, change.name, options.signal);
  const take = async (verb: Verb): Promise<void> => {
    const step = steps.find((one) => one.verb === verb);
    if (step !== undefined) await run(account, change.name, step, fresh, before);
  };
  try {
    if (begun !== undefined) {
      await run(account, change.name, begun, options, before);
      before = await read(account, change.name, options.signal);
    }
    if (before.resourceState !== 'Running' && before.resourceState !== 'Stopped') {
      throw new OperatorError('ENDPOINT_BUSY', `The streaming endpoint “${change.name}” is ${String(before.resourceState)}.`, 'Try again in a minute.');
    }
    if (cdnOf(before, change) !== undefined) {
      if (before.resourceState === 'Running') await take('stop');
      await take('change the CDN of');
    }
    if (change.scaleUnits !== undefined && change.scaleUnits !== before.scaleUnits) await take('scale');
  } catch (error) {
    // A refusal must not cut viewers off. What was given up or has lost the network is taken up by the next attempt.
    const shouldRun = change.run ?? before.resourceState === 'Running';
    if (!mayGoOn(error) && shouldRun && (await read(account, change.name, options.signal)).resourceState === 'Stopped') await take('start');
    throw error;
  }
  const shouldRun = change.run ?? before.resourceState === 'Running';
  const now = await read(account, change.name, options.signal);
  if (shouldRun && now.resourceState === 'Stopped') await take('start');
  if (!shouldRun && now.resourceState === 'Running') await take('stop');
  return statusOf(await read(account, change.name, options.signal), change.name);
}

type Verb = 'start' | 'stop' | 'scale' | 'change the CDN of';
type Step = { readonly verb: Verb; readonly attempt: string; /** Undefined where only the operation tells. */ readonly aim: 'Running' | 'Stopped' | undefined; readonly begin: (begin: BeginOptions, before: StreamingEndpoint) => Promise<OperationPoller> };

function stepsOf(account: ArmAccount, change: EndpointChange): readonly Step[] {
  const { name, scaleUnits } = change;
  const { names } = account;
  const step = (verb: Verb, aim: Step['aim'], begin: Step['begin']): Step => ({ verb, aim, begin, attempt: `${verb} the streaming endpoint “${name}”` });
  return [
    step('start', 'Running', async (begin) => await account.client.streamingEndpoints.beginStart(...names, name, begin)),
    step('stop', 'Stopped', async (begin) => await account.client.streamingEndpoints.beginStop(...names, name, begin)),
    step('change the CDN of', undefined, async (begin, before) => await account.client.streamingEndpoints.beginUpdate(...names, name, { location: before.location, ...cdnOf(before, change) }, begin)),
    ...(scaleUnits === undefined ? [] : [step('scale', undefined, async (begin) => await account.client.streamingEndpoints.beginScale(...names, name, { scaleUnit: scaleUnits }, begin))]),
  ];
}

/** Undefined where the CDN stays as it is. */
function cdnOf(before: StreamingEndpoint, { cdn, cdnProvider, cdnProfile }: EndpointChange): Pick<StreamingEndpoint, 'cdnEnabled' | 'cdnProvider' | 'cdnProfile'> | undefined {
  const isOn = cdn ?? (cdnProvider !== undefined || cdnProfile !== undefined ? true : before.cdnEnabled ?? false);
  if (!isOn) return before.cdnEnabled === true ? { cdnEnabled: false } : undefined;
  const wanted = { cdnEnabled: true, cdnProvider: cdnProvider ?? before.cdnProvider ?? CDN_PROVIDER, ...(cdnProfile === undefined ? {} : { cdnProfile }) };
  const isSame = before.cdnEnabled === true && before.cdnProvider === wanted.cdnProvider && (cdnProfile === undefined || cdnProfile === before.cdnProfile);
  return isSame ? undefined : wanted;
}

async function run(account: ArmAccount, name: string, { verb, attempt, aim, begin }: Step, options: OperationOptions, before: StreamingEndpoint): Promise<void> {
  const isBegun = options.resumeFrom?.attempt === attempt;
  await runLongOperation({
    attempt,
    doing: `To ${verb} the streaming endpoint “${name}”`,
    begin: async (begun) => await begin(begun, before),
    observe: async (signal) => {
      const state = String((await read(account, name, signal)).resourceState);
      if (state === 'Deleting') return { state, verdict: 'impossible' };
      const isAtRest = state === 'Running' || state === 'Stopped';
      if (aim === undefined) return { state, verdict: isAtRest ? 'done' : 'busy' };
      return { state, verdict: state === aim ? 'done' : isAtRest ? 'unchanged' : 'busy' };
    },
    ...(aim === undefined
      // One that was begun is only followed: what is left of it afterwards is seen by the endpoint's own figures.
      ? { onlyOperationTells: true, ...(isBegun ? { beginsFrom: [] } : {}) }
      : { beginsFrom: ['unchanged' as const] }),
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
