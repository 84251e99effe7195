// What is written down of one recording while it is made; the file always holds the latest whole state.
import { randomUUID } from 'node:crypto';
import { messageOf } from '../../contract/errors.ts';
import type { RecordedFile, RecordingNotes } from '../../contract/recording.ts';
import type { Failure } from '../../contract/report.ts';
import type { Undelivered } from '../../contract/undelivered.ts';
import type { Timeline } from '../media/timeline.ts';
import type { EndedPart } from '../record/recorder.ts';
import type { RecordingBook } from '../record/recordingBook.ts';

export class NotesOfRecording {
  readonly #book: RecordingBook;
  readonly #onWarning: (failure: Failure) => void;
  #notes: RecordingNotes;
  #writing: Promise<void> = Promise.resolve();
  #hasWarned = false;

  constructor(book: RecordingBook, { zeroUtcSeconds, frameRate, framesPerGop }: Timeline, event: string, rendition: string, onWarning: (failure: Failure) => void) {
    this.#book = book;
    this.#onWarning = onWarning;
    this.#notes = {
      version: 1, id: randomUUID(), event, startedAtUtc: new Date().toISOString(), pid: process.pid, isOver: false, rendition,
      timelineZeroUtcSeconds: zeroUtcSeconds, frameRate, framesPerGop, files: [], undelivered: [],
    };
  }

  get rendition(): string {
    return this.#notes.rendition;
  }

  begin(path: string, firstFrame: number): void {
    this.#change({ files: [...this.#notes.files, { path, firstFrame, sizeBytes: 0, state: 'recording' }] });
  }

  end({ path, endFrame, sizeBytes }: EndedPart): void {
    this.#changeFile(path, { endFrame, sizeBytes, state: 'fragmented' });
  }

  finished(path: string): void {
    this.#changeFile(path, { state: 'finished' });
  }

  /** @param isOver true once nothing more is added to the recording */
  async keep(undelivered: readonly Undelivered[], isOver = false): Promise<void> {
    this.#change({ undelivered: [...undelivered], isOver });
    await this.#writing;
  }

  #changeFile(path: string, change: Partial<RecordedFile>): void {
    this.#change({ files: this.#notes.files.map((file) => (file.path === path ? { ...file, ...change } : file)) });
  }

  #change(change: Partial<RecordingNotes>): void {
    this.#notes = { ...this.#notes, ...change };
    const notes = this.#notes;
    this.#writing = this.#write(this.#writing, notes);
  }

  async #write(before: Promise<void>, notes: RecordingNotes): Promise<void> {
    await before;
    // A later one is on its way.
    if (notes !== this.#notes || notes.files.length === 0) return;
    try {
      await this.#book.write(notes);
    } catch (error) {
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      this.#onWarning({ code: 'RECORD_NOT_NOTED', message: `What is known of the recording could not be written down: ${messageOf(error)}`, action: 'Free some space on the disk of Fieldcast\'s own folder. The recording itself goes on.' });
    }
  }
}
