// What is known of an upload across restarts: one small file each. The blocks that have arrived stand nowhere here: the storage knows them.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { OperatorError } from '../../contract/errors.ts';
import { protectionNameSchema, protectionSchema, replacedStreamSchema, uploadDestinationSchema, uploadEncodingSchema, uploadFailureSchema, uploadLimitSchema, uploadResultSchema, uploadStateSchema } from '../../contract/upload.ts';
import { sweepDrafts, writeWhole } from '../durable/wholeFile.ts';

const recordSchema = z.object({
  version: z.literal(1),
  id: z.string().regex(/^[0-9a-f-]{36}$/),
  addedAtUtc: z.string(),
  path: z.string(),
  destination: uploadDestinationSchema,
  /** Missing in records of earlier versions. */
  encode: uploadEncodingSchema.default('none'),
  publish: z.boolean(),
  /** Missing in records of earlier versions. */
  protection: protectionSchema.default('none'),
  policy: protectionNameSchema.optional(),
  replaces: replacedStreamSchema.optional(),
  assetName: z.string(),
  state: uploadStateSchema,
  failure: uploadFailureSchema.optional(),
  result: uploadResultSchema.optional(),
});
export type UploadRecord = z.infer<typeof recordSchema>;

/** Name of the file that holds the limit; no record ends like it. */
const LIMIT = 'limit';
/** Finished uploads that are kept for the record. */
const KEPT_FINISHED = 100;
const FINISHED = new Set<UploadRecord['state']>(['done', 'cancelled']);

export class UploadJournal {
  readonly #dir: string;

  constructor(home: string) {
    this.#dir = path.join(home, 'uploads');
  }

  /** Oldest first. A file that cannot be read is left where it is. */
  async list(): Promise<UploadRecord[]> {
    const records: UploadRecord[] = [];
    for (const name of await readdir(this.#dir).catch(() => [])) {
      if (!name.endsWith('.json')) continue;
      const parsed = await readFile(path.join(this.#dir, name), 'utf8').then((text) => recordSchema.safeParse(JSON.parse(text)).data, () => undefined);
      if (parsed) records.push(parsed);
    }
    return records.sort((one, other) => (one.addedAtUtc < other.addedAtUtc ? -1 : 1));
  }

  /** What the operator lets uploads take of the line, kbit/s; null where nothing was said. */
  async readLimit(): Promise<number | null> {
    return readFile(path.join(this.#dir, LIMIT), 'utf8').then((text) => uploadLimitSchema.catch(null).parse(JSON.parse(text)), () => null);
  }

  async writeLimit(kbps: number | null): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await writeWhole(path.join(this.#dir, LIMIT), JSON.stringify(kbps));
  }

  async write(record: UploadRecord): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await writeWhole(path.join(this.#dir, `${record.id}.json`), `${JSON.stringify(record, null, 1)}\n`);
  }

  /** Forgets the oldest finished uploads, and what a crash left half written. */
  async prune(): Promise<void> {
    const finished = (await this.list()).filter(({ state }) => FINISHED.has(state));
    const stale = finished.slice(0, Math.max(0, finished.length - KEPT_FINISHED)).flatMap(({ id }) => [`${id}.json`, `${id}.lock`]);
    await Promise.all(stale.map(async (name) => rm(path.join(this.#dir, name), { force: true })));
    await sweepDrafts(this.#dir);
  }

  /**
   * Makes this process the only one that works on an upload, until it gives the lock back or dies: the lock is the operating system's.
   * @throws OperatorError UPLOAD_BUSY
   */
  async lock(id: string): Promise<() => void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const db = new DatabaseSync(path.join(this.#dir, `${id}.lock`), { timeout: 0 });
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      throw new OperatorError('UPLOAD_BUSY', 'Another Fieldcast is working on this upload.', 'Follow it there, or end that one first.', { cause: error });
    }
    return () => db.close();
  }
}
