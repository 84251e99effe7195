// The recording of one show: begins and ends it, also in the middle, watches its disk, writes down its files, and makes them plain when they
// are done. What goes wrong here is said and never ends the show.
import { setTimeout as pause } from 'node:timers/promises';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import type { Rendition } from '../../contract/ladder.ts';
import type { ShowPlan } from '../../contract/plan.ts';
import type { RecordingStatus } from '../../contract/recording.ts';
import type { Failure } from '../../contract/report.ts';
import type { Undelivered } from '../../contract/undelivered.ts';
import { VideoEncoder } from '../encode/videoEncoder.ts';
import type { Lease } from '../media/framePool.ts';
import type { AudioTrackConfig, MediaPacket, VideoTrackConfig } from '../media/packets.ts';
import { exactMsOfFrame, type FrameIndex, type Timeline } from '../media/timeline.ts';
import { DiskWatch } from '../monitor/diskWatch.ts';
import { finishRecording } from '../record/finishing.ts';
import { GrowthWatch } from '../record/growthWatch.ts';
import { Recorder, type EndedPart } from '../record/recorder.ts';
import type { RecordingBook } from '../record/recordingBook.ts';
import { NotesOfRecording } from './notesOfRecording.ts';

/** Name of the picture that is encoded for the recording alone. */
const OWN_RENDITION = 'recording';
/** Parts are made plain during the show at most so many times as fast as they play. */
const SPEED_DURING_SHOW = 30;
/** The end of a show waits so long for its last file to be made plain. */
const FINISH_MS = 120_000;
/** A disk that hangs is not waited for longer. */
const DISK_MS = 5_000;
/** What is not delivered is written down this often while the show runs. */
const NOTE_EVERY_MS = 10_000;

export type RecordingSettings = {
  readonly plan: ShowPlan;
  readonly top: Rendition;
  readonly binary: string;
  readonly eventName: string;
  readonly book: RecordingBook;
  readonly onWarning: (failure: Failure) => void;
  /** What is not at the service so far. */
  readonly undelivered: () => readonly Undelivered[];
};

/** How an operator begins and ends a recording during a show. */
export type RecordingControls = {
  /** @throws OperatorError when there is no folder, or it cannot be used, or a recording runs */
  start(dir: string | undefined): Promise<void>;
  stop(): Promise<void>;
};

type Running = {
  readonly recorder: Recorder;
  readonly disk: DiskWatch;
  readonly growth: GrowthWatch;
  encoder: VideoEncoder | undefined;
  readonly notes: NotesOfRecording;
  readonly noting: NodeJS.Timeout;
};

export class RecordingDesk implements RecordingControls {
  readonly #settings: RecordingSettings;
  readonly #configs = new Map<string, VideoTrackConfig | AudioTrackConfig>();
  readonly #recordings: NotesOfRecording[] = [];
  readonly #abort = new AbortController();
  #timeline: Timeline | undefined;
  #nextFrame = 0;
  #running: Running | undefined;
  #last: RecordingStatus | undefined;
  #isShowOver = false;
  #isBusy = false;
  #finishing: Promise<void> = Promise.resolve();

  constructor(settings: RecordingSettings) {
    this.#settings = settings;
  }

  /** Begins what the plan asks for; to be called before the first frame. @throws OperatorError */
  async begin(timeline: Timeline, startFrame: FrameIndex): Promise<void> {
    this.#timeline = timeline;
    this.#nextFrame = startFrame;
    if (this.#settings.plan.recordDir !== undefined) await this.start(undefined);
  }

  async start(dir: string | undefined): Promise<void> {
    const { plan, top, eventName, onWarning } = this.#settings;
    const timeline = this.#timeline;
    const folder = dir ?? plan.recordDir;
    if (timeline === undefined || this.#isShowOver) throw new OperatorError('NOT_ON_AIR', 'The show has no picture to record.', 'Try again in a moment.');
    if (folder === undefined) throw new OperatorError('RECORD_NO_FOLDER', 'No folder for the recording is known.', 'Name one: `fieldcast control record on --dir FOLDER`.');
    if (this.#running !== undefined || this.#isBusy) throw new OperatorError('RECORDING_ALREADY', 'The show is being recorded already.', 'Nothing needs to be done.');
    this.#isBusy = true;
    try {
      const rendition = plan.recordKbps === undefined ? top.name : OWN_RENDITION;
      const notes = new NotesOfRecording(this.#settings.book, timeline, eventName, rendition, (failure) => onWarning(failure));
      const recorder = await Recorder.open({
        dir: folder, event: eventName, rendition, nameTemplate: plan.recordName, splitSeconds: plan.recordSplitSeconds,
        onProblem: ({ code, message, action }) => onWarning({ code, message, action }),
        onResumed: (path) => onWarning({ code: 'RECORD_RESUMED', message: `The recording goes on in "${path}".`, action: 'Nothing needs to be done.' }),
        onPartBegun: (path, firstFrame) => notes.begin(path, firstFrame),
        onPartEnded: (part) => this.#partEnded(notes, part),
      });
      for (const config of this.#configs.values()) recorder.configure(config);
      this.#recordings.push(notes);
      this.#running = {
        recorder, notes,
        disk: new DiskWatch(folder, { recordedBytes: () => recorder.sizeBytes }),
        growth: new GrowthWatch({ path: () => recorder.path, onVanished: (path) => recorder.fileVanished(path) }),
        encoder: plan.recordKbps === undefined ? undefined : this.#ownEncoder(recorder, timeline, plan.recordKbps),
        noting: setInterval(() => { void notes.keep(this.#settings.undelivered()); }, NOTE_EVERY_MS),
      };
    } finally {
      this.#isBusy = false;
    }
  }

  async stop(): Promise<void> {
    if (this.#running === undefined) throw new OperatorError('NOT_RECORDING', 'The show is not being recorded.', 'Nothing needs to be done.');
    await this.#end();
  }

  configure(config: VideoTrackConfig | AudioTrackConfig): void {
    this.#configs.set(config.kind === 'audio' ? 'audio' : config.rendition, config);
    this.#running?.recorder.configure(config);
  }

  add(packet: MediaPacket): void {
    this.#running?.recorder.add(packet);
  }

  /** A frame of the program, for the encoder of its own. */
  frame(frame: FrameIndex, pieces: readonly Uint8Array[], lease: Lease | undefined): void {
    this.#nextFrame = frame + 1;
    this.#running?.encoder?.push(frame, pieces, lease);
  }

  get status(): RecordingStatus | undefined {
    const running = this.#running;
    if (running === undefined) return this.#last;
    const { recorder, disk, encoder, notes } = running;
    const { secondsLeft } = disk;
    return {
      path: recorder.path, sizeBytes: recorder.sizeBytes, state: recorder.problem === undefined ? 'recording' : 'interrupted',
      rendition: notes.rendition, files: recorder.parts,
      ...(secondsLeft === undefined ? {} : { diskSecondsLeft: secondsLeft }),
      ...(encoder === undefined ? {} : { replacedFrames: encoder.stats.replacedFrames }),
    };
  }

  /** Time for which the file has not grown though a GOP was due, ms; undefined while nothing is recorded. */
  get stalledMs(): number | undefined {
    const timeline = this.#timeline;
    if (this.#running === undefined || timeline === undefined) return undefined;
    return Math.max(0, this.#running.growth.stalledMs - exactMsOfFrame(timeline.framesPerGop, timeline.frameRate));
  }

  /** Encodes and writes what is left. The last files are made plain behind it; see {@link settle}. */
  async finish(): Promise<void> {
    this.#isShowOver = true;
    await this.#end();
  }

  /** Waits until the files are plain, bounded. */
  async settle(): Promise<void> {
    await within(this.#finishing, FINISH_MS);
    this.#abort.abort(new Error('the end of the show did not wait any longer'));
    await within(this.#finishing, DISK_MS);
  }

  /** Ends at once; a file that is not plain by now stays in fragments. */
  async abort(): Promise<void> {
    this.#isShowOver = true;
    this.#abort.abort(new Error('the show was ended at once'));
    await this.#end(0);
    await within(this.#finishing, DISK_MS);
  }

  /** Writes down what was not delivered, finally; bounded. */
  async keep(undelivered: readonly Undelivered[]): Promise<void> {
    await within(Promise.all(this.#recordings.map(async (notes) => notes.keep(undelivered, true))), DISK_MS);
  }

  async #end(encoderMs?: number): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const { recorder, disk, growth, encoder, notes, noting } = running;
    await encoder?.finish(encoderMs);
    // Another call may have been quicker.
    if (this.#running !== running) return;
    const { status } = this;
    this.#last = status === undefined ? undefined : { ...status, state: 'stopped' };
    this.#running = undefined;
    disk.stop();
    growth.stop();
    clearInterval(noting);
    // The end of a show does not wait for a disk that hangs.
    await recorder.close();
    if (this.#last !== undefined) this.#last = { ...this.#last, sizeBytes: recorder.sizeBytes };
    await within(notes.keep(this.#settings.undelivered()), DISK_MS);
  }

  #ownEncoder(recorder: Recorder, timeline: Timeline, kbps: number): VideoEncoder {
    const { plan, top, binary, onWarning } = this.#settings;
    const startFrame = Math.ceil(this.#nextFrame / timeline.framesPerGop) * timeline.framesPerGop;
    return new VideoEncoder({
      binary, timeline, encoder: plan.encoder, startFrame: startFrame as FrameIndex,
      ladder: { ...plan.ladder, name: OWN_RENDITION, renditions: [{ ...top, name: OWN_RENDITION, declaredKbps: kbps }] },
      onConfig: (config) => recorder.configure(config),
      onPacket: (packet) => recorder.add(packet),
      onFailure: ({ error, resumesAt }) => {
        onWarning({ code: 'RECORD_ENCODER_FAILED', message: `The encoder of the recording failed: ${error.message}`, action: resumesAt === undefined ? `${top.name} is recorded from here on.` : 'It was started again; the stream is not touched.' });
        if (resumesAt === undefined) recorder.follow(top.name);
      },
    });
  }

  #partEnded(notes: NotesOfRecording, part: EndedPart): void {
    notes.end(part);
    this.#finishing = this.#makePlain(this.#finishing, notes, part.path);
  }

  async #makePlain(before: Promise<void>, notes: NotesOfRecording, path: string): Promise<void> {
    await before;
    const { signal } = this.#abort;
    try {
      await finishRecording(path, { binary: this.#settings.binary, signal, ...(this.#isShowOver ? {} : { maxSpeed: SPEED_DURING_SHOW }) });
      notes.finished(path);
    } catch (error) {
      const { code, message, action } = error instanceof OperatorError ? error : new OperatorError('RECORD_NOT_FINISHED', messageOf(error), 'It plays as it is.');
      this.#settings.onWarning({ code, message, action });
    }
  }
}

/** Waits for what cannot be stopped, but not for long. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const limit = new AbortController();
  await Promise.race([work, pause(ms, undefined, { signal: limit.signal }).catch(() => undefined)]);
  limit.abort();
}
