// One writer at a time for a file that several processes change. A lock whose owner died is taken over; waiting is bounded.
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { OperatorError } from '../../contract/errors.ts';

/** Held for one read and one write of a small file: a lock older than this has lost its owner. */
const STALE_MS = 10_000;
const RETRY_MS = 20;

/**
 * Runs `work` while `lockPath` exists and belongs to this call.
 * @throws OperatorError SECRETS_BUSY when another process holds it for longer than `waitMs`.
 */
export async function withFileLock<T>(lockPath: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const owner = `${process.pid} ${randomUUID()}`;
  const deadline = performance.now() + waitMs;
  while (!await acquired(lockPath, owner)) {
    await removeStale(lockPath);
    if (performance.now() > deadline) {
      throw new OperatorError(
        'SECRETS_BUSY', 'Another Fieldcast process has been writing its secrets for too long.',
        `End the other process; if none runs, delete ${lockPath}.`,
      );
    }
    await new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });
  }
  try {
    return await work();
  } finally {
    // Not ours any more where this process was suspended for so long that another one took over.
    if (await contentOf(lockPath) === owner) await rm(lockPath, { force: true });
  }
}

async function acquired(lockPath: string, owner: string): Promise<boolean> {
  try {
    const file = await open(lockPath, 'wx', 0o600);
    try {
      await file.writeFile(owner);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(lockPath: string): Promise<void> {
  try {
    const owner = await contentOf(lockPath);
    const { mtimeMs } = await stat(lockPath);
    const pid = Number(owner?.split(' ')[0]);
    const orphaned = Number.isInteger(pid) && pid > 0 && !isAlive(pid);
    if (!orphaned && Date.now() - mtimeMs < STALE_MS) return;
    // Two waiters may both see it stale; a rename succeeds for one of them only, and what it moved is looked at again.
    const aside = `${lockPath}.${randomUUID()}`;
    await rename(lockPath, aside);
    const moved = await contentOf(aside);
    if (moved === owner) await rm(aside, { force: true });
    else await rename(aside, lockPath);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether a process of that id lives; also where it belongs to somebody else. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
