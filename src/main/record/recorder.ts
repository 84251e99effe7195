// Records one rendition and the sound as a fragmented MP4, one fragment a GOP, so that the file plays up to its last whole GOP
// whatever happens. It never holds up the show: when it fails it says so once and takes nothing more.
import { messageOf, OperatorError } from '../../contract/errors.ts';
import type { AudioPacket, AudioTrackConfig, MediaPacket, VideoPacket, VideoTrackConfig } from '../media/packets.ts';
import { muxGop, secondsOfAudio, type RecordingTracks } from './fragment.ts';
import { DEFAULT_NAME_TEMPLATE, RecordingFile, recordingName } from './recordingFile.ts';

/** A disk that leaves this much waiting is too slow; the show's memory is not its buffer. */
const MAX_WAITING_BYTES = 96 * 1024 * 1024;
/** GOPs that the first fragment waits for the sound's configuration; after that the file has no sound. */
const MAX_GOPS_WITHOUT_AUDIO = 5;
/** AAC frames that wait for their GOP: a minute. */
const MAX_WAITING_AUDIO = 2813;

export type RecorderOptions = {
  readonly dir: string;
  /** For the file's name. */
  readonly event: string;
  readonly startedAt?: Date;
  /** `{event}`, `{date}` and `{time}` are filled in. */
  readonly nameTemplate?: string;
  /** The rendition that is recorded; packets of others are ignored. */
  readonly rendition: string;
  /** Called at most once; what was written until then stays and plays. */
  readonly onFailure: (error: OperatorError) => void;
};

type Gop = { readonly video: VideoPacket[]; readonly endFrame: number };

export class Recorder {
  readonly #file: RecordingFile;
  readonly #options: RecorderOptions;
  #state: 'recording' | 'closing' | 'failed' | 'closed' = 'recording';
  #videoConfig: VideoTrackConfig | undefined;
  #audioConfig: AudioTrackConfig | undefined;
  #tracks: RecordingTracks | undefined;
  /** GOPs that wait for the sound's configuration, and the one that is arriving. */
  readonly #gops: Gop[] = [];
  #arriving: VideoPacket[] = [];
  #audio: AudioPacket[] = [];
  #waitingBytes = 0;
  #fragments = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: RecordingFile, options: RecorderOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** Creates the file. @throws OperatorError when the folder is missing, may not be written to, or its disk is full. */
  static async open(options: RecorderOptions): Promise<Recorder> {
    const name = recordingName(options.nameTemplate ?? DEFAULT_NAME_TEMPLATE, { event: options.event, startedAt: options.startedAt ?? new Date() });
    return new Recorder(await RecordingFile.create(options.dir, name), options);
  }

  get path(): string {
    return this.#file.path;
  }

  /** Bytes that are safe on disk. */
  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  get fragments(): number {
    return this.#fragments;
  }

  /** To be called before the first packet of the track. A picture of another format ends the recording. */
  configure(config: VideoTrackConfig | AudioTrackConfig): void {
    if (config.kind === 'audio') {
      this.#audioConfig ??= config;
      return;
    }
    if (config.rendition !== this.#options.rendition) return;
    const known = this.#videoConfig;
    if (known !== undefined && Buffer.compare(known.avcDecoderConfig, config.avcDecoderConfig) !== 0) {
      this.#fail(new OperatorError('RECORD_FORMAT_CHANGED', 'The encoder changed the format of the picture; the recording ends here.', 'Start another recording to go on.'));
    }
    this.#videoConfig ??= config;
  }

  /** Takes a packet of any track; never waits. */
  add(packet: MediaPacket): void {
    if (this.#state !== 'recording') return;
    const isKept = packet.kind === 'audio' ? this.#addAudio(packet) : this.#addVideo(packet);
    if (!isKept) return;
    this.#waitingBytes += packet.data.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#fail(new OperatorError('DISK_TOO_SLOW', 'The disk takes the recording more slowly than it is made; the recording ends here.', 'Record into a folder on a faster disk.'));
    }
  }

  /** Writes what is left and closes the file. Resolves when it is on disk, also after a failure. */
  async close(): Promise<{ readonly path: string; readonly sizeBytes: number }> {
    if (this.#state === 'recording') {
      this.#state = 'closing';
      this.#endGop();
      this.#flush(true);
    }
    await this.#writing;
    if (this.#state !== 'closed') {
      this.#state = 'closed';
      await this.#file.close().catch(() => {});
    }
    return { path: this.path, sizeBytes: this.sizeBytes };
  }

  #addAudio(packet: AudioPacket): boolean {
    if (this.#audioConfig === undefined) return false;
    this.#audio.push(packet);
    // Without a picture no GOP ever takes the sound away.
    if (this.#audio.length > MAX_WAITING_AUDIO) this.#waitingBytes -= this.#audio.shift()?.data.length ?? 0;
    return true;
  }

  #addVideo(packet: VideoPacket): boolean {
    if (this.#videoConfig === undefined || packet.rendition !== this.#options.rendition) return false;
    if (packet.isIdr) {
      this.#endGop();
      this.#flush(false);
    } else if (this.#arriving.length === 0) {
      return false;
    }
    this.#arriving.push(packet);
    return true;
  }

  #endGop(): void {
    if (this.#arriving.length === 0) return;
    const endFrame = Math.max(...this.#arriving.map((one) => one.frame)) + 1;
    this.#gops.push({ video: this.#arriving, endFrame });
    this.#arriving = [];
  }

  #flush(isLast: boolean): void {
    const first = this.#gops[0]?.video[0];
    if (first === undefined || this.#videoConfig === undefined) return;
    const mayWait = this.#audioConfig === undefined && this.#tracks === undefined && !isLast;
    if (mayWait && this.#gops.length < MAX_GOPS_WITHOUT_AUDIO) return;
    this.#tracks ??= { video: this.#videoConfig, audio: this.#audioConfig, firstFrame: first.frame };
    for (const gop of this.#gops.splice(0)) this.#enqueue(this.#tracks, gop, isLast);
  }

  #enqueue(tracks: RecordingTracks, gop: Gop, isLast: boolean): void {
    const { frameRate } = tracks.video;
    const endSeconds = ((gop.endFrame - tracks.firstFrame) * frameRate.den) / frameRate.num;
    // Sound that comes late goes into the next fragment: each track of a fragment has a time of its own.
    const due = this.#audio.filter((one) => isLast || secondsOfAudio(one.frame, tracks) < endSeconds);
    this.#audio = this.#audio.slice(due.length);
    const bytes = [...gop.video, ...due].reduce((sum, one) => sum + one.data.length, 0);
    const audio = tracks.audio === undefined ? [] : due.filter((one) => secondsOfAudio(one.frame, tracks) >= 0);
    this.#writing = this.#writeAfter(this.#writing, tracks, gop.video, audio, bytes);
  }

  async #writeAfter(
    before: Promise<void>, tracks: RecordingTracks, video: readonly VideoPacket[], audio: readonly AudioPacket[], bytes: number,
  ): Promise<void> {
    await before;
    if (this.#state === 'failed') return;
    try {
      await this.#write(tracks, video, audio);
    } catch (error) {
      this.#fail(error);
    }
    this.#waitingBytes -= bytes;
  }

  async #write(tracks: RecordingTracks, video: readonly VideoPacket[], audio: readonly AudioPacket[]): Promise<void> {
    const { header, fragment } = await muxGop(tracks, video, audio, this.#fragments + 1);
    await this.#file.append(this.#fragments === 0 ? Buffer.concat([header, fragment]) : fragment);
    this.#fragments += 1;
  }

  #fail(error: unknown): void {
    if (this.#state === 'failed' || this.#state === 'closed') return;
    this.#state = 'failed';
    this.#gops.length = 0;
    this.#arriving = [];
    this.#audio = [];
    this.#options.onFailure(error instanceof OperatorError
      ? error
      : new OperatorError('RECORD_FAILED', `The recording failed: ${messageOf(error)}`, 'The show goes on; start another recording.', { cause: error }));
  }
}
