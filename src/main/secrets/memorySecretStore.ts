// Secrets that live as long as the process. What is used where nobody has chosen a place to keep them.
import { checkSecret, type SecretStore } from './secretStore.ts';

/** A store that forgets everything when the process ends. */
export function createMemorySecretStore(): SecretStore {
  const values = new Map<string, string>();
  return {
    persistent: false,
    get: async (name) => values.get(name),
    set: async (name, value) => {
      checkSecret(name, value);
      values.set(name, value);
    },
    delete: async (name) => {
      values.delete(name);
    },
    list: async () => [...values.keys()].sort(),
  };
}
