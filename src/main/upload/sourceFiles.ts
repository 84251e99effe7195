// What a path of the operator's holds: one file, or all files of a folder, each with its name in the asset. Reads no content.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, OperatorError } from '../../contract/errors.ts';

export type SourceFile = { readonly path: string; readonly blobName: string; readonly sizeBytes: number; readonly modifiedMs: number };

const MAX_FILES = 20_000;

/**
 * Symbolic links are followed for the path itself and left out inside a folder, so that nothing outside of it goes along.
 * @throws OperatorError SOURCE_UNREADABLE, SOURCE_EMPTY, TOO_MANY_FILES
 */
export async function sourceFilesOf(source: string): Promise<SourceFile[]> {
  try {
    const about = await stat(source);
    if (about.isFile()) return [{ path: source, blobName: path.basename(source), sizeBytes: about.size, modifiedMs: about.mtimeMs }];
    if (!about.isDirectory()) throw new OperatorError('SOURCE_UNREADABLE', `${source} is neither a file nor a folder.`, 'Choose a file or a folder.');
    const files = await filesBelow(source, source, []);
    if (files.length === 0) throw new OperatorError('SOURCE_EMPTY', `The folder ${source} holds no file.`, 'Choose another folder.');
    return files;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError('SOURCE_UNREADABLE', `${source} cannot be read: ${messageOf(error)}.`, 'Check the path and its permissions.', { cause: error });
  }
}

async function filesBelow(root: string, folder: string, found: SourceFile[]): Promise<SourceFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const full = path.join(folder, entry.name);
    // What a store of ours or of the system's keeps beside the files: no part of the set.
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) await filesBelow(root, full, found);
    if (!entry.isFile()) continue;
    const about = await stat(full);
    found.push({ path: full, blobName: path.relative(root, full).split(path.sep).join('/'), sizeBytes: about.size, modifiedMs: about.mtimeMs });
    if (found.length > MAX_FILES) throw new OperatorError('TOO_MANY_FILES', `${root} holds more than ${MAX_FILES} files.`, 'Upload its parts one by one.');
  }
  return found;
}

/** By the ending; what players and services look at. */
export function contentTypeOf(fileName: string): string {
  const types: Readonly<Record<string, string>> = {
    '.mp4': 'video/mp4', '.m4v': 'video/mp4', '.m4a': 'audio/mp4', '.cmf': 'video/mp4', '.cmfv': 'video/mp4', '.cmfa': 'audio/mp4', '.ismv': 'video/mp4', '.isma': 'audio/mp4',
    '.mov': 'video/quicktime', '.mkv': 'video/x-matroska', '.webm': 'video/webm', '.ts': 'video/mp2t', '.mpd': 'application/dash+xml', '.m3u8': 'application/vnd.apple.mpegurl',
    '.ism': 'application/xml', '.ismc': 'application/xml', '.xml': 'application/xml', '.json': 'application/json', '.vtt': 'text/vtt', '.jpg': 'image/jpeg', '.png': 'image/png',
  };
  return types[path.extname(fileName).toLowerCase()] ?? 'application/octet-stream';
}
