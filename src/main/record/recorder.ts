// Records one rendition and the sound as fragmented MP4, one fragment a GOP, so that a file plays up to its last whole GOP whatever
// happens. It never holds up the show: where a disk refuses it goes on in another file as soon as it can, and where it is slow it leaves out
// whole GOPs.
import { rm } from 'node:fs/promises';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import type { AudioTrackConfig, MediaPacket, VideoTrackConfig } from '../media/packets.ts';
import { GopCutter, type Gop } from './gopCutter.ts';
import { RecordingFile } from './recordingFile.ts';
import { checkNameTemplate, DEFAULT_NAME_TEMPLATE, recordingName } from './recordingName.ts';
import { RecordingPart } from './recordingPart.ts';

/** A disk that leaves this much waiting is too slow; the show's memory is not its buffer. */
const MAX_WAITING_BYTES = 96 * 1024 * 1024;
/** Pause before a new file after one that failed; doubled each time, up to the longest. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** The end of a show waits so long for a disk. */
const CLOSE_MS = 15_000;

export type EndedPart = { readonly path: string; readonly firstFrame: number; readonly endFrame: number; readonly sizeBytes: number };

export type RecorderOptions = {
  readonly dir: string;
  /** For the name of the files. */
  readonly event: string;
  readonly startedAt?: Date;
  /** See {@link recordingName}. */
  readonly nameTemplate?: string | undefined;
  /** The rendition that is recorded; packets of others are ignored. */
  readonly rendition: string;
  /** A new file is begun at the first GOP after so much media, s. */
  readonly splitSeconds?: number | undefined;
  /** Something is not recorded, from now until {@link onResumed}; called once for each time. */
  readonly onProblem: (error: OperatorError) => void;
  readonly onResumed?: (path: string) => void;
  /** A file has its first GOP. */
  readonly onPartBegun?: (path: string, firstFrame: number) => void;
  /** A file is closed, for whatever reason, and has at least one GOP. */
  readonly onPartEnded?: (part: EndedPart) => void;
  /** Longest pause between two attempts to begin another file, ms. */
  readonly maxRetryMs?: number;
};

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #startedAt: Date;
  readonly #cutter: GopCutter;
  #rendition: string;
  /** Made at the start, so that a folder that cannot be used is known before the show. */
  #firstFile: RecordingFile | undefined;
  #state: 'recording' | 'closing' | 'closed' = 'recording';
  #part: RecordingPart | undefined;
  #parts = 1;
  #path: string;
  #endedBytes = 0;
  #fragments = 0;
  #waitingBytes = 0;
  #problem: OperatorError | undefined;
  #retryMs = RETRY_MS;
  #retryAtMs = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: RecordingFile, options: RecorderOptions, startedAt: Date) {
    this.#options = options;
    this.#startedAt = startedAt;
    this.#firstFile = file;
    this.#path = file.path;
    this.#rendition = options.rendition;
    this.#cutter = new GopCutter(options.rendition);
  }

  /** Creates the first file. @throws OperatorError when the name is none, or the folder is missing, may not be written to, or its disk is full. */
  static async open(options: RecorderOptions): Promise<Recorder> {
    const startedAt = options.startedAt ?? new Date();
    const template = options.nameTemplate ?? DEFAULT_NAME_TEMPLATE;
    checkNameTemplate(template);
    const name = recordingName(template, { event: options.event, startedAt, part: 1, rendition: options.rendition });
    return new Recorder(await RecordingFile.create(options.dir, name), options, startedAt);
  }

  /** Of the file that is written, or was written last. */
  get path(): string {
    return this.#path;
  }

  /** Bytes of all its files that are safe on disk. */
  get sizeBytes(): number {
    return this.#endedBytes + (this.#part?.file?.sizeBytes ?? 0);
  }

  /** GOPs that are safe on disk. */
  get fragments(): number {
    return this.#fragments;
  }

  /** Files begun so far. */
  get parts(): number {
    return this.#parts;
  }

  /** Why nothing is recorded just now. */
  get problem(): OperatorError | undefined {
    return this.#problem;
  }

  /** To be called before the first packet of the track, and when its format changes: the recording goes on in another file. */
  configure(config: VideoTrackConfig | AudioTrackConfig): void {
    this.#cutter.configure(config);
  }

  /** Records another rendition from its next IDR on, in another file. */
  follow(rendition: string): void {
    this.#rendition = rendition;
    this.#cutter.follow(rendition);
  }

  /** Takes a packet of any track; never waits. */
  add(packet: MediaPacket): void {
    if (this.#state !== 'recording') return;
    for (const gop of this.#cutter.push(packet)) this.#take(gop);
  }

  /** The file is not where it was: what is written goes nowhere. A new one is begun. */
  fileVanished(path: string): void {
    if (this.#state !== 'recording' || this.#part?.file?.path !== path) return;
    this.#fail(this.#part, new OperatorError('RECORD_FILE_GONE', `The file "${path}" of the recording has been removed or its disk is gone.`, 'Look for the disk or folder. The recording goes on in a new file as soon as the folder is there.'));
  }

  /** Writes what is left and closes the file; bounded in time. Resolves when it is on disk, also after a failure. */
  async close(): Promise<void> {
    if (this.#state === 'recording') {
      this.#state = 'closing';
      for (const gop of this.#cutter.end()) this.#take(gop);
      this.#endPart();
    }
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => { timer = setTimeout(resolve, CLOSE_MS); });
    await Promise.race([this.#writing, limit]);
    clearTimeout(timer);
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const unused = this.#firstFile;
    this.#firstFile = undefined;
    if (unused === undefined) return;
    await unused.close().catch(() => {});
    await rm(unused.path, { force: true }).catch(() => {});
  }

  #take(gop: Gop): void {
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#say(new OperatorError('DISK_TOO_SLOW', 'The disk takes the recording more slowly than it is made; a part of it is left out.', 'Record into a folder on a faster disk.'));
      return;
    }
    const part = this.#partFor(gop);
    if (part === undefined) return;
    this.#waitingBytes += gop.sizeBytes;
    this.#do(async () => this.#write(part, gop), () => { this.#waitingBytes -= gop.sizeBytes; });
  }

  #partFor(gop: Gop): RecordingPart | undefined {
    const { splitSeconds } = this.#options;
    const current = this.#part;
    if (current?.state === 'taking') {
      const { num, den } = gop.config.frameRate;
      const isLong = splitSeconds !== undefined && gop.firstFrame - current.firstFrame >= Math.round((splitSeconds * num) / den);
      if (current.fits(gop) && !isLong) return current;
      this.#endPart();
    }
    if (performance.now() < this.#retryAtMs) return undefined;
    this.#part = new RecordingPart(gop);
    return this.#part;
  }

  /** Closes the part that is written behind what waits for it. */
  #endPart(): void {
    const part = this.#part;
    if (part?.state !== 'taking') return;
    part.state = 'ending';
    this.#do(async () => this.#close(part));
  }

  async #write(part: RecordingPart, gop: Gop): Promise<void> {
    if (part.state === 'failed') return;
    try {
      part.file ??= await this.#openFile();
      await part.write(gop);
    } catch (error) {
      this.#fail(part, error);
      return;
    }
    this.#fragments += 1;
    if (part.fragments === 1) this.#options.onPartBegun?.(part.file.path, part.firstFrame);
    this.#retryMs = RETRY_MS;
    if (this.#problem === undefined || this.#waitingBytes - gop.sizeBytes > MAX_WAITING_BYTES / 2) return;
    this.#problem = undefined;
    this.#options.onResumed?.(part.file.path);
  }

  async #openFile(): Promise<RecordingFile> {
    const { dir, event, nameTemplate } = this.#options;
    let file = this.#firstFile;
    this.#firstFile = undefined;
    if (file === undefined) {
      this.#parts += 1;
      file = await RecordingFile.create(dir, recordingName(nameTemplate ?? DEFAULT_NAME_TEMPLATE, { event, startedAt: this.#startedAt, part: this.#parts, rendition: this.#rendition }));
    }
    this.#path = file.path;
    return file;
  }

  /** Another file is tried at the first GOP after a pause. */
  #fail(part: RecordingPart, error: unknown): void {
    if (part.state === 'failed') return;
    if (part.state === 'taking') this.#do(async () => this.#close(part));
    part.state = 'failed';
    this.#retryAtMs = performance.now() + this.#retryMs;
    this.#retryMs = Math.min(this.#options.maxRetryMs ?? MAX_RETRY_MS, this.#retryMs * 2);
    this.#say(error instanceof OperatorError
      ? error
      : new OperatorError('RECORD_FAILED', `The recording failed: ${messageOf(error)}`, 'The show goes on, and the recording in another file.', { cause: error }));
  }

  async #close(part: RecordingPart): Promise<void> {
    const { file } = part;
    if (file === undefined) return;
    await file.close().catch(() => {});
    this.#endedBytes += file.sizeBytes;
    part.file = undefined;
    if (part.fragments > 0) this.#options.onPartEnded?.({ path: file.path, firstFrame: part.firstFrame, endFrame: part.endFrame, sizeBytes: file.sizeBytes });
    else await rm(file.path, { force: true }).catch(() => {});
  }

  #say(problem: OperatorError): void {
    const isNew = this.#problem?.code !== problem.code;
    this.#problem = problem;
    if (isNew) this.#options.onProblem(problem);
  }

  /** One use of the disk after the other: a disk that hangs holds up nothing but them. */
  #do(step: () => Promise<void>, after: () => void = () => {}): void {
    this.#writing = this.#after(this.#writing, step, after);
  }

  async #after(before: Promise<void>, step: () => Promise<void>, after: () => void): Promise<void> {
    await before;
    try {
      await step();
    } finally {
      after();
    }
  }
}
