// Notes about recordings: one small file each in the home, by which they are found again after a crash, and a copy beside the recording
// that travels with it.
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { recordingNotesSchema, type RecordingNotes, type RepairedFile } from '../../contract/recording.ts';
import { messageOf } from '../../contract/errors.ts';
import { readIfThere, sweepDrafts, writeWhole } from '../durable/wholeFile.ts';
import { indexOf } from './fileIndex.ts';
import { finishRecording } from './finishing.ts';

/** Recordings that are remembered; their files stay whatever happens here. */
const KEPT = 500;
/** Recordings may lie in the same folder, each with a copy of its notes beside it. */
const NOTES = /^[0-9a-f-]{36}\.json$/;

export class RecordingBook {
  readonly #dir: string;

  constructor(home: string) {
    this.#dir = path.join(home, 'recordings');
  }

  /** @throws what the file system says of the home; the copy beside the recording is left out where its disk refuses it. */
  async write(notes: RecordingNotes): Promise<void> {
    const text = `${JSON.stringify(notes, null, 1)}\n`;
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await writeWhole(path.join(this.#dir, `${notes.id}.json`), text);
    const [first] = notes.files;
    if (first === undefined) return;
    await writeWhole(first.path.replace(/(\.mp4)?$/, '.json'), text).catch(() => undefined);
  }

  /** Newest first. */
  async list(): Promise<RecordingNotes[]> {
    const names = (await readdir(this.#dir).catch((): string[] => [])).filter((name) => NOTES.test(name));
    const notes = await Promise.all(names.map(async (name) => this.#read(path.join(this.#dir, name))));
    return notes.filter((one) => one !== undefined).sort((one, other) => other.startedAtUtc.localeCompare(one.startedAtUtc));
  }

  /** Forgets the oldest, and what a crash left half written. */
  async prune(): Promise<void> {
    await sweepDrafts(this.#dir);
    for (const { id } of (await this.list()).slice(KEPT)) await rm(path.join(this.#dir, `${id}.json`), { force: true });
  }

  /**
   * Makes plain files of what crashes have left in fragments. Never rejects for a file; says what has become of each.
   * @param isWritten whether a living process still records it
   */
  async repair(binary: string, isWritten: (notes: RecordingNotes) => boolean): Promise<RepairedFile[]> {
    const repaired: RepairedFile[] = [];
    for (const notes of await this.list()) {
      if (isWritten(notes) || (notes.isOver && notes.files.every(({ state }) => state === 'finished' || state === 'missing'))) continue;
      const files: RecordingNotes['files'] = [];
      for (const file of notes.files) {
        if (file.state === 'finished' || file.state === 'missing') {
          files.push(file);
          continue;
        }
        const { result, sizeBytes } = await repairFile(file.path, binary);
        repaired.push(result);
        files.push({ ...file, sizeBytes: sizeBytes ?? file.sizeBytes, state: result.state });
      }
      await this.write({ ...notes, isOver: true, files });
    }
    return repaired;
  }

  async #read(file: string): Promise<RecordingNotes | undefined> {
    try {
      return recordingNotesSchema.parse(JSON.parse(await readIfThere(file) ?? ''));
    } catch {
      return undefined;
    }
  }
}

async function repairFile(file: string, binary: string): Promise<{ readonly result: RepairedFile; readonly sizeBytes?: number }> {
  try {
    await sweepDrafts(path.dirname(file), file);
    await finishRecording(file, { binary });
    const { sizeBytes } = await indexOf(file);
    return { result: { path: file, state: 'finished' }, sizeBytes };
  } catch (error) {
    const isMissing = error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ENOENT';
    return isMissing ? { result: { path: file, state: 'missing' } } : { result: { path: file, state: 'fragmented', problem: messageOf(error) } };
  }
}
