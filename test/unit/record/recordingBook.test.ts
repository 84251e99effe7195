// What the book lists: its own notes, also where recordings lie in the same folder.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RecordingNotes } from '../../../src/contract/recording.ts';
import { RecordingBook } from '../../../src/main/record/recordingBook.ts';

let home: string;
beforeEach(async () => { home = await mkdtemp(join(tmpdir(), 'fieldcast-book-')); });
afterEach(async () => rm(home, { recursive: true, force: true }));

test('a recording in the folder of the notes is listed once, although a copy of its notes lies beside it', async () => {
  const folder = join(home, 'recordings');
  await mkdir(folder);
  await writeFile(join(folder, 'forum.mp4'), '');
  const notes = (id: string, startedAtUtc: string): RecordingNotes => ({
    version: 1, id, event: 'forum', startedAtUtc, pid: 1, isOver: true, rendition: '480p', timelineZeroUtcSeconds: 0, frameRate: { num: 25, den: 1 }, framesPerGop: 50,
    files: [{ path: join(folder, 'forum.mp4'), firstFrame: 0, endFrame: 50, sizeBytes: 1, state: 'finished' }], undelivered: [],
  });
  const book = new RecordingBook(home);
  const [earlier, later] = ['0a1b2c3d-0000-4000-8000-000000000000', '0a1b2c3d-0000-4000-8000-000000000001'] as const;
  await book.write(notes(earlier, '2026-01-01T00:00:00Z'));
  await book.write(notes(later, '2026-01-02T00:00:00Z'));
  expect((await book.list()).map(({ id }) => id)).toEqual([later, earlier]);
});
