// Files that are there whole or not at all, also after a crash or a power cut: written under a draft's name, synced, renamed.
// Knows nothing of what is in them.
import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

const DRAFT = /\.[0-9a-f]{12}\.draft$/;
/** The owner's alone: most of these files hold a key, or where one is. */
const PRIVATE = 0o600;

/** Name under which a file is written before it is complete; what a crash leaves under such a name {@link sweepDrafts} removes. */
export function draftOf(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}.draft`;
}

/** Whether a file of this name is a draft, of whichever file. */
export function isDraft(name: string): boolean {
  return DRAFT.test(name);
}

/** Replaces `file` by this content in one moment. @throws what the file system says; `file` is then as it was, and no draft is left. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const draft = draftOf(file);
  await writeNew(draft, async (handle) => handle.writeFile(content));
  await putInPlace(draft, file);
}

/** Writes a file that is not there yet and syncs it; removes it where `fill` fails. The folder is not synced. */
export async function writeNew<T>(file: string, fill: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(file, 'wx', PRIVATE);
  try {
    const result = await fill(handle);
    await handle.sync();
    return result;
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** The one moment at which a file changes: before it the old content is whole, behind it the new one. Removes the draft where that fails. */
export async function putInPlace(draft: string, file: string): Promise<void> {
  try {
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Makes renames in a folder durable. Windows opens no folders; there the rename is durable with the next journal commit. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Undefined where there is no such file. @throws what else the file system says */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes what crashes have left half written: of `file` alone where it is given, else of all files in the folder. Nobody may be writing one. */
export async function sweepDrafts(folder: string, file = ''): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  const left = names.filter((name) => isDraft(name) && (file === '' || name.replace(DRAFT, '') === path.basename(file)));
  await Promise.all(left.map(async (name) => rm(path.join(folder, name), { force: true })));
}
