// What a show has created, written down before it is used, so that a crash can be taken up again or cleaned away.
// Files are 0600: a plan may hold a stream key.
import { isDeepStrictEqual } from 'node:util';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { showPlanSchema } from '../../contract/plan.ts';
import { showStateSchema } from '../../contract/report.ts';
import { sweepDrafts, writeWhole } from '../durable/wholeFile.ts';

export const operationTraceSchema = z.object({ attempt: z.string(), token: z.string().optional() });

const createdSchema = z.object({
  eventName: z.string().optional(),
  /** 32 hex digits, chosen by us, so that the ingest URL survives a stop and start. */
  accessToken: z.string().optional(),
  /** True from before the create call: only then may the event be deleted by us. */
  ownsEvent: z.boolean().default(false),
  /** True from before the start call: only then may the event be stopped by us. */
  startedEvent: z.boolean().default(false),
  timelineZeroUtcSeconds: z.int().optional(),
  /** True from before the public output was asked for. */
  publishedOutput: z.boolean().default(false),
  outputName: z.string().optional(),
  assetName: z.string().optional(),
  manifestName: z.string().optional(),
});

const journalSchema = z.object({
  version: z.literal(1),
  showId: z.string(),
  startedAtUtc: z.string(),
  state: showStateSchema,
  plan: showPlanSchema,
  created: createdSchema,
  /** The long operation under way, for `resumeFrom`. One of an earlier form is left aside: then the state of the resource says how far it came. */
  operation: operationTraceSchema.optional().catch(undefined),
});
export type Journal = z.infer<typeof journalSchema>;

/** Finished journals that are kept for the record. */
const KEPT_FINISHED = 50;

export class JournalStore {
  readonly #dir: string;

  constructor(home: string) {
    this.#dir = path.join(home, 'shows');
  }

  async write(journal: Journal): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await writeWhole(this.#file(journal.showId), `${JSON.stringify(journal, null, 1)}\n`);
  }

  async read(showId: string): Promise<Journal | undefined> {
    if (!/^[0-9a-f-]{1,64}$/.test(showId)) return undefined;
    return this.#parse(this.#file(showId));
  }

  /** Every show on record, newest first. */
  async list(): Promise<Journal[]> {
    return this.#all();
  }

  /** Shows that neither ended nor failed cleanly, newest first. */
  async unfinished(): Promise<Journal[]> {
    const journals = await this.#all();
    return journals.filter((journal) => journal.state !== 'ended' && journal.state !== 'failed');
  }

  /**
   * A show that joins an event is answerable for it from then on: what earlier shows of this home have left open on the same event needs no
   * taking up any more.
   */
  async supersede({ showId, plan, created }: Journal): Promise<void> {
    const same = (await this.unfinished()).filter((one) => one.showId !== showId && one.created.eventName === created.eventName && isDeepStrictEqual(one.plan.destination, plan.destination));
    for (const one of same) await this.write({ ...one, state: 'ended' });
  }

  /** Removes the oldest finished journals beyond the number that is kept, and drafts that a crash has left. */
  async prune(): Promise<void> {
    await sweepDrafts(this.#dir);
    const finished = (await this.#all()).filter((journal) => journal.state === 'ended' || journal.state === 'failed');
    await Promise.all(finished.slice(KEPT_FINISHED).map(async (journal) => rm(this.#file(journal.showId), { force: true })));
  }

  async #all(): Promise<Journal[]> {
    const names = await readdir(this.#dir).catch(() => []);
    const read = await Promise.all(names.filter((name) => name.endsWith('.json')).map(async (name) => this.#parse(path.join(this.#dir, name))));
    return read.filter((journal) => journal !== undefined).sort((a, b) => b.startedAtUtc.localeCompare(a.startedAtUtc));
  }

  /** A journal that cannot be read is left where it is: it may be the only trace of a running event. */
  async #parse(file: string): Promise<Journal | undefined> {
    try {
      return journalSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    } catch {
      return undefined;
    }
  }

  #file(showId: string): string {
    return path.join(this.#dir, `${showId}.json`);
  }
}
