// Secrets in one file that its owner alone can read. Not encrypted: it is used only where somebody chose it (headlessSecretStore.ts).
import { constants, type Stats } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { sweepDrafts, writeWhole } from '../durable/wholeFile.ts';
import { withFileLock } from './fileLock.ts';
import { checkSecret, type SecretStore } from './secretStore.ts';

const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_SECRETS = 256;
const LOCK_WAIT_MS = 15_000;

const fileSchema = z.object({ version: z.literal(1), secrets: z.record(z.string(), z.string()) });
type Secrets = Map<string, string>;

/**
 * A store in `file`, which is made with mode 0600 when the first secret is kept. Several processes may use it at once.
 * `warn` is told what an operator has to know: that the file was open to others, or damaged and set aside.
 * `onWrite` is called before a value is written.
 */
export function createFileSecretStore(file: string, warn: (sentence: string) => void, onWrite: () => void = () => undefined): SecretStore {
  const change = async (apply: (secrets: Secrets) => boolean): Promise<void> => {
    await explained(file, async () => await withFileLock(`${file}.lock`, LOCK_WAIT_MS, async () => {
      const secrets = await read(file, warn, true);
      if (apply(secrets)) await write(file, secrets);
    }));
  };
  return {
    persistent: true,
    get: async (name) => (await explained(file, async () => await read(file, warn, false))).get(name),
    set: async (name, value) => {
      checkSecret(name, value);
      onWrite();
      await change((secrets) => {
        if (!secrets.has(name) && secrets.size >= MAX_SECRETS) {
          throw new OperatorError('SECRETS_FULL', `${file} holds ${MAX_SECRETS} secrets already.`, 'Sign out of accounts that you no longer use.');
        }
        const changed = secrets.get(name) !== value;
        secrets.set(name, value);
        return changed;
      });
    },
    delete: async (name) => await change((secrets) => secrets.delete(name)),
    list: async () => [...(await explained(file, async () => await read(file, warn, false))).keys()].sort(),
  };
}

/** Only the holder of the lock may set a damaged file aside: to others it may merely be in the making. */
async function read(file: string, warn: (sentence: string) => void, locked: boolean): Promise<Secrets> {
  const text = await readPrivate(file, warn);
  if (text === undefined) return new Map();
  const secrets = parse(text);
  if (secrets !== undefined) return secrets;
  if (!locked) {
    return await withFileLock(`${file}.lock`, LOCK_WAIT_MS, async () => await read(file, warn, true));
  }
  const aside = `${file}.damaged`;
  await rename(file, aside);
  warn(`${file} is damaged and cannot be read; it was set aside as ${aside}. Sign in again, then delete that file: it may still hold secrets.`);
  return new Map();
}

function parse(text: string): Secrets | undefined {
  try {
    const { secrets } = fileSchema.parse(JSON.parse(text));
    return new Map(Object.entries(secrets));
  } catch {
    // The parser's own message quotes the text, so it goes no further.
    return undefined;
  }
}

async function readPrivate(file: string, warn: (sentence: string) => void): Promise<string | undefined> {
  let handle;
  try {
    handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const found = await handle.stat();
    refuseForeign(file, found);
    if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
      await handle.chmod(0o600);
      warn(`${file} could be read by other users of this computer; that has been put right. If the computer is shared, sign out and in again.`);
    }
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

function refuseForeign(file: string, found: Stats): void {
  if (!found.isFile()) throw new OperatorError('SECRETS_UNUSABLE', `${file} is not an ordinary file.`, 'Remove it, then sign in again.');
  if (process.getuid !== undefined && found.uid !== process.getuid()) {
    throw new OperatorError('SECRETS_UNUSABLE', `${file} belongs to another user of this computer.`, 'Use a FIELDCAST_HOME of your own.');
  }
  if (found.size > MAX_FILE_BYTES) {
    throw new OperatorError('SECRETS_UNUSABLE', `${file} is larger than any file that Fieldcast writes.`, 'Remove it, then sign in again.');
  }
}

/** Called by the holder of the lock alone. */
async function write(file: string, secrets: Secrets): Promise<void> {
  // A crash in the middle leaves a file that may hold what is to be forgotten now.
  await sweepDrafts(path.dirname(file), file);
  await writeWhole(file, JSON.stringify({ version: 1, secrets: Object.fromEntries([...secrets].sort(([a], [b]) => (a < b ? -1 : 1))) }));
}

async function explained<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') {
      throw new OperatorError('SECRETS_UNUSABLE', `${file} is a link, and secrets are not written through links.`, 'Remove it, then sign in again.');
    }
    throw new OperatorError('SECRETS_UNUSABLE', `${file} cannot be used (${messageOf(error)}).`, 'Make its folder writable, or name another one in FIELDCAST_HOME.');
  }
}
