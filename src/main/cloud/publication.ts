// Makes a running event public: asset, live output, streaming locator, streaming endpoint, each only if it is missing; and ends the output.
import type { ListPathsResponse, StreamingEndpoint } from '@azure/arm-mediaservices';
import { OperatorError } from '../../contract/errors.ts';
import type { ArmAccount } from './armAccount.ts';
import type { CreateOutput, OperationOptions, PlaybackUrls } from './liveService.ts';
import { runLongOperation, type Observation } from './longOperation.ts';
import { locatorIdFor, playbackUrlsOf } from './playbackUrls.ts';

/** Exists in every account: no encryption, streaming only (media-services.md §4.8). */
const CLEAR_STREAMING_POLICY = 'Predefined_ClearStreamingOnly';
const MAX_ENDPOINTS = 100;

/** @throws OperatorError NAME_TAKEN where a found output or locator belongs to something else, NO_STREAMING_ENDPOINT, and the service's refusals. */
export async function publishOutput(
  account: ArmAccount, output: CreateOutput, options: OperationOptions,
): Promise<{ readonly locatorId: string; readonly urls: PlaybackUrls }> {
  await ensureAsset(account, output.assetName, options.signal);
  const manifestName = await ensureLiveOutput(account, output, options);
  const locatorId = await ensureLocator(account, output, options.signal);
  const host = await runningEndpointHost(account, options);
  const locatorName = locatorNameOf(output);
  // Empty until data has arrived; a failure here must not undo what is public already.
  const paths: ListPathsResponse | undefined = await account.find('list the playback paths', options.signal, async (abortSignal) =>
    await account.client.streamingLocators.listPaths(...account.names, locatorName, { abortSignal })).catch((error: unknown) => {
    if (options.signal.aborted) throw error;
    return undefined;
  });
  const base = account.settings.playbackBase ?? `https://${host}`;
  return { locatorId, urls: playbackUrlsOf(base, locatorId, manifestName, paths) };
}

/** Deletes the live output; done as well when it, or its event, is gone. The asset stays. */
export async function endOutput(account: ArmAccount, eventName: string, outputName: string, options: OperationOptions): Promise<void> {
  const quoted = `the live output “${outputName}”`;
  const read = async (signal: AbortSignal) => await account.find(`read ${quoted}`, signal, async (abortSignal) =>
    await account.client.liveOutputs.get(...account.names, eventName, outputName, { abortSignal }));
  if (await read(options.signal) === undefined) return;
  await runLongOperation({
    attempt: `end ${quoted}`,
    doing: `Ending ${quoted}`,
    begin: async (begin) => await account.client.liveOutputs.beginDelete(...account.names, eventName, outputName, begin),
    observe: async (signal) => {
      const seen = await read(signal);
      if (seen === undefined) return { state: 'gone', verdict: 'done' };
      const state = String(seen.resourceState);
      return { state, verdict: state === 'Deleting' ? 'busy' : 'unchanged' };
    },
    timeoutMs: account.operationTimeoutMs,
    afterCancel: 'The recording may still be running; ending it again is harmless.',
  }, account.pace, options);
}

/** Creates the asset where it is missing. */
export async function ensureAsset(account: ArmAccount, assetName: string, signal: AbortSignal): Promise<void> {
  const found = await account.find(`read the asset “${assetName}”`, signal, async (abortSignal) =>
    await account.client.assets.get(...account.names, assetName, { abortSignal }));
  if (found !== undefined) return;
  const attempt = `create the asset “${assetName}”`;
  const created = await account.call(attempt, signal, async (abortSignal) =>
    await account.client.assets.createOrUpdate(...account.names, assetName, {}, { abortSignal }));
  if (typeof created?.name !== 'string') throw account.unexpected(attempt, 'no name in the asset');
}

/** The manifest name of the output that runs then. */
async function ensureLiveOutput(account: ArmAccount, output: CreateOutput, options: OperationOptions): Promise<string> {
  const quoted = `the live output “${output.outputName}”`;
  const read = async (signal: AbortSignal) => await account.find(`read ${quoted}`, signal, async (abortSignal) =>
    await account.client.liveOutputs.get(...account.names, output.eventName, output.outputName, { abortSignal }));
  const found = await read(options.signal);
  if (found !== undefined && found.assetName !== output.assetName) throw nameTaken(quoted, `records into “${String(found.assetName)}”`);
  const observe = async (signal: AbortSignal): Promise<Observation> => {
    const seen = await read(signal);
    const state = seen === undefined ? 'not there yet' : String(seen.resourceState);
    if (seen === undefined) return { state, verdict: 'unchanged' };
    if (state === 'Deleting') return { state, verdict: 'impossible' };
    return { state, verdict: state === 'Creating' ? 'busy' : 'done' };
  };
  if (found === undefined || (await observe(options.signal)).verdict !== 'done') {
    await runLongOperation({
      attempt: `create ${quoted}`,
      doing: `Creating ${quoted}`,
      begin: async (begin) => await account.client.liveOutputs.beginCreate(...account.names, output.eventName, output.outputName, {
        assetName: output.assetName,
        manifestName: output.manifestName,
        archiveWindowLength: isoDuration(output.archiveWindowSeconds),
        ...(output.rewindWindowSeconds === undefined ? {} : { rewindWindowLength: isoDuration(output.rewindWindowSeconds) }),
      }, begin),
      observe,
      beginsFrom: ['unchanged'],
      timeoutMs: account.operationTimeoutMs,
      afterCancel: 'The stream may become public all the same: end the output to take it back.',
    }, account.pace, options);
  }
  const running = found ?? await read(options.signal);
  return typeof running?.manifestName === 'string' && running.manifestName !== '' ? running.manifestName : output.manifestName;
}

/** How what a locator shows is encrypted, and which policy gives its key. */
export type LocatorProtection = { readonly streamingPolicyName: string; readonly keyPolicyName: string };

export type LocatorRules = { readonly protection?: LocatorProtection | undefined; /** Names of filters that hold for all viewers; undefined: those that it has stay. */ readonly filters?: readonly string[] | undefined };

/** The id of the one public locator of an asset, made where it is missing. @throws OperatorError also `PROTECTION_DIFFERS`, `FILTERS_DIFFER` */
export async function ensureLocator(account: ArmAccount, output: Pick<CreateOutput, 'assetName' | 'locatorId' | 'publicFrom' | 'publicUntil' | 'streamingPolicy'>, signal: AbortSignal, { protection, filters }: LocatorRules = {}): Promise<string> {
  const name = locatorNameOf(output);
  const quoted = `the streaming locator “${name}”`;
  const read = async () => await account.find(`read ${quoted}`, signal, async (abortSignal) =>
    await account.client.streamingLocators.get(...account.names, name, { abortSignal }));
  const idOf = (locator: Awaited<ReturnType<typeof read>>): string | undefined => {
    if (locator === undefined) return undefined;
    if (typeof locator.streamingLocatorId !== 'string' || locator.streamingLocatorId === '') throw account.unexpected(`read ${quoted}`, 'no id in the locator');
    if (locator.assetName !== output.assetName) throw nameTaken(quoted, `shows “${String(locator.assetName)}”`);
    if ((locator.defaultContentKeyPolicyName ?? undefined) !== protection?.keyPolicyName) {
      throw new OperatorError('PROTECTION_DIFFERS', `“${output.assetName}” is public already, ${protection === undefined ? 'encrypted' : 'with other rules for its key'}.`, 'Take its addresses back first (`fieldcast library --unpublish`), then publish it anew; its addresses change hands at once.');
    }
    if (filters !== undefined && !isSameSet(locator.filters ?? [], filters)) {
      throw new OperatorError('FILTERS_DIFFER', `“${output.assetName}” is public already, with ${(locator.filters ?? []).length === 0 ? 'no filter' : `the filters ${locator.filters?.join(', ')}`}.`, 'Take its addresses back first (`fieldcast library --unpublish`), then publish it anew.');
    }
    return locator.streamingLocatorId;
  };
  const found = idOf(await read());
  if (found !== undefined) return found;
  try {
    const created = await account.call(`create ${quoted}`, signal, async (abortSignal) =>
      await account.client.streamingLocators.create(...account.names, name, {
        assetName: output.assetName,
        streamingPolicyName: protection?.streamingPolicyName ?? output.streamingPolicy ?? CLEAR_STREAMING_POLICY,
        ...(output.publicFrom === undefined ? {} : { startTime: output.publicFrom }),
        ...(output.publicUntil === undefined ? {} : { endTime: output.publicUntil }),
        ...(protection === undefined ? {} : { defaultContentKeyPolicyName: protection.keyPolicyName }),
        ...(filters === undefined || filters.length === 0 ? {} : { filters: [...filters] }),
        streamingLocatorId: output.locatorId ?? locatorIdFor(account.id, output.assetName),
      }, { abortSignal }));
    const id = idOf(created);
    if (id === undefined) throw account.unexpected(`create ${quoted}`, 'no locator in the answer');
    return id;
  } catch (error) {
    // A second instance, or a first attempt whose answer was lost, may have made it. Some services answer 200 where the SDK
    // accepts 201 only and then throws (§1.3).
    const made = signal.aborted ? undefined : idOf(await read());
    if (made === undefined) throw error;
    return made;
  }
}

/**
 * Lets the locator of one asset show another. Its id, which is in the addresses, follows from the first asset's name, so that a second
 * attempt after a crash in between arrives at the same. The locator of the second asset, if it has one already, must have that id.
 */
export async function moveLocator(account: ArmAccount, fromAssetName: string, toAssetName: string, signal: AbortSignal): Promise<void> {
  const [from, to] = [locatorNameOf({ assetName: fromAssetName }), locatorNameOf({ assetName: toAssetName })];
  const read = async (name: string) => await account.find(`read the streaming locator “${name}”`, signal, async (abortSignal) =>
    await account.client.streamingLocators.get(...account.names, name, { abortSignal }));
  const [old, made] = [await read(from), await read(to)];
  const locatorId = old?.streamingLocatorId ?? locatorIdFor(account.id, fromAssetName);
  if (made?.streamingLocatorId?.toLowerCase() === locatorId.toLowerCase()) return;
  if (old?.defaultContentKeyPolicyName !== undefined) throw new OperatorError('PROTECTION_DIFFERS', `“${fromAssetName}” is public with encryption; its addresses cannot be moved.`, 'Publish the new asset at addresses of its own.');
  if ((old?.filters ?? []).length > 0) throw new OperatorError('FILTERS_DIFFER', `“${fromAssetName}” is public with filters; its addresses cannot be moved.`, 'Publish the new asset at addresses of its own.');
  if (made !== undefined) throw nameTaken(`the streaming locator “${to}”`, 'has another address');
  await account.find(`delete the streaming locator “${from}”`, signal, async (abortSignal) => await account.client.streamingLocators.delete(...account.names, from, { abortSignal }));
  await ensureLocator(account, { assetName: toAssetName, locatorId }, signal);
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  const names = (list: readonly string[]): string => [...new Set(list.map((name) => name.toLowerCase()))].sort().join('\n');
  return names(one) === names(other);
}

/** Host name of a streaming endpoint that runs; a stopped one is started. */
export async function runningEndpointHost(account: ArmAccount, options: OperationOptions): Promise<string> {
  const chosen = await chooseEndpoint(account, options.signal);
  const name = chosen.name ?? 'default';
  const quoted = `the streaming endpoint “${name}”`;
  const observe = async (signal: AbortSignal): Promise<Observation> => {
    const seen = await account.find(`read ${quoted}`, signal, async (abortSignal) =>
      await account.client.streamingEndpoints.get(...account.names, name, { abortSignal }));
    if (seen === undefined) return { state: 'gone', verdict: 'impossible' };
    const state = String(seen.resourceState);
    if (state === 'Running' || state === 'Scaling') return { state, verdict: 'done' };
    return { state, verdict: state === 'Stopped' ? 'unchanged' : state === 'Deleting' ? 'impossible' : 'busy' };
  };
  if ((await observe(options.signal)).verdict !== 'done') {
    await runLongOperation({
      attempt: `start ${quoted}`,
      doing: `Starting ${quoted}`,
      begin: async (begin) => await account.client.streamingEndpoints.beginStart(...account.names, name, begin),
      observe,
      beginsFrom: ['unchanged'],
      timeoutMs: account.operationTimeoutMs,
      afterCancel: 'It may still start, and a running streaming endpoint is billed: stop it if you do not need it.',
    }, account.pace, options);
  }
  if (typeof chosen.hostName === 'string' && /^[\w.-]+(:\d+)?$/.test(chosen.hostName)) return chosen.hostName;
  if (account.settings.playbackBase !== undefined) return '';
  throw account.unexpected(`read ${quoted}`, 'no host name');
}

/** The configured endpoint (`default` unless the settings say otherwise), else one that runs, else the first of the account. */
async function chooseEndpoint(account: ArmAccount, signal: AbortSignal): Promise<StreamingEndpoint> {
  const wanted = account.settings.streamingEndpointName;
  const found = await account.find('read the streaming endpoint', signal, async (abortSignal) =>
    await account.client.streamingEndpoints.get(...account.names, wanted ?? 'default', { abortSignal }));
  if (found !== undefined) return found;
  const others: StreamingEndpoint[] = [];
  if (wanted === undefined) {
    await account.call('list the streaming endpoints', signal, async (abortSignal) => {
      for await (const endpoint of account.client.streamingEndpoints.list(...account.names, { abortSignal })) {
        others.push(endpoint);
        if (others.length >= MAX_ENDPOINTS) break;
      }
    });
  }
  const other = others.find((endpoint) => endpoint.resourceState === 'Running') ?? others[0];
  if (other !== undefined) return other;
  throw new OperatorError(
    'NO_STREAMING_ENDPOINT', `The account at ${account.subject} has no streaming endpoint${wanted === undefined ? '' : ` “${wanted}”`}, so nobody could watch.`,
    'Create one in the account, or correct its name in the settings.',
  );
}

/** One public locator for each asset, named after it. */
export function locatorNameOf(output: Pick<CreateOutput, 'assetName'>): string {
  return output.assetName;
}

function nameTaken(what: string, use: string): OperatorError {
  return new OperatorError('NAME_TAKEN', `${what.replace('the', 'The')} exists already and ${use}.`, 'Choose another name; a recording is never written into another one.');
}

/** ISO 8601 duration in whole minutes where possible, as the service's own examples write it. */
function isoDuration(seconds: number): string {
  const whole = Math.max(60, Math.round(seconds));
  return whole % 3600 === 0 ? `PT${whole / 3600}H` : whole % 60 === 0 ? `PT${whole / 60}M` : `PT${whole}S`;
}
