// What is remembered about signing in beside the secrets: which identities there are and which account was chosen last. No secrets here.
import { mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf, OperatorError } from '../../../contract/errors.ts';
import { sweepDrafts, writeWhole } from '../../durable/wholeFile.ts';
import { withFileLock } from '../../secrets/fileLock.ts';
import { identitySchema } from './identity.ts';

const chosenSchema = z.object({
  /** identityKey of who it is reached as. */
  identity: z.string().max(512),
  /** Home account id, for a person. */
  accountId: z.string().max(256).optional(),
  tenantId: z.string().max(64).optional(),
  endpoint: z.string().max(512),
  subscriptionId: z.string().max(64),
  resourceGroup: z.string().max(90),
  accountName: z.string().max(64),
  location: z.string().max(64),
});
/** The Media Services account that was chosen last, and as whom. */
export type ChosenAccount = z.infer<typeof chosenSchema>;

const fileSchema = z.object({ version: z.literal(1), identities: z.array(identitySchema).max(32), chosen: chosenSchema.optional() });
export type Remembered = Omit<z.infer<typeof fileSchema>, 'version'>;

const MAX_FILE_BYTES = 256 * 1024;
const LOCK_WAIT_MS = 15_000;

export class SignInFile {
  readonly #path: string;
  readonly #warn: (sentence: string) => void;

  constructor(home: string, warn: (sentence: string) => void) {
    this.#path = path.join(home, 'sign-in.json');
    this.#warn = warn;
  }

  /** A file that cannot be understood counts as empty; it is set aside when the next one is written. */
  async read(): Promise<Remembered> {
    return (await this.#load()).remembered;
  }

  /** @throws OperatorError SIGN_IN_FILE when the folder cannot be written. */
  async change(apply: (before: Remembered) => Remembered): Promise<void> {
    try {
      await mkdir(path.dirname(this.#path), { recursive: true, mode: 0o700 });
      await withFileLock(`${this.#path}.lock`, LOCK_WAIT_MS, async () => {
        const { remembered, damaged } = await this.#load();
        if (damaged) {
          await rename(this.#path, `${this.#path}.damaged`);
          this.#warn(`${this.#path} was damaged and has been set aside as ${this.#path}.damaged.`);
        }
        await sweepDrafts(path.dirname(this.#path), this.#path);
        await writeWhole(this.#path, `${JSON.stringify(fileSchema.parse({ version: 1, ...apply(remembered) }), null, 2)}\n`);
      });
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new OperatorError('SIGN_IN_FILE', `${this.#path} cannot be written (${messageOf(error)}).`, 'Make its folder writable, or name another one in FIELDCAST_HOME.');
    }
  }

  async #load(): Promise<{ readonly remembered: Remembered; readonly damaged: boolean }> {
    const nothing: Remembered = { identities: [] };
    let handle;
    try {
      handle = await open(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { remembered: nothing, damaged: false };
      throw new OperatorError('SIGN_IN_FILE', `${this.#path} cannot be read (${messageOf(error)}).`, 'Make it readable, or name another folder in FIELDCAST_HOME.');
    }
    try {
      const found = await handle.stat();
      if (!found.isFile() || found.size > MAX_FILE_BYTES) return { remembered: nothing, damaged: true };
      const { identities, chosen } = fileSchema.parse(JSON.parse(await handle.readFile('utf8')));
      return { remembered: { identities, ...(chosen === undefined ? {} : { chosen }) }, damaged: false };
    } catch {
      return { remembered: nothing, damaged: true };
    } finally {
      await handle.close();
    }
  }
}
