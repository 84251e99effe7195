// Keys and certificates of content protection, kept by name in the store of secrets. Values go to the service that needs them, never to a client.
import type { SecretStore } from '../secrets/secretStore.ts';

export type ProtectionSecretStore = {
  /** Those of the names that are kept. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  names(): Promise<readonly string[]>;
  /** Without a value it is forgotten. */
  keep(name: string, value: string | undefined): Promise<void>;
};

const PREFIX = 'protection/';

export function createProtectionSecrets(store: SecretStore): ProtectionSecretStore {
  return {
    async read(names) {
      const values = new Map<string, string>();
      for (const name of names) {
        const value = await store.get(PREFIX + name);
        if (value !== undefined) values.set(name, value);
      }
      return values;
    },
    names: async () => (await store.list()).filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length)),
    keep: async (name, value) => (value === undefined ? store.delete(PREFIX + name) : store.set(PREFIX + name, value)),
  };
}
