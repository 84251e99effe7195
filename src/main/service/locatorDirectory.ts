// Answers the origin's question what a locator shows, from the store.
import { allowedBy, assetDirOf } from './arm/channelWork.ts';
import { optionsOf } from './keys/keyPolicy.ts';
import { DEFAULT_ENDPOINT } from './arm/streamingEndpointRoutes.ts';
import { offeredPolicy } from './arm/streamingPolicies.ts';
import type { LocatorDirectory, LocatorTarget } from './mediaPlane.ts';
import { encryptionWith } from './keys/contentKeys.ts';
import type { Store } from './store.ts';

/** A directory over the store. Asset locators need the streaming endpoint to run; previews need their event to run. */
export function createLocatorDirectory(store: Store, assetsDir: string): LocatorDirectory {
  return {
    resolve(locatorId: string): LocatorTarget | undefined {
      const event = store.liveEvents.find({ preview_locator: locatorId });
      if (event !== undefined) return event.resourceState === 'Running' ? { kind: 'preview', eventName: event.name, allow: allowedBy(event.preview.accessControl) } : undefined;
      const locator = store.locators.find({ locator_id: locatorId });
      if (locator === undefined || store.endpoints.find({ name: DEFAULT_ENDPOINT })?.resourceState !== 'Running') return undefined;
      const asset = store.assets.find({ name: locator.assetName });
      if (asset === undefined || !offeredPolicy(locator.streamingPolicyName).streaming) return undefined;
      return {
        kind: 'asset', assetName: asset.name, assetDir: assetDirOf(assetsDir, asset),
        startTime: dateOf(locator.startTime), endTime: dateOf(locator.endTime),
        encryption: locator.contentKey ? encryptionWith(locator.contentKey) : undefined,
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
