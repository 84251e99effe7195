// The assets of one account as the uploader needs them: a place to put files, and a public address for what can be streamed.
import type { ListPathsResponse } from '@azure/arm-mediaservices';
import { waitFor } from './abortableWait.ts';
import type { ArmAccount } from './armAccount.ts';
import { listAssets, readAsset, unpublishAsset } from './assetListing.ts';
import { cancelEncoding, encodeAsset } from './assetEncoding.ts';
import { CLEAR_KEY_STREAMING_POLICY, ensureKeyPolicy, signTestToken } from './contentProtection.ts';
import type { MediaLibrary, PublicationChoice, PublishOptions } from './liveService.ts';
import type { AssetPlayback } from '../../contract/upload.ts';
import { OperatorError } from '../../contract/errors.ts';
import { listFilters, putFilter, removeFilter } from './mediaFilters.ts';
import { listedPaths, withFormat } from './playbackUrls.ts';
import { listProtections, locatorProtection, putProtection, removeProtection } from './protection/protections.ts';
import { ensureAsset, ensureLocator, moveLocator, runningEndpointHost } from './publication.ts';

/** Documented: less than 24 hours. Long enough that a large file is seldom interrupted by a renewal. */
const SAS_LIFE_MS = 4 * 3_600_000;
const LOOK_EVERY_MS = 500;

export function createMediaLibrary(account: ArmAccount): MediaLibrary {
  return {
    ensureAsset: async (assetName, signal) => ensureAsset(account, assetName, signal),
    deleteAsset: async (assetName, signal) => {
      await account.find(`delete the asset “${assetName}”`, signal, async (abortSignal) => account.client.assets.delete(...account.names, assetName, { abortSignal }));
    },
    listAssets: async (search, signal) => listAssets(account, search, signal),
    readAsset: async (assetName, signal) => readAsset(account, assetName, signal),
    unpublishAsset: async (assetName, signal) => unpublishAsset(account, assetName, signal),
    writableContainer: async (assetName, signal) => writableContainer(account, assetName, signal),
    encodeAsset: async (encode) => encodeAsset(account, encode),
    cancelEncoding: async (presetName, jobName, signal) => cancelEncoding(account, presetName, jobName, signal),
    publishAsset: async (assetName, choice, options) => publishAsset(account, assetName, choice, options),
    addresses: async (assetName, options) => publicAddresses(account, assetName, options),
    moveAddresses: async (from, to, options) => {
      options.onProgress('Moving the public addresses.');
      await moveLocator(account, from, to, options.signal);
      return addressesOf(account, to, undefined, options);
    },
    listFilters: async (scope, signal) => listFilters(account, scope, signal),
    putFilter: async (scope, name, form, signal) => putFilter(account, scope, name, form, signal),
    removeFilter: async (scope, name, evenIfUsed, signal) => removeFilter(account, scope, name, evenIfUsed, signal),
    listProtections: async (signal) => listProtections(account, signal),
    putProtection: async (name, form, secrets, signal) => putProtection(account, name, form, secrets, signal),
    removeProtection: async (name, signal) => removeProtection(account, name, signal),
    testToken: async (assetName, lifeSeconds, signal) => signTestToken(account, assetName, lifeSeconds, signal),
  };
}

async function writableContainer(account: ArmAccount, assetName: string, signal: AbortSignal): Promise<string> {
  const attempt = `open the asset “${assetName}” for writing`;
  const answer = await account.call(attempt, signal, async (abortSignal) => account.client.assets.listContainerSas(...account.names, assetName, {
    permissions: 'ReadWrite', expiryTime: new Date(Date.now() + SAS_LIFE_MS),
  }, { abortSignal }));
  const [url] = Array.isArray(answer?.assetContainerSasUrls) ? answer.assetContainerSasUrls : [];
  if (typeof url !== 'string' || !URL.canParse(url)) throw account.unexpected(attempt, 'no container address');
  account.secrets.add(new URL(url).searchParams.get('sig'));
  return url;
}

/** @throws OperatorError NOT_STREAMABLE where the service finds nothing in the asset that it could stream. */
async function publishAsset(account: ArmAccount, assetName: string, { protection, policy, filters }: PublicationChoice, options: PublishOptions): Promise<AssetPlayback> {
  options.onProgress('Making it public.');
  const locked = policy !== undefined ? await locatorProtection(account, policy, options.signal)
    : protection === 'none' ? undefined : { streamingPolicyName: CLEAR_KEY_STREAMING_POLICY, keyPolicyName: await ensureKeyPolicy(account, protection, options.signal) };
  await ensureLocator(account, { assetName }, options.signal, { protection: locked, filters });
  return addressesOf(account, assetName, locked, options);
}

async function addressesOf(account: ArmAccount, assetName: string, locked: object | undefined, options: PublishOptions): Promise<AssetPlayback> {
  const host = await runningEndpointHost(account, options);
  const base = account.settings.playbackBase ?? `https://${host}`;
  // A service may need a moment to list what lies in a new locator's asset.
  const deadline = performance.now() + (options.settleMs ?? account.pace.settleMs);
  for (;;) {
    const paths = await account.call('list the playback paths', options.signal, async (abortSignal) =>
      account.client.streamingLocators.listPaths(...account.names, assetName, { abortSignal }));
    const urls = locked === undefined ? listedUrls(base, paths) : encryptedUrls(base, paths);
    if (urls !== undefined) return urls;
    if (performance.now() > deadline) break;
    await waitFor(LOOK_EVERY_MS, options.signal);
  }
  throw new OperatorError(
    'NOT_STREAMABLE', `${account.subject} has all files of “${assetName}”, but finds nothing in them that it could stream.`,
    'Have several sizes made of it when you upload it (`--encode adaptive`), or upload a set that is made for streaming (a finished archive of a live event, or files with an .ism manifest).',
  );
}

/** @throws OperatorError `NO_SUCH_ASSET`, `NOT_PUBLIC`, `NOT_STREAMABLE` */
async function publicAddresses(account: ArmAccount, assetName: string, options: PublishOptions): Promise<AssetPlayback> {
  const { locators } = await readAsset(account, assetName, options.signal);
  if (locators.length === 0) throw new OperatorError('NOT_PUBLIC', `“${assetName}” has no public address.`, 'Make it public first.');
  const base = account.settings.playbackBase ?? `https://${await runningEndpointHost(account, options)}`;
  for (const name of locators) {
    const paths = await account.call('list the playback paths', options.signal, async (abortSignal) => account.client.streamingLocators.listPaths(...account.names, name, { abortSignal }));
    const urls = listedUrls(base, paths) ?? encryptedUrls(base, paths);
    if (urls !== undefined) return urls;
  }
  throw new OperatorError('NOT_STREAMABLE', `${account.subject} finds nothing in “${assetName}” that it could stream.`, 'Have something made of it (`--encode adaptive`), or delete it.');
}

/**
 * HLS for FairPlay or with AES-128, which DASH has not outside one vendor's player; DASH for PlayReady and Widevine. Undefined where the
 * service lists neither.
 */
function encryptedUrls(base: string, paths: ListPathsResponse | undefined): AssetPlayback | undefined {
  const first = (protocol: string, format: string, schemes: readonly string[]): string | undefined => {
    const listed = schemes.flatMap((scheme) => listedPaths(paths, scheme, protocol));
    const path = listed.find((one) => one.includes(format)) ?? listed[0];
    return path === undefined ? undefined : base.replace(/\/+$/, '') + path;
  };
  const hls = first('Hls', 'm3u8-cmaf', ['CommonEncryptionCbcs', 'EnvelopeEncryption']);
  const dash = first('Dash', 'mpd-time-cmaf', ['CommonEncryptionCenc']);
  return hls === undefined && dash === undefined ? undefined : { ...(hls === undefined ? {} : { hls }), ...(dash === undefined ? {} : { dash }) };
}

/** Of the first clear manifest; undefined where none is listed. */
function listedUrls(base: string, paths: ListPathsResponse | undefined): AssetPlayback | undefined {
  const manifest = listedPaths(paths, 'NoEncryption')[0]?.replace(/\(format=[^)]*\).*$/i, '');
  if (manifest === undefined) return undefined;
  const root = base.replace(/\/+$/, '') + manifest;
  return { hls: withFormat(root, 'm3u8-cmaf'), dash: withFormat(root, 'mpd-time-cmaf') };
}
