// Where secrets are kept when there is no desktop app: nowhere, unless the operator has chosen a file.
import path from 'node:path';
import { OperatorError } from '../../contract/errors.ts';
import { createFileSecretStore } from './fileSecretStore.ts';
import { createMemorySecretStore } from './memorySecretStore.ts';
import type { SecretStore } from './secretStore.ts';

export type HeadlessSecrets = {
  readonly home: string;
  /** `FIELDCAST_SECRETS` or the flag of the command line. Without it nothing is kept beyond the process. */
  readonly choice: string | undefined;
  readonly warn: (sentence: string) => void;
};

/** @throws OperatorError SECRETS_CHOICE for a place that does not exist. */
export function openHeadlessSecretStore({ home, choice, warn }: HeadlessSecrets): SecretStore {
  switch (choice) {
    case undefined:
    case '':
    case 'memory':
      return createMemorySecretStore();
    case 'file': {
      const file = path.join(home, 'secrets.json');
      let warned = false;
      return createFileSecretStore(file, warn, () => {
        if (!warned) warn(`Secrets are kept unencrypted in ${file}; whoever can read your files, or a backup of them, can use your accounts.`);
        warned = true;
      });
    }
    default:
      throw new OperatorError('SECRETS_CHOICE', `“${choice}” is no place to keep secrets.`, 'Use `file` or `memory`.');
  }
}
