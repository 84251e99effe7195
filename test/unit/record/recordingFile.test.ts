import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingFile, recordingName } from '../../../src/main/record/recordingFile.ts';

const startedAt = new Date(2026, 0, 31, 4, 5, 9);
let dir = '';
beforeEach(async () => { dir = await mkdtemp(join(tmpdir(), 'fieldcast-record-')); });
afterEach(async () => rm(dir, { recursive: true, force: true }));

describe('name of a recording', () => {
  it('fills the template', () => {
    expect(recordingName('{event} {date} {time}.mp4', { event: 'Town hall', startedAt })).toBe('Town hall 2026-01-31 04-05-09.mp4');
    expect(recordingName('{event}', { event: '$& $1', startedAt })).toBe('$& $1.mp4');
  });

  it('is one plain file name whatever the event is called', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (template, event) => {
      const name = recordingName(template, { event, startedAt });
      expect(basename(name)).toBe(name);
      expect(name).toMatch(/^[^.\s].*\.mp4$|^[^.\s]\.mp4$/su);
      expect(name).not.toMatch(/[<>:"/\\|?*\n\r\0]/);
      expect(name.length).toBeLessThan(130);
    }));
    expect(recordingName('{event}.mp4', { event: '../../etc/passwd', startedAt })).toBe('-..-etc-passwd.mp4');
    expect(recordingName('{event}', { event: '..', startedAt })).toBe('recording.mp4');
  });
});

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
