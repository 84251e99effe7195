// Answers the origin's question what a locator shows, from the store.
import { allowedBy, assetDirOf } from './arm/channelWork.ts';
import { optionsOf } from './keys/keyPolicy.ts';
import { DEFAULT_ENDPOINT } from './arm/streamingEndpointRoutes.ts';
import { offeredPolicy } from './arm/streamingPolicies.ts';
import type { LocatorDirectory, LocatorFilters, LocatorTarget } from './mediaPlane.ts';
import { encryptionWith } from './keys/contentKeys.ts';
import type { Store } from './store.ts';

/** A directory over the store. Asset locators need the streaming endpoint to run; previews need their event to run. */
export function createLocatorDirectory(store: Store, assetsDir: string): LocatorDirectory {
  // An asset's own filter goes before one of the account.
  const filtersOf = (assetName: string): LocatorFilters['named'] => (name) =>
    (assetName === '' ? undefined : store.filters.find({ asset_name: assetName, name })) ?? store.filters.find({ asset_name: '', name });
  return {
    resolve(locatorId: string): LocatorTarget | undefined {
      const event = store.liveEvents.find({ preview_locator: locatorId });
      if (event !== undefined) {
        const { name, resourceState, preview } = event;
        return resourceState === 'Running' ? { kind: 'preview', eventName: name, allow: allowedBy(preview.accessControl), filters: { own: [], named: filtersOf('') } } : undefined;
      }
      const locator = store.locators.find({ locator_id: locatorId });
      if (locator === undefined || store.endpoints.find({ name: DEFAULT_ENDPOINT })?.resourceState !== 'Running') return undefined;
      const asset = store.assets.find({ name: locator.assetName });
      const policy = asset && offeredPolicy({ store }, locator.streamingPolicyName);
      if (asset === undefined || policy?.streaming !== true) return undefined;
      const keyUrl = policy.keyUrlTemplate?.replaceAll('{ContentKeyId}', locator.contentKey?.id ?? '').replaceAll('{AssetAlternativeId}', encodeURIComponent(asset.alternateId ?? ''));
      const named = filtersOf(asset.name);
      const own = locator.filters.map(named).filter((one) => one !== undefined);
      return {
        filters: { own: own.length === locator.filters.length ? own : undefined, named },
        kind: 'asset', assetName: asset.name, assetDir: assetDirOf(assetsDir, asset),
        startTime: dateOf(locator.startTime), endTime: dateOf(locator.endTime),
        encryption: locator.contentKey ? { ...encryptionWith(locator.contentKey), ...(keyUrl === undefined ? {} : { keyUrl }) } : undefined,
      };
    },
    contentKey(keyId: string) {
      const locator = store.locators.find({ key_id: keyId });
      const policy = locator?.contentKeyPolicyName ? store.contentKeyPolicies.find({ name: locator.contentKeyPolicyName }) : undefined;
      return locator?.contentKey && policy !== undefined ? { ...locator.contentKey, options: optionsOf(policy) } : undefined;
    },
  };
}

function dateOf(iso: string | null): Date | undefined {
  return iso === null ? undefined : new Date(iso);
}
