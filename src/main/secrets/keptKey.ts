// Keys that belong to a place to stream to, by the operator's name for it: from the environment, else from the store. Never from an argument.
import type { SecretStore } from './secretStore.ts';

const PREFIX = 'key/';

/** `FIELDCAST_KEY_MY_CHANNEL` for `my-channel`. */
export function keyVariableOf(name: string): string {
  return `FIELDCAST_KEY_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

/** Undefined where there is none. */
export async function keptKey(name: string, env: Readonly<Record<string, string | undefined>>, store: SecretStore): Promise<string | undefined> {
  const given = env[keyVariableOf(name)]?.trim();
  return given === undefined || given === '' ? await store.get(PREFIX + name) : given;
}

export async function keepKey(name: string, key: string, store: SecretStore): Promise<void> {
  await store.set(PREFIX + name, key);
}

export async function forgetKey(name: string, store: SecretStore): Promise<void> {
  await store.delete(PREFIX + name);
}

/** Names only. */
export async function keptKeyNames(store: SecretStore): Promise<readonly string[]> {
  return (await store.list()).filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
}
