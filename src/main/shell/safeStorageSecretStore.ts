// Secrets of the desktop: encrypted with a key that the operating system keeps (Keychain, DPAPI, libsecret, KWallet), in a file of the app's folder.
// Where the system has no real store, nothing is kept and that is said; a key that is written in a program protects nothing.
import { OperatorError } from '../../contract/errors.ts';
import { checkSecret, type SecretStore } from '../secrets/secretStore.ts';

/** What is needed of Electron's safeStorage; to be used after the app is ready. */
export type SafeStorage = {
  isEncryptionAvailable(): boolean;
  /** Linux only: `basic_text` is Electron's name for a key that is written in the program. */
  getSelectedStorageBackend?(): string;
  encryptString(plain: string): Buffer;
  decryptString(encrypted: Buffer): string;
};

/** @param kept where the encrypted values stay (base64). */
export function createSafeStorageSecretStore(safeStorage: SafeStorage, kept: SecretStore): SecretStore {
  const isReal = (): boolean => safeStorage.isEncryptionAvailable() && safeStorage.getSelectedStorageBackend?.() !== 'basic_text';
  return {
    get persistent() { return isReal(); },
    get: async (name) => {
      const encrypted = isReal() ? await kept.get(name) : undefined;
      if (encrypted === undefined) return undefined;
      try {
        return safeStorage.decryptString(Buffer.from(encrypted, 'base64'));
      } catch {
        // The system's own message could quote what it failed on.
        throw new OperatorError('SECRETS_UNREADABLE', `The system's store no longer opens the secret “${name}”.`, 'Sign in again; the old secret is replaced.');
      }
    },
    set: async (name, value) => {
      checkSecret(name, value);
      if (!isReal()) {
        throw new OperatorError(
          'SECRETS_NO_STORE', 'This system offers no store for secrets, so nothing was kept.',
          'Install and unlock a keyring (GNOME Keyring or KWallet) and restart Fieldcast; without one, sign in again after each start.',
        );
      }
      await kept.set(name, safeStorage.encryptString(value).toString('base64'));
    },
    delete: async (name) => await kept.delete(name),
    list: async () => (isReal() ? await kept.list() : []),
  };
}
