// The two secrets with which container signatures are made and checked, as a storage account has two keys. They never leave the store.
import { randomBytes } from 'node:crypto';
import type { Store } from '../store.ts';

/** Made at their first use. */
export function blobKeys(store: Store): readonly [string, string] {
  const key = (name: string): string => store.settingOr(name, () => randomBytes(32).toString('base64url'));
  return [key('blobKey1'), key('blobKey2')];
}
