// The queue of uploads: one after another, each kept on disk until it is done, stoppable and resumable at any block.
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import type { UploadDestination, UploadLimit, UploadRequest, UploadResult, UploadState, UploadStatus } from '../../contract/upload.ts';
import { DroppedFiles } from './droppedFiles.ts';
import { LocalSets, oneFile, type LocalEncoder } from './localSets.ts';
import { Quiet } from './quiet.ts';
import { RateLimit } from './rateLimit.ts';
import { RateMeter } from './rateMeter.ts';
import { sourceFilesOf } from './sourceFiles.ts';
import { UploadJournal, type UploadRecord } from './uploadJournal.ts';
import { encodingOf, runUpload, type OpenLibrary } from './uploadRun.ts';

export type UploadParts = {
  /** FIELDCAST_HOME. */
  readonly home: string;
  readonly openLibrary: (destination: UploadDestination, signal: AbortSignal, onProgress: (sentence: string) => void) => Promise<OpenLibrary>;
  /** Makes a set of renditions on this computer. */
  readonly encodeLocally: LocalEncoder;
  readonly log: { warn(fields: object, sentence: string): void };
  readonly patience?: { readonly giveUpMs: number; readonly stallMs: number };
};

const PATIENCE = { giveUpMs: 10 * 60_000, stallMs: 30_000 };
/** Figures of a running upload are told this often at most, ms. */
const TELL_EVERY_MS = 500;
const OVER = new Set<UploadState>(['done', 'cancelled', 'failed', 'paused', 'interrupted']);

const FINISHED = new Set<UploadState>(['done', 'cancelled']);

type Why = 'pause' | 'cancel' | 'close';
type Entry = {
  record: UploadRecord;
  sentence: string;
  fileCount: number;
  sizeBytes: number;
  storedBytes: number;
  encodedShare: number | undefined;
  readonly meter: RateMeter;
};

export class UploadQueue {
  readonly #parts: UploadParts;
  readonly #journal: UploadJournal;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(status: UploadStatus) => void>();
  /** Of everything that leaves this computer; a service on it does not share the uplink with a show. */
  readonly #uplink = new RateLimit();
  readonly #local = new RateLimit();
  /** Of the processor. */
  readonly #quiet = new Quiet();
  readonly #sets: LocalSets;
  /** Files that browsers have handed over. */
  readonly dropped: DroppedFiles;
  #kbps: number | null = null;
  #loaded: Promise<void> | undefined;
  #running: { readonly id: string; readonly stop: AbortController; why: Why; readonly ended: Promise<void> } | undefined;
  #closed = false;

  constructor(parts: UploadParts) {
    this.#parts = parts;
    this.#journal = new UploadJournal(parts.home);
    this.dropped = new DroppedFiles(parts.home);
    this.#sets = new LocalSets(parts.home, parts.encodeLocally, this.#quiet);
  }

  async list(): Promise<UploadStatus[]> {
    await this.#load();
    return [...this.#entries.values()].map((entry) => this.#statusOf(entry));
  }

  /**
   * Queues each path. One that was begun before, for the same destination, goes on where it was.
   * @returns the uploads' ids, in the order of the paths. @throws OperatorError SOURCE_UNREADABLE and its like
   */
  async add(request: UploadRequest): Promise<string[]> {
    await this.#load();
    const { destination, publish, encode = 'none', protection = 'none', policy, replaces } = request;
    const ids: string[] = [];
    for (const source of request.paths.map((one) => path.resolve(one))) {
      await (encode === 'local' ? oneFile(source) : sourceFilesOf(source));
      const begun = [...this.#entries.values()].find(({ record }) => record.path === source && record.state !== 'done' && record.state !== 'cancelled'
        && record.encode === encode && JSON.stringify([record.destination, record.replaces]) === JSON.stringify([destination, replaces]));
      if (begun === undefined) {
        const id = randomUUID();
        await this.#keep(newEntry({
          version: 1, id, addedAtUtc: new Date().toISOString(), path: source, destination, encode, publish, protection, ...(policy === undefined ? {} : { policy }), ...(replaces === undefined ? {} : { replaces }),
          assetName: assetNameOf(source, id), state: 'queued',
        }));
        ids.push(id);
      } else {
        if (this.#running?.id !== begun.record.id) await this.#change(begun, { publish, protection, policy, state: 'queued', failure: undefined }, 'Waiting for its turn.');
        ids.push(begun.record.id);
      }
    }
    this.#next();
    return ids;
  }

  /** Stops an upload so that it can go on later; what has arrived stays. */
  async pause(id: string): Promise<void> {
    const entry = await this.#known(id);
    if (this.#running?.id === id) await this.#stop('pause');
    else if (entry.record.state === 'queued') await this.#change(entry, { state: 'paused' }, 'Paused.');
  }

  /** Takes up a paused, interrupted or failed upload. */
  async resume(id: string): Promise<void> {
    const entry = await this.#known(id);
    if (this.#running?.id === id || !OVER.has(entry.record.state)) return;
    if (entry.record.state === 'done' || entry.record.state === 'cancelled') throw new OperatorError('UPLOAD_OVER', 'This upload is over.', 'Add its path again to upload it anew.');
    await this.#change(entry, { state: 'queued', failure: undefined }, 'Waiting for its turn.');
    this.#next();
  }

  /** Ends an upload for good and deletes the asset that it began. A finished one is left alone. */
  async cancel(id: string): Promise<void> {
    const entry = await this.#known(id);
    if (this.#running?.id === id) await this.#stop('cancel');
    if (entry.record.state === 'done' || entry.record.state === 'cancelled') return;
    const unlock = await this.#journal.lock(id);
    try {
      const signal = AbortSignal.timeout(60_000);
      const { library, close } = await this.#parts.openLibrary(entry.record.destination, signal, () => undefined);
      try {
        const encoding = encodingOf(entry.record);
        if (encoding !== undefined) {
          await library.cancelEncoding(encoding.presetName, encoding.jobName, signal);
          await library.deleteAsset(encoding.outputAssetName, signal);
        }
        await library.deleteAsset(entry.record.assetName, signal);
      } finally {
        await close();
      }
      await this.#sets.remove(id);
      await this.#change(entry, { state: 'cancelled', failure: undefined }, 'Cancelled; nothing of it is left at the destination.');
      await this.#forgetDropped(entry);
    } finally {
      unlock();
    }
  }

  /** kbit/s for all uploads together; null for no limit. @param keep also after a restart */
  async limit(kbps: number | null, keep = false): Promise<void> {
    // One that was kept before must not come after it.
    await this.#load();
    this.#setLimit(kbps);
    if (keep) await this.#journal.writeLimit(kbps);
  }

  async limits(): Promise<UploadLimit> {
    await this.#load();
    return { kbps: this.#kbps, isHeld: this.#uplink.isHeld };
  }

  /** A show is on air: nothing is sent over its line, and nothing encoded beside it, until the returned function is called. */
  hold(): () => void {
    const releases = [this.#uplink.hold(), this.#quiet.hold()];
    return () => { for (const release of releases) release(); };
  }

  /** Every upload as it is now, then each change, until `signal` says stop. */
  async *watch(signal: AbortSignal | undefined): AsyncGenerator<UploadStatus> {
    await this.#load();
    const waiting = new Map<string, UploadStatus>();
    let wake: () => void = () => undefined;
    // A slow client sees the newest of each upload, and every end.
    const listener = (status: UploadStatus): void => {
      waiting.delete(status.id);
      waiting.set(status.id, status);
      wake();
    };
    const onAbort = (): void => wake();
    for (const entry of this.#entries.values()) listener(this.#statusOf(entry));
    this.#listeners.add(listener);
    signal?.addEventListener('abort', onAbort);
    try {
      for (;;) {
        if (signal?.aborted === true) return;
        const [first] = waiting.values();
        if (first === undefined) {
          await new Promise<void>((resolve) => { wake = resolve; });
        } else {
          waiting.delete(first.id);
          yield first;
        }
      }
    } finally {
      this.#listeners.delete(listener);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Stops what runs, so that a later start can go on with it. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running) await this.#stop('close');
  }

  #next(): void {
    if (this.#running || this.#closed) return;
    const entry = [...this.#entries.values()].find(({ record }) => record.state === 'queued');
    if (!entry) return;
    const { id } = entry.record;
    const stop = new AbortController();
    const running = { id, stop, why: 'close' as Why, ended: Promise.resolve() };
    running.ended = this.#run(entry, stop.signal, () => running.why).finally(() => {
      this.#running = undefined;
      this.#next();
    });
    this.#running = running;
  }

  /** Never rejects: a failure is a state. */
  async #run(entry: Entry, signal: AbortSignal, why: () => Why): Promise<void> {
    const { destination } = entry.record;
    const ticker = setInterval(() => this.#tell(entry), TELL_EVERY_MS);
    let unlock: () => void = () => undefined;
    const onSentence = (sentence: string): void => {
      if (sentence === entry.sentence) return;
      entry.sentence = sentence;
      this.#tell(entry);
    };
    const onEncoding = (share: number): void => {
      entry.record = { ...entry.record, state: 'encoding' };
      entry.encodedShare = share;
      this.#tell(entry);
    };
    try {
      unlock = await this.#journal.lock(entry.record.id);
      entry.storedBytes = 0;
      await this.#change(entry, { state: 'uploading', failure: undefined }, 'Beginning.');
      const result = await runUpload(entry.record, {
        files: async (running) => (entry.record.encode === 'local' ? this.#sets.filesOf(entry.record, { onShare: onEncoding, onSentence }, running) : sourceFilesOf(entry.record.path)),
        open: async (opening, onProgress) => this.#parts.openLibrary(destination, opening, onProgress),
        limit: this.#limitFor(entry.record),
        patience: this.#parts.patience ?? PATIENCE,
      }, {
        onSource: (files) => {
          entry.record = { ...entry.record, state: 'uploading' };
          entry.fileCount = files.length;
          entry.sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
        },
        onSentence,
        onEncoding,
        onPublishing: () => {
          entry.record = { ...entry.record, state: 'publishing' };
          entry.sentence = 'Making it public.';
          this.#tell(entry);
        },
        onStored: (bytes) => { entry.storedBytes += bytes; },
        onMoved: (bytes) => { entry.meter.add(bytes, performance.now()); },
      }, signal);
      await this.#change(entry, { state: 'done', result }, endSentence(entry.record, result));
      await this.#sets.remove(entry.record.id);
      await this.#forgetDropped(entry);
    } catch (error) {
      await this.#failed(entry, signal.aborted ? why() : undefined, error);
    } finally {
      clearInterval(ticker);
      unlock();
    }
  }

  async #failed(entry: Entry, why: Why | undefined, error: unknown): Promise<void> {
    if (why === 'close') return this.#change(entry, { state: 'interrupted' }, 'Interrupted; it can go on where it was.');
    if (why !== undefined) return this.#change(entry, { state: 'paused' }, 'Paused.');
    const failure = error instanceof OperatorError
      ? { code: error.code, message: error.message, action: error.action }
      : { code: 'UPLOAD_FAILED', message: `The upload failed: ${messageOf(error)}.`, action: 'Retry; the upload goes on where it was.' };
    this.#parts.log.warn({ code: failure.code, asset: entry.record.assetName }, failure.message);
    return this.#change(entry, { state: 'failed', failure }, failure.message);
  }

  async #stop(why: Why): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.why = why;
    running.stop.abort(new OperatorError('UPLOAD_STOPPED', 'The upload was stopped.', 'Resume it when you want to.'));
    await running.ended;
  }

  #setLimit(kbps: number | null): void {
    this.#kbps = kbps;
    this.#uplink.set(kbps);
    this.#local.set(kbps);
  }

  /** Another upload may still need the same file. */
  async #forgetDropped({ record: { id, path: file } }: Entry): Promise<void> {
    const isNeeded = [...this.#entries.values()].some(({ record }) => record.id !== id && record.path === file && !FINISHED.has(record.state));
    if (!isNeeded) await this.dropped.remove(file).catch(() => undefined);
  }

  async #load(): Promise<void> {
    this.#loaded ??= (async () => {
      this.#setLimit(await this.#journal.readLimit());
      await this.#journal.prune();
      const records = await this.#journal.list();
      await this.#sets.sweep(new Set(records.filter(({ state }) => !FINISHED.has(state)).map(({ id }) => id)));
      await this.dropped.sweep(new Set(records.filter(({ state }) => !FINISHED.has(state)).map(({ path: file }) => file)));
      for (const record of records) {
        // Whoever was at it has died, or is another process that tells its own clients.
        const isOpen = record.state === 'queued' || record.state === 'uploading' || record.state === 'encoding' || record.state === 'publishing';
        this.#entries.set(record.id, { ...newEntry(isOpen ? { ...record, state: 'interrupted' } : record), sentence: isOpen ? 'Interrupted; it can go on where it was.' : '' });
      }
    })();
    await this.#loaded;
  }

  async #known(id: string): Promise<Entry> {
    await this.#load();
    const entry = this.#entries.get(id);
    if (!entry) throw new OperatorError('NO_SUCH_UPLOAD', `No upload has the id ${id}.`, 'List them with `fieldcast upload`.');
    return entry;
  }

  async #keep(entry: Entry): Promise<void> {
    await this.#journal.write(entry.record);
    this.#entries.set(entry.record.id, entry);
    this.#tell(entry);
  }

  async #change(entry: Entry, change: { state: UploadState } & { [K in 'publish' | 'protection' | 'policy' | 'failure' | 'result']?: UploadRecord[K] | undefined }, sentence: string): Promise<void> {
    const { failure: _old, ...rest } = entry.record;
    const { failure, result, publish = rest.publish, protection = rest.protection, state } = change;
    // What is asked for anew says which protection, if any.
    const { policy: before, ...other } = rest;
    const policy = 'policy' in change ? change.policy : before;
    entry.record = { ...other, publish, protection, state, ...(policy === undefined ? {} : { policy }), ...(failure === undefined ? {} : { failure }), ...(result === undefined ? {} : { result }) };
    entry.sentence = sentence;
    try {
      await this.#journal.write(entry.record);
    } catch (error) {
      // The upload itself is not harmed; after a restart it would be looked at once more.
      this.#parts.log.warn({ error: messageOf(error) }, 'The state of an upload could not be written down.');
    }
    this.#tell(entry);
  }

  #limitFor({ destination }: UploadRecord): RateLimit {
    return destination.kind === 'embedded' ? this.#local : this.#uplink;
  }

  #statusOf(entry: Entry): UploadStatus {
    const isHeld = entry.record.state === 'uploading' && this.#limitFor(entry.record).isHeld;
    return { ...statusOf(entry), ...(isHeld ? { sentence: 'Waiting for the end of the show, which has the line first.' } : {}) };
  }

  #tell(entry: Entry): void {
    const status = this.#statusOf(entry);
    for (const listener of this.#listeners) listener(status);
  }
}

function newEntry(record: UploadRecord): Entry {
  const files = record.result?.files ?? [];
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { record, sentence: 'Waiting for its turn.', fileCount: files.length, sizeBytes, storedBytes: sizeBytes, encodedShare: undefined, meter: new RateMeter() };
}

function statusOf({ record, sentence, fileCount, sizeBytes, storedBytes, encodedShare, meter }: Entry): UploadStatus {
  const bitsPerSecond = record.state === 'uploading' ? meter.bitsPerSecond(performance.now()) : 0;
  const doneBytes = Math.min(storedBytes, sizeBytes);
  return {
    type: 'upload', id: record.id, path: record.path, assetName: record.assetName, destination: record.destination.kind, state: record.state, sentence,
    fileCount, sizeBytes, doneBytes, bitsPerSecond: Math.round(bitsPerSecond),
    ...(bitsPerSecond > 0 ? { secondsLeft: Math.round(((sizeBytes - doneBytes) * 8) / bitsPerSecond) } : {}),
    ...(record.state === 'encoding' && encodedShare !== undefined ? { encodedPercent: Math.floor(encodedShare * 100) } : {}),
    ...(record.replaces === undefined ? {} : { replaces: record.replaces.assetName }),
    ...(record.failure === undefined ? {} : { failure: record.failure }), ...(record.result === undefined ? {} : { result: record.result }),
  };
}

function endSentence({ encode }: UploadRecord, { playback }: UploadResult): string {
  const done = ['Uploaded', 'verified', ...(encode === 'none' ? [] : ['encoded']), ...(playback === undefined ? [] : ['public'])];
  return `${done.slice(0, -1).join(', ')} and ${done.at(-1) ?? ''}.`;
}

/** Says what it holds and is never taken: names of assets allow none of `<>%&:\?/*+.'`. */
function assetNameOf(source: string, id: string): string {
  const base = path.basename(source, path.extname(source)).normalize('NFKD').replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 60);
  return `${base === '' ? 'upload' : base}-${id.slice(0, 8)}`;
}
