// Where other processes of this user find the engine that carries a show: `engine.json` in its home, readable by its owner alone
// (it holds the token). One engine claims it at a time; what a dead one left is taken over.
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { engineDescriptorSchema, type EngineDescriptor } from '../../contract/engine.ts';
import { writeWhole } from '../durable/wholeFile.ts';
import { isAlive } from '../secrets/fileLock.ts';

/** An upload notices a show after it at the latest, ms. */
const LOOK_EVERY_MS = 2000;

const fileOf = (home: string): string => path.join(home, 'engine.json');

/** False where another living engine of this home is found there already. One's own is replaced. */
export async function claimDescriptor(home: string, descriptor: EngineDescriptor): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await writeFile(fileOf(home), `${JSON.stringify(descriptor)}\n`, { mode: 0o600, flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      // Reading removes one that is stale.
      const found = await readDescriptor(home);
      if (found?.pid === descriptor.pid) {
        await writeWhole(fileOf(home), `${JSON.stringify(descriptor)}\n`);
        return true;
      }
      if (found !== undefined) return false;
    }
  }
  return false;
}

/** Undefined where no engine of this home is to be found. Removes what a dead engine left. */
export async function readDescriptor(home: string): Promise<EngineDescriptor | undefined> {
  const text = await readFile(fileOf(home), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = engineDescriptorSchema.safeParse(jsonOf(text));
  if (parsed.success && isAlive(parsed.data.pid)) return parsed.data;
  await rm(fileOf(home), { force: true });
  return undefined;
}

/** Removes the descriptor, if it is that of `pid`. */
export async function releaseDescriptor(home: string, pid: number): Promise<void> {
  const found = await readDescriptor(home);
  if (found?.pid === pid) await rm(fileOf(home), { force: true });
}

/**
 * Watches for a show of another engine of this home, which has the line first.
 * @param hold called when one begins; what it returns is called when it is over
 * @returns ends the watch
 */
export function watchShowElsewhere(home: string, hold: () => () => void, everyMs = LOOK_EVERY_MS): () => void {
  let release: (() => void) | undefined;
  let isOver = false;
  const look = async (): Promise<void> => {
    const found = await readDescriptor(home).catch(() => undefined);
    const isOn = found !== undefined && found.carriesShow && found.pid !== process.pid && !isOver;
    if (isOn) release ??= hold();
    else {
      release?.();
      release = undefined;
    }
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  void look();
  return () => {
    isOver = true;
    clearInterval(timer);
    release?.();
    release = undefined;
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
