// Files that a browser hands over as bytes, because it tells nobody where they lie: kept below the home until their upload is over. Each is
// appended to in order, so that a transfer goes on where it was, whatever interrupted it.
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import type { DroppedFile, ReceivedFile } from '../../contract/upload.ts';

/** Bytes that one request may bring. */
export const MAX_DROP_PIECE_BYTES = 16 * 1024 * 1024;
/** Is left free for everything else on the disk. */
const LEAVE_FREE_BYTES = 1024 ** 3;
/** A transfer that nobody has gone on with is forgotten after this. */
const FORGET_MS = 7 * 86_400_000;
const FOLDER = 'drops';

export type DropFacts = { readonly freeBytes: (dir: string) => Promise<number>; readonly nowMs: () => number };

export class DroppedFiles {
  readonly #dir: string;
  readonly #facts: DropFacts;
  /** Of transfers that were begun in this process, by id. */
  readonly #known = new Map<string, { readonly file: string; readonly sizeBytes: number }>();
  readonly #busy = new Set<string>();

  /** @param home FIELDCAST_HOME */
  constructor(home: string, facts: Partial<DropFacts> = {}) {
    this.#dir = path.join(home, FOLDER);
    this.#facts = { freeBytes: freeBytesOf, nowMs: () => Date.now(), ...facts };
  }

  /** Where the file comes to lie, and how much of it is there already. @throws OperatorError `DISK_FULL`, `DROP_UNWRITABLE` */
  async begin({ name, sizeBytes, modifiedMs }: DroppedFile): Promise<ReceivedFile> {
    const id = createHash('sha256').update(JSON.stringify([name, sizeBytes, modifiedMs])).digest('hex').slice(0, 32);
    const file = path.join(this.#dir, id, safeName(name));
    try {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      await (await open(file, 'a', 0o600)).close();
      const { size } = await stat(file);
      const free = await this.#facts.freeBytes(this.#dir);
      if (free - (sizeBytes - size) < LEAVE_FREE_BYTES) {
        throw new OperatorError('DISK_FULL', `“${name}” does not fit on this computer: it has to lie here until it has been sent.`, 'Free some space, or enter the path of the file instead: then nothing is copied.');
      }
      this.#known.set(id, { file, sizeBytes });
      return { id, path: file, receivedBytes: size };
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new OperatorError('DROP_UNWRITABLE', `“${name}” cannot be kept on this computer: ${messageOf(error)}.`, 'Check the folder of Fieldcast and its disk.', { cause: error });
    }
  }

  /**
   * Adds a piece. What has arrived of one that breaks off stays.
   * @returns the bytes that are there, or undefined for a transfer that was not begun here. A piece that does not fit on to them changes nothing.
   */
  async append(id: string, offset: number, body: AsyncIterable<Uint8Array>): Promise<number | undefined> {
    const known = this.#known.get(id);
    if (known === undefined) return undefined;
    if (this.#busy.has(id)) return (await stat(known.file)).size;
    this.#busy.add(id);
    try {
      const handle = await open(known.file, 'a');
      try {
        let { size } = await handle.stat();
        if (size !== offset) return size;
        const limit = Math.min(known.sizeBytes, offset + MAX_DROP_PIECE_BYTES);
        for await (const piece of body) {
          if (size + piece.length > limit) return size;
          await handle.writeFile(piece);
          size += piece.length;
        }
        return size;
      } finally {
        await handle.close();
      }
    } finally {
      this.#busy.delete(id);
    }
  }

  /** Forgets the file of an upload that is over; a path elsewhere is left alone. */
  async remove(file: string): Promise<void> {
    const id = path.basename(path.dirname(file));
    if (path.dirname(path.dirname(file)) !== this.#dir) return;
    this.#known.delete(id);
    await rm(path.join(this.#dir, id), { recursive: true, force: true });
  }

  /** Forgets what no upload needs and nobody has gone on with for a week. @param needed paths of uploads that are not over */
  async sweep(needed: ReadonlySet<string>): Promise<void> {
    const kept = new Set([...needed].map((file) => path.basename(path.dirname(file))));
    for (const id of await readdir(this.#dir).catch(() => [])) {
      if (kept.has(id)) continue;
      const folder = path.join(this.#dir, id);
      const newest = await Promise.all([folder, ...(await readdir(folder).catch(() => [])).map((name) => path.join(folder, name))].map(async (one) => stat(one).then(({ mtimeMs }) => mtimeMs, () => 0)));
      if (this.#facts.nowMs() - Math.max(...newest) > FORGET_MS) await rm(folder, { recursive: true, force: true });
    }
  }
}

async function freeBytesOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

/** The file's own name, which assets and streams are named after; nothing in it leads elsewhere or is hidden. */
function safeName(name: string): string {
  const safe = name.replaceAll(/[/\\:*?"<>|\p{Cc}]/gu, '-').replace(/^\.+/, '_').slice(-200).trim();
  return safe === '' ? 'file' : safe;
}
