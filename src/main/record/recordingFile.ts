// A file that only grows by whole pieces: never over another one, cut back to its last whole piece when the disk refuses. Knows nothing of
// what is in it.
import { constants } from 'node:fs';
import { access, open, stat, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, OperatorError } from '../../contract/errors.ts';

/** Less than this is no room for a recording: about a minute of the highest default rendition. */
const MIN_FREE_BYTES = 64 * 1024 * 1024;
const MAX_SAME_NAMES = 1000;

export class RecordingFile {
  readonly path: string;
  readonly #handle: FileHandle;
  /** Bytes of whole pieces. */
  sizeBytes = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Creates the file. @throws OperatorError that says what is wrong with the folder. */
  static async create(dir: string, name: string): Promise<RecordingFile> {
    await requireFolder(dir);
    for (let count = 1; count <= MAX_SAME_NAMES; count += 1) {
      const path = join(dir, count === 1 ? name : name.replace(/\.mp4$/, ` (${count}).mp4`));
      try {
        return new RecordingFile(path, await open(path, 'wx'));
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw refused(error, dir);
      }
    }
    throw new OperatorError('RECORD_NAME_TAKEN', `There are ${MAX_SAME_NAMES} recordings of the name "${name}" in ${dir}.`, 'Move some of them, or record into another folder.');
  }

  /**
   * Appends one piece and asks the disk to keep it. Not to be called again before it has resolved.
   * @throws OperatorError; the file then ends with the piece before.
   */
  async append(piece: Uint8Array): Promise<void> {
    try {
      let written = 0;
      while (written < piece.length) {
        const { bytesWritten } = await this.#handle.write(piece, written, piece.length - written, this.sizeBytes + written);
        written += bytesWritten;
      }
      await this.#handle.datasync();
      this.sizeBytes += piece.length;
    } catch (error) {
      await this.#handle.truncate(this.sizeBytes).catch(() => {});
      throw refused(error, this.path);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function requireFolder(dir: string): Promise<void> {
  try {
    const facts = await stat(dir);
    if (!facts.isDirectory()) {
      throw new OperatorError('RECORD_NOT_A_FOLDER', `"${dir}" is not a folder.`, 'Choose a folder for the recording.');
    }
    await access(dir, constants.W_OK);
    const { bavail, bsize } = await statfs(dir);
    if (bavail * bsize < MIN_FREE_BYTES) {
      throw new OperatorError('DISK_FULL', `The disk of "${dir}" is full.`, 'Free space on it, or record into a folder on another disk.');
    }
  } catch (error) {
    throw refused(error, dir);
  }
}

const REFUSALS: Readonly<Record<string, (path: string) => OperatorError>> = {
  ENOENT: (path) => new OperatorError('RECORD_FOLDER_MISSING', `The folder "${path}" for the recording does not exist.`, 'Create it, or choose another one.'),
  ENOTDIR: (path) => new OperatorError('RECORD_NOT_A_FOLDER', `"${path}" is not a folder.`, 'Choose a folder for the recording.'),
  ENOSPC: (path) => new OperatorError('DISK_FULL', `The disk is full; the recording in "${path}" ends here.`, 'Free space on it, or record into a folder on another disk.'),
  EDQUOT: (path) => new OperatorError('DISK_FULL', `Your share of the disk is used up; the recording in "${path}" ends here.`, 'Free space, or record into a folder on another disk.'),
};
const NO_WRITE = (path: string): OperatorError =>
  new OperatorError('RECORD_FOLDER_UNWRITABLE', `Nothing may be written to "${path}".`, 'Give this user permission to write there, or choose another folder.');

function refused(error: unknown, path: string): OperatorError {
  if (error instanceof OperatorError) return error;
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return NO_WRITE(path);
  return REFUSALS[code]?.(path)
    ?? new OperatorError('RECORD_FAILED', `The recording in "${path}" failed: ${messageOf(error)}`, 'Check the disk, or record into a folder on another disk.', { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
