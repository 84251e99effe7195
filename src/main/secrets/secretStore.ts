// What every keeper of secrets offers, wherever it keeps them: a file here, the operating system's store in the desktop app.
// Values pass through it and nowhere else: no implementation logs one or puts one into an error.
import { OperatorError } from '../../contract/errors.ts';

/** Secrets by name. Every method may reject with an OperatorError whose code begins with SECRET. */
export interface SecretStore {
  /** False where everything is forgotten when the process ends. */
  readonly persistent: boolean;
  get(name: string): Promise<string | undefined>;
  set(name: string, value: string): Promise<void>;
  /** Forgets the value; a name that is not there is no error. */
  delete(name: string): Promise<void>;
  /** Names only, sorted. */
  list(): Promise<readonly string[]>;
}

/** A token cache of some ten accounts is about 100 KiB. */
const MAX_SECRET_BYTES = 512 * 1024;
const NAME = /^[a-z0-9][a-z0-9._/-]{0,127}$/;

/** @throws OperatorError SECRET_NAME, SECRET_TOO_LARGE: mistakes of the program rather than of an operator. */
export function checkSecret(name: string, value?: string): void {
  if (!NAME.test(name)) {
    throw new OperatorError('SECRET_NAME', 'A secret was to be kept under a name that no store accepts.', 'Please report this with the steps that led to it.');
  }
  if (value !== undefined && Buffer.byteLength(value) > MAX_SECRET_BYTES) {
    throw new OperatorError(
      'SECRET_TOO_LARGE', `The secret “${name}” is larger than ${MAX_SECRET_BYTES / 1024} KiB and was not kept.`,
      'Sign out of accounts that you no longer use, then try again.',
    );
  }
}
