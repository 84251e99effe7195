// Long operations on events and streaming endpoints outside a show, written down before they are asked for, so that the same wish takes up
// after a crash what was begun. One small file each. It asks nothing of a service by itself.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { UnfinishedOperation } from '../../contract/engine.ts';
import { endpointChangeSchema } from '../../contract/eventSettings.ts';
import { destinationSchema, type Destination } from '../../contract/plan.ts';
import type { OperationOptions } from '../cloud/liveService.ts';
import { mayGoOn } from '../cloud/serviceFault.ts';
import { sweepDrafts, writeWhole } from '../durable/wholeFile.ts';
import { operationTraceSchema } from './journal.ts';

const wishSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), name: z.string(), action: z.enum(['stop', 'standBy', 'reset', 'delete']) }),
  /** `change.run` says what the endpoint did before, where it is not to be changed. */
  z.object({ kind: z.literal('endpoint'), change: endpointChangeSchema }),
]);
export type OperationWish = z.infer<typeof wishSchema>;

const recordSchema = z.object({ version: z.literal(1), destination: destinationSchema, account: z.string(), wish: wishSchema, beganAtUtc: z.iso.datetime(), trace: operationTraceSchema.optional() });
type OperationRecord = z.infer<typeof recordSchema>;

/** Services forget operations after some days; what is older says nothing any more. */
const KEPT_MS = 7 * 24 * 3_600_000;
const MAX_RECORD_BYTES = 64 * 1024;

/** The resource that is worked on: `account` tells apart what `arm` means at different times. */
export type OperationPlace = { readonly destination: Destination; readonly account: string };

export class OperationBook {
  readonly #dir: string;
  readonly #nowUtcMs: () => number;

  constructor(home: string, nowUtcMs = Date.now) {
    this.#dir = path.join(home, 'operations');
    this.#nowUtcMs = nowUtcMs;
  }

  /**
   * Carries out a wish with the trace of what an earlier process began of it. A change of an endpoint takes with it what an unfinished
   * earlier one still had to do. The record stays only where the operation may still come about.
   */
  async carryOut<W extends OperationWish, T>(place: OperationPlace, wish: W, options: Pick<OperationOptions, 'signal'>, work: (wish: W, options: OperationOptions) => Promise<T>): Promise<T> {
    const file = this.#fileOf(place, wish);
    const earlier = await this.#read(file);
    const merged = withEarlier(wish, earlier?.wish);
    const resumeFrom = earlier !== undefined && isSameKind(earlier.wish, wish) ? earlier.trace : undefined;
    const record: OperationRecord = { version: 1, ...place, wish: merged, beganAtUtc: new Date(this.#nowUtcMs()).toISOString(), trace: resumeFrom };
    const write = async (trace: OperationRecord['trace']): Promise<void> => {
      // What costs money has to be stopped also when the disk is full.
      await this.#write(file, { ...record, trace }).catch(() => undefined);
    };
    await write(resumeFrom);
    try {
      const result = await work(merged, { ...options, onProgress: () => undefined, onTrace: write, ...(resumeFrom === undefined ? {} : { resumeFrom }) });
      await rm(file, { force: true });
      return result;
    } catch (error) {
      if (!mayGoOn(error)) await rm(file, { force: true });
      throw error;
    }
  }

  /** What the same resource was to become, where that did not come to its end. */
  async pending(place: OperationPlace, wish: OperationWish): Promise<OperationWish | undefined> {
    return (await this.#read(this.#fileOf(place, wish)))?.wish;
  }

  /** Oldest first. */
  async unfinished(): Promise<UnfinishedOperation[]> {
    await sweepDrafts(this.#dir);
    const names = await readdir(this.#dir).catch((): string[] => []);
    const records = await Promise.all(names.filter((name) => name.endsWith('.json')).map(async (name) => this.#read(path.join(this.#dir, name))));
    return records.filter((record) => record !== undefined).map(unfinishedOf).toSorted((one, other) => one.beganAtUtc.localeCompare(other.beganAtUtc));
  }

  /** Undefined for what is not there, cannot be read, or is too old to mean anything. */
  async #read(file: string): Promise<OperationRecord | undefined> {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text === '' || text.length > MAX_RECORD_BYTES) return undefined;
    try {
      const record = recordSchema.parse(JSON.parse(text));
      return this.#nowUtcMs() - Date.parse(record.beganAtUtc) > KEPT_MS ? undefined : record;
    } catch {
      return undefined;
    }
  }

  async #write(file: string, record: OperationRecord): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await writeWhole(file, `${JSON.stringify(record, null, 1)}\n`);
  }

  #fileOf({ destination, account }: OperationPlace, wish: OperationWish): string {
    const resource = wish.kind === 'event' ? ['event', wish.name.toLowerCase()] : ['endpoint', wish.change.name.toLowerCase()];
    return path.join(this.#dir, `${createHash('sha256').update(JSON.stringify([destination, account, ...resource])).digest('hex').slice(0, 32)}.json`);
  }
}

function isSameKind(earlier: OperationWish, wish: OperationWish): boolean {
  return earlier.kind === wish.kind && (earlier.kind !== 'event' || wish.kind !== 'event' || earlier.action === wish.action);
}

function withEarlier<W extends OperationWish>(wish: W, earlier: OperationWish | undefined): W {
  return wish.kind === 'endpoint' && earlier?.kind === 'endpoint' ? { ...wish, change: { ...earlier.change, ...wish.change } } : wish;
}

function unfinishedOf({ destination, wish, beganAtUtc }: OperationRecord): UnfinishedOperation {
  const place = destination.kind === 'embedded' ? (destination.home === undefined ? 'embedded' : `embedded:${destination.home}`) : destination.kind === 'arm' ? destination.address : '';
  const at = `--destination ${place}`;
  if (wish.kind === 'endpoint') {
    const { name, run, scaleUnits, cdn, cdnProvider, cdnProfile } = wish.change;
    const parts = [
      `--name ${name}`, ...(run === undefined ? [] : [run ? '--start' : '--stop']), ...(scaleUnits === undefined ? [] : [`--scale ${scaleUnits}`]), ...(cdn === undefined ? [] : [`--cdn ${cdn ? 'on' : 'off'}`]),
      ...(cdnProvider === undefined ? [] : [`--cdn-provider ${cdnProvider}`]), ...(cdnProfile === undefined ? [] : [`--cdn-profile ${cdnProfile}`]),
    ];
    return { beganAtUtc, sentence: `A change of the streaming endpoint “${name}” was not seen to its end.`, again: `fieldcast endpoints ${at} ${parts.join(' ')}` };
  }
  const words = { stop: ['The stop', '--stop'], standBy: ['The stand-by', '--stand-by'], reset: ['The reset', '--reset'], delete: ['The deletion', '--delete'] } as const;
  const [what, option] = words[wish.action];
  return { beganAtUtc, sentence: `${what} of the live event “${wish.name}” was not seen to its end.`, again: `fieldcast events ${at} ${option} ${wish.name}` };
}
