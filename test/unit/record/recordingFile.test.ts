import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingFile } from '../../../src/main/record/recordingFile.ts';

let dir = '';
beforeEach(async () => { dir = await mkdtemp(join(tmpdir(), 'fieldcast-record-')); });
afterEach(async () => rm(dir, { recursive: true, force: true }));

describe('file of a recording', () => {
  it('never writes over another one', async () => {
    await writeFile(join(dir, 'show.mp4'), 'keep me');
    const files = [await RecordingFile.create(dir, 'show.mp4'), await RecordingFile.create(dir, 'show.mp4')];
    expect(files.map((file) => basename(file.path))).toEqual(['show (2).mp4', 'show (3).mp4']);
    for (const file of files) await file.close();
    expect(await readFile(join(dir, 'show.mp4'), 'utf8')).toBe('keep me');
  });

  it('grows by whole pieces and is cut back to the last one when a write fails', async () => {
    const file = await RecordingFile.create(dir, 'show.mp4');
    await file.append(Buffer.from('first '));
    await file.append(Buffer.from('second'));
    expect(file.sizeBytes).toBe(12);
    await file.close();
    await expect(file.append(Buffer.from('third'))).rejects.toMatchObject({ code: 'RECORD_FAILED' });
    expect(await readFile(file.path, 'utf8')).toBe('first second');
  });

  it('says what is wrong with a folder', async () => {
    await expect(RecordingFile.create(join(dir, 'missing'), 'a.mp4')).rejects.toMatchObject({ code: 'RECORD_FOLDER_MISSING' });
    await writeFile(join(dir, 'file'), '');
    await expect(RecordingFile.create(join(dir, 'file'), 'a.mp4')).rejects.toMatchObject({ code: 'RECORD_NOT_A_FOLDER' });
    await expect(RecordingFile.create(join(dir, 'file', 'below'), 'a.mp4')).rejects.toMatchObject({ code: 'RECORD_NOT_A_FOLDER' });
  });

  // Permissions do not bind root; /proc refuses even root, and Linux has it.
  it.skipIf(process.platform !== 'linux')('says when nothing may be written', async () => {
    await chmod(dir, 0o500);
    const folder = process.getuid?.() === 0 ? '/proc/1' : dir;
    await expect(RecordingFile.create(folder, 'a.mp4')).rejects.toMatchObject({ code: expect.stringMatching(/^(RECORD_FOLDER_UNWRITABLE|RECORD_FOLDER_MISSING|DISK_FULL)$/) as unknown });
    await chmod(dir, 0o700);
  });
});
