// Sets of renditions that were encoded on this computer and wait to be sent: one folder for each upload, kept until it is over. Encodes nothing itself.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { OperatorError } from '../../contract/errors.ts';
import { writeWhole } from '../durable/wholeFile.ts';
import type { Quiet } from './quiet.ts';
import { sourceFilesOf, type SourceFile } from './sourceFiles.ts';
import type { UploadRecord } from './uploadJournal.ts';

export type LocalEncoding = {
  readonly source: string;
  /** Empty; the set comes to lie in it. */
  readonly folder: string;
  /** Name of the manifest without its ending, which playback URLs have. */
  readonly streamName: string;
  readonly signal: AbortSignal;
  /** 0 to 1 */
  readonly onShare: (share: number) => void;
};
/** Encodes one file into a set with its manifest. Rejects with OperatorErrors, and with the signal's reason. */
export type LocalEncoder = (work: LocalEncoding) => Promise<void>;

export type LocalProgress = { readonly onShare: (share: number) => void; readonly onSentence: (sentence: string) => void };

/** Written last, so that a set is whole where it is; says of which file it was made. */
const MARK = '.set.json';
const ENDING = '.set';
const markSchema = z.object({ version: z.literal(1), sizeBytes: z.number(), modifiedMs: z.number() });

export class LocalSets {
  readonly #dir: string;
  readonly #encode: LocalEncoder;
  readonly #quiet: Quiet;

  /** @param home FIELDCAST_HOME */
  constructor(home: string, encode: LocalEncoder, quiet: Quiet) {
    this.#dir = path.join(home, 'uploads');
    this.#encode = encode;
    this.#quiet = quiet;
  }

  /**
   * The files of the set, the manifest last, encoded now unless that was done before.
   * @throws OperatorError `NOT_ONE_FILE`, `SOURCE_CHANGED`, and those of the encoder
   */
  async filesOf(record: Pick<UploadRecord, 'id' | 'path' | 'replaces'>, progress: LocalProgress, signal: AbortSignal): Promise<readonly SourceFile[]> {
    const source = await oneFile(record.path);
    const folder = this.#folderOf(record.id);
    if (!await isMadeOf(folder, source)) {
      await this.#quiet.run(async (running) => {
        progress.onShare(0);
        progress.onSentence('Encoding on this computer.');
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true, mode: 0o700 });
        running.throwIfAborted();
        await this.#encode({ source: source.path, folder, streamName: record.replaces?.manifestName ?? streamNameOf(source.path), signal: running, onShare: progress.onShare });
      }, () => progress.onSentence('Waiting for the end of the show: encoding would take the processor from it.'), signal);
      const after = await oneFile(record.path);
      if (after.sizeBytes !== source.sizeBytes || after.modifiedMs !== source.modifiedMs) {
        throw new OperatorError('SOURCE_CHANGED', `${record.path} was changed while it was being encoded.`, 'Wait until the program that writes it has finished, then retry.');
      }
      const mark: z.infer<typeof markSchema> = { version: 1, sizeBytes: source.sizeBytes, modifiedMs: source.modifiedMs };
      await writeWhole(path.join(folder, MARK), JSON.stringify(mark));
    }
    const isManifest = ({ blobName }: SourceFile): number => Number(blobName.endsWith('.ism'));
    // A service that looks into the asset meanwhile finds no list of files that are not there yet.
    return (await sourceFilesOf(folder)).toSorted((one, other) => isManifest(one) - isManifest(other));
  }

  async remove(id: string): Promise<void> {
    await rm(this.#folderOf(id), { recursive: true, force: true });
  }

  /** Removes the sets of uploads that are over or unknown. */
  async sweep(open: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#dir).catch(() => [])) {
      if (name.endsWith(ENDING) && !open.has(name.slice(0, -ENDING.length))) await rm(path.join(this.#dir, name), { recursive: true, force: true });
    }
  }

  #folderOf(id: string): string {
    return path.join(this.#dir, `${id}${ENDING}`);
  }
}

/** @throws OperatorError `NOT_ONE_FILE`, and those of {@link sourceFilesOf} */
export async function oneFile(source: string): Promise<SourceFile> {
  const files = await sourceFilesOf(source);
  const [file] = files;
  if (file === undefined || file.path !== source) {
    throw new OperatorError('NOT_ONE_FILE', `${source} is a folder; a set of renditions is made of one file.`, 'Give its films one by one, or upload the folder without encoding.');
  }
  return file;
}

async function isMadeOf(folder: string, source: SourceFile): Promise<boolean> {
  const mark = await readFile(path.join(folder, MARK), 'utf8').then((text) => markSchema.safeParse(JSON.parse(text)).data, () => undefined);
  return mark !== undefined && mark.sizeBytes === source.sizeBytes && mark.modifiedMs === source.modifiedMs;
}

/** What URLs may hold of the file's name. */
function streamNameOf(file: string): string {
  const name = path.basename(file, path.extname(file)).normalize('NFKD').replaceAll(/[^a-zA-Z0-9_-]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 100);
  return name === '' ? 'video' : name;
}
