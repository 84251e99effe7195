// Carries MSAL's token cache to and from a SecretStore: what one process renews or forgets, the others see at their next request.
import type { ICachePlugin, TokenCacheContext } from '@azure/msal-node';
import type { SecretStore } from '../../secrets/secretStore.ts';

/** MSAL leaves its memory as it is when it is given an empty text, so “nothing” has to be said in JSON. */
const EMPTY_CACHE = '{}';

/** A cache plugin that keeps everything under one name of `secrets`. A cache that cannot be read counts as empty. */
export function tokenCachePlugin(secrets: SecretStore, name: string): ICachePlugin {
  return {
    beforeCacheAccess: async (context: TokenCacheContext) => {
      const kept = await secrets.get(name);
      context.tokenCache.deserialize(kept !== undefined && isCache(kept) ? kept : EMPTY_CACHE);
    },
    afterCacheAccess: async (context: TokenCacheContext) => {
      if (!context.cacheHasChanged) return;
      const text = context.tokenCache.serialize();
      if (holdsAccount(text)) await secrets.set(name, text);
      else await secrets.delete(name);
    },
  };
}

function isCache(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && Object.values(value).every((part) => typeof part === 'object' && part !== null);
  } catch {
    return false;
  }
}

/** Without an account the rest is of no use, and forgetting means that nothing is left. */
function holdsAccount(text: string): boolean {
  const cache = JSON.parse(text) as { readonly Account?: Readonly<Record<string, unknown>> };
  return Object.keys(cache.Account ?? {}).length > 0;
}
