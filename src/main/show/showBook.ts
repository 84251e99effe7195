// What a show writes down and says: its journal, its state, its warnings and alarms. It decides nothing.
import type { CueReceipt } from '../../contract/cue.ts';
import { messageOf } from '../../contract/errors.ts';
import type { AlarmEvent, AlarmReport, Failure, Playback, ShowEvent, ShowState } from '../../contract/report.ts';
import type { OperationOptions } from '../cloud/liveService.ts';
import type { Journal, JournalStore } from './journal.ts';

/** How this run came about: a new show, an earlier one taken up, or one that is only to be closed. */
export type Beginning = 'new' | 'continue' | 'end';

const MAX_REPORTED_ALARMS = 200;
const MAX_REPORTED_CUES = 500;

export class ShowBook {
  readonly beginning: Beginning;
  readonly warnings: Failure[] = [];
  readonly alarms: AlarmReport[] = [];
  readonly cues: CueReceipt[] = [];
  readonly #journals: JournalStore;
  readonly #publish: (event: ShowEvent) => void;
  #journal: Journal;
  #state: ShowState = 'idle';
  #playback: Playback = {};
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(journals: JournalStore, journal: Journal, publish: (event: ShowEvent) => void, beginning: Beginning) {
    this.#journals = journals;
    this.#journal = journal;
    this.#publish = publish;
    this.beginning = beginning;
  }

  get journal(): Journal {
    return this.#journal;
  }

  get state(): ShowState {
    return this.#state;
  }

  get playback(): Playback {
    return this.#playback;
  }

  say(event: ShowEvent): void {
    this.#publish(event);
  }

  progress(sentence: string): void {
    this.#publish({ type: 'progress', sentence });
  }

  warn(warning: Failure): void {
    this.warnings.push(warning);
    this.#publish({ type: 'warning', failure: warning });
  }

  cue(receipt: CueReceipt): void {
    this.cues.push(receipt);
    if (this.cues.length > MAX_REPORTED_CUES) this.cues.shift();
    this.#publish({ type: 'cue', ...receipt, sentence: sentenceOfCue(receipt) });
  }

  alarm(alarm: AlarmEvent): void {
    const { code, message, action, atUtc } = alarm;
    if (alarm.raised) {
      this.alarms.push({ code, message, action, raisedAtUtc: atUtc });
      if (this.alarms.length > MAX_REPORTED_ALARMS) this.alarms.shift();
    } else {
      const open = this.alarms.findLast((one) => one.code === code && one.clearedAtUtc === undefined);
      if (open !== undefined) open.clearedAtUtc = atUtc;
    }
    this.#publish(alarm);
  }

  async enter(state: ShowState, sentence: string): Promise<void> {
    this.#state = state;
    this.#publish({ type: 'state', state, sentence, atUtc: new Date().toISOString() });
    await this.write({ state });
  }

  setPlayback(playback: { readonly [Key in keyof Playback]?: string | undefined }): void {
    this.#playback = Object.fromEntries(Object.entries(playback).filter(([, url]) => url !== undefined));
    this.#publish({ type: 'playback', playback: this.#playback });
  }

  /** Writes are one after the other: the file always holds the latest whole state. */
  async write(change: { [Key in keyof Journal]?: Journal[Key] | undefined }): Promise<void> {
    const { operation, ...rest } = { ...this.#journal, ...change };
    this.#journal = { ...rest, ...(operation === undefined ? {} : { operation }) } as Journal;
    const journal = this.#journal;
    this.#lastWrite = this.#lastWrite.catch(() => undefined).then(async () => this.#journals.write(journal));
    await this.#lastWrite;
  }

  /** Writes what has been created, or is about to be. */
  async writeCreated(change: Partial<Journal['created']>): Promise<void> {
    await this.write({ created: { ...this.#journal.created, ...change } });
  }

  /** Options of long operations whose traces are written down, so that the one under way can be taken up after a crash. */
  operation(signal: AbortSignal): OperationOptions {
    const pending = this.#journal.operation;
    return {
      signal,
      onProgress: (sentence) => this.progress(sentence),
      ...(this.beginning !== 'new' && pending !== undefined ? { resumeFrom: pending } : {}),
      onTrace: async (operation) => {
        // An event has to be stopped also when the disk is full.
        await this.write({ operation }).catch((error: unknown) => {
          this.warn({ code: 'JOURNAL_NOT_WRITTEN', message: `The journal of the show could not be written: ${messageOf(error)}`, action: 'Free some disk space.' });
        });
      },
    };
  }
}

function sentenceOfCue({ kind, id, atUtc, durationSeconds }: CueReceipt): string {
  const at = `at ${atUtc.slice(11, 23)} UTC`;
  switch (kind) {
    case 'out': return `Break ${id} begins ${at}${durationSeconds === undefined ? '' : ` for ${durationSeconds} s`}.`;
    case 'in': return `Break ${id} ends ${at}.`;
    case 'cancel': return `The splice ${id} ${at} is withdrawn.`;
    case 'scte35': return `SCTE-35 message ${id} stands ${at}.`;
    case 'data': return `Data ${id} stands ${at}.`;
  }
}
