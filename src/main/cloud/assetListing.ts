// What lies in an account and what depends on each asset: its public addresses, and a live output that still records into it.
import type { LibraryAsset, LibraryListing } from '../../contract/library.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { ArmAccount } from './armAccount.ts';

/** An account may have a million assets; a person reads the newest of some hundreds. */
const MAX_ASSETS = 1000;
const MAX_LOCATORS = 5000;
const MAX_EVENTS = 200;

/** Newest first. @param search a part of the name or the description */
export async function listAssets(account: ArmAccount, search: string | undefined, signal: AbortSignal): Promise<LibraryListing> {
  const { client, names } = account;
  const locators = await locatorsByAsset(account, signal);
  const recorded = await recordingsByAsset(account, signal);
  const wanted = search?.toLowerCase() ?? '';
  const assets: LibraryAsset[] = [];
  let more = false;
  await account.call('list the assets', signal, async (abortSignal) => {
    for await (const asset of client.assets.list(...names, { orderby: 'properties/created desc', abortSignal })) {
      if (typeof asset.name !== 'string') continue;
      if (!asset.name.toLowerCase().includes(wanted) && !(asset.description ?? '').toLowerCase().includes(wanted)) continue;
      if (assets.length >= MAX_ASSETS) {
        more = true;
        return;
      }
      assets.push(described(asset, locators, recorded));
    }
  });
  return { assets: assets.toSorted((one, other) => (other.createdAtUtc ?? '').localeCompare(one.createdAtUtc ?? '')), more };
}

/** @throws OperatorError `NO_SUCH_ASSET` */
export async function readAsset(account: ArmAccount, assetName: string, signal: AbortSignal): Promise<LibraryAsset> {
  const asset = await account.find(`read the asset “${assetName}”`, signal, async (abortSignal) => account.client.assets.get(...account.names, assetName, { abortSignal }));
  if (asset === undefined) throw new OperatorError('NO_SUCH_ASSET', `${account.subject} has no asset “${assetName}”.`, 'List what it has with `fieldcast library`.');
  const answer = await account.call(`read the addresses of “${assetName}”`, signal, async (abortSignal) => account.client.assets.listStreamingLocators(...account.names, assetName, { abortSignal }));
  const own = (Array.isArray(answer?.streamingLocators) ? answer.streamingLocators : []).flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
  return described({ ...asset, name: assetName }, new Map([[assetName.toLowerCase(), own]]), await recordingsByAsset(account, signal));
}

/** Deletes the locators: its addresses stop playing, the media stays. @returns how many there were */
export async function unpublishAsset(account: ArmAccount, assetName: string, signal: AbortSignal): Promise<number> {
  const { locators } = await readAsset(account, assetName, signal);
  for (const name of locators) {
    await account.find(`delete the streaming locator “${name}”`, signal, async (abortSignal) => account.client.streamingLocators.delete(...account.names, name, { abortSignal }));
  }
  return locators.length;
}

type Recordings = ReadonlyMap<string, NonNullable<LibraryAsset['recordedBy']>>;

function described(
  asset: { readonly name?: string; readonly created?: Date; readonly description?: string }, locators: ReadonlyMap<string, readonly string[]>, recorded: Recordings,
): LibraryAsset {
  const name = asset.name ?? '';
  const recordedBy = recorded.get(name.toLowerCase());
  return {
    name,
    locators: locators.get(name.toLowerCase()) ?? [],
    ...(asset.created instanceof Date && !Number.isNaN(asset.created.getTime()) ? { createdAtUtc: asset.created.toISOString() } : {}),
    ...(typeof asset.description === 'string' && asset.description !== '' ? { description: asset.description } : {}),
    ...(recordedBy === undefined ? {} : { recordedBy }),
  };
}

async function locatorsByAsset(account: ArmAccount, signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  await account.call('list the streaming locators', signal, async (abortSignal) => {
    let count = 0;
    for await (const { name, assetName } of account.client.streamingLocators.list(...account.names, { abortSignal })) {
      count += 1;
      if (count > MAX_LOCATORS) return;
      if (typeof name !== 'string' || typeof assetName !== 'string') continue;
      const key = assetName.toLowerCase();
      found.set(key, [...found.get(key) ?? [], name]);
    }
  });
  return found;
}

async function recordingsByAsset(account: ArmAccount, signal: AbortSignal): Promise<Recordings> {
  const found = new Map<string, { eventName: string; outputName: string }>();
  await account.call('list the live outputs', signal, async (abortSignal) => {
    let count = 0;
    for await (const event of account.client.liveEvents.list(...account.names, { abortSignal })) {
      count += 1;
      if (count > MAX_EVENTS) return;
      if (typeof event.name !== 'string') continue;
      for await (const output of account.client.liveOutputs.list(...account.names, event.name, { abortSignal })) {
        if (typeof output.name === 'string' && typeof output.assetName === 'string') found.set(output.assetName.toLowerCase(), { eventName: event.name, outputName: output.name });
      }
    }
  });
  return found;
}
