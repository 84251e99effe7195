// One track of a running live output: written to disk behind the stream, served from memory until it is there, and from memory
// alone once the disk has failed. An append never waits for the disk.
import { messageOf, OperatorError } from '../../../contract/errors.ts';
import type { ByteRange, PresentedSegment, PresentedTrack } from '../origin/presentation.ts';
import { segmentAt } from '../origin/segmentSearch.ts';
import { isSameFormat, type Fragment, type TrackFormat, type TrackIdentity } from '../packager/fragment.ts';
import { AppendLog } from './appendLog.ts';
import { readTrackDescription, trackFilesOf, writeTrackDescription } from './assetFiles.ts';
import { recoverTrack } from './recovery.ts';

/** A disk that is this far behind has failed. */
const MAX_UNWRITTEN_BYTES = 128 * 1024 * 1024;
/** What stays in memory of a track whose disk has failed. */
const MEMORY_SECONDS = 60;

type Place = { offset: number; bytes: undefined } | { offset: undefined; bytes: Uint8Array };
type Segment = PresentedSegment & { place: Place };

export class TrackArchive implements PresentedTrack {
  readonly identity: TrackIdentity;
  readonly formats: TrackFormat[];
  readonly inits: Uint8Array[];
  segments: Segment[];
  readonly #assetDir: string;
  readonly #onFailure: (error: OperatorError) => void;
  #log: AppendLog | undefined;
  #unwrittenBytes = 0;
  /** Why the disk is not written any more. */
  #failure: OperatorError | undefined;
  #hasRefused = false;
  #tail: Promise<void>;

  private constructor(
    assetDir: string, track: { identity: TrackIdentity; formats: TrackFormat[]; inits: Uint8Array[]; segments: Segment[] },
    log: AppendLog | undefined, ready: Promise<void>, onFailure: (error: OperatorError) => void,
  ) {
    this.#assetDir = assetDir;
    this.identity = track.identity;
    this.formats = track.formats;
    this.inits = track.inits;
    this.segments = track.segments;
    this.#log = log;
    this.#tail = ready;
    this.#onFailure = onFailure;
  }

  /** Goes on with the files of a track that an earlier process left; undefined when it had not got as far as describing the track. */
  static async resume(assetDir: string, trackName: string, onFailure: (error: OperatorError) => void): Promise<TrackArchive | undefined> {
    const known = await readTrackDescription(assetDir, trackName);
    if (!known) return undefined;
    const files = trackFilesOf(assetDir, trackName);
    const records = await recoverTrack(files);
    const segments = records.map(({ offset, sequence, startTicks, durationTicks, sizeBytes, formatId }): Segment => (
      { sequence, startTicks, durationTicks, sizeBytes, formatId, place: { offset, bytes: undefined } }
    ));
    const log = await AppendLog.open(files, records);
    const track = { identity: known.identity, formats: [...known.formats], inits: [...known.inits], segments };
    return new TrackArchive(assetDir, track, log, Promise.resolve(), onFailure);
  }

  /** A track that begins now. @param ready what must be on disk before it */
  static create(assetDir: string, identity: TrackIdentity, ready: Promise<void>, onFailure: (error: OperatorError) => void): TrackArchive {
    return new TrackArchive(assetDir, { identity, formats: [], inits: [], segments: [] }, undefined, ready, onFailure);
  }

  get endTicks(): number | undefined {
    const last = this.segments.at(-1);
    return last && last.startTicks + last.durationTicks;
  }

  /** Shows the fragment at once and writes it behind. What the track holds already is left out. */
  append(fragment: Fragment): void {
    const last = this.segments.at(-1);
    const isOld = this.endTicks !== undefined && fragment.startTicks < this.endTicks;
    if (isOld) return;
    if (fragment.track.timescale !== this.identity.timescale) {
      // Nothing is wrong with the disk: what was taken is still written.
      if (!this.#hasRefused) this.#onFailure(failureOf(this.identity.name, new Error('the encoder came back with another time base')));
      this.#hasRefused = true;
      return;
    }
    const { formatId, isNew } = this.#formatOf(fragment);
    const { startTicks, durationTicks, bytes } = fragment;
    const sequence = Math.max(fragment.sequence, (last?.sequence ?? -1) + 1);
    const segment: Segment = { sequence, startTicks, durationTicks, sizeBytes: bytes.length, formatId, place: { offset: undefined, bytes } };
    this.segments.push(segment);
    if (this.#failure) {
      this.#forgetOldMemory(segment);
      return;
    }
    this.#unwrittenBytes += bytes.length;
    if (this.#unwrittenBytes > MAX_UNWRITTEN_BYTES) {
      this.#fail(new Error('it is too slow for the stream'));
      return;
    }
    this.#tail = this.#tail.then(() => this.#write(segment, bytes, fragment.frames, isNew)).catch((error: unknown) => { this.#fail(error); });
  }

  async read(segment: PresentedSegment, range: ByteRange | undefined): Promise<Uint8Array | undefined> {
    const place = segmentAt(this.segments, segment.startTicks)?.place;
    const { start, end } = range ?? { start: 0, end: segment.sizeBytes - 1 };
    if (place?.bytes) return place.bytes.subarray(start, end + 1);
    return place?.offset === undefined ? undefined : this.#log?.read(place.offset + start, end + 1 - start);
  }

  /** Waits until everything is on disk and closes the files. Never rejects: what fails has been told by `onFailure`. */
  async close(): Promise<void> {
    await this.#tail;
    const log = this.#log;
    this.#log = undefined;
    if (!log) return;
    try {
      if (!this.#failure) await log.sync();
      await log.close();
    } catch (error) {
      this.#fail(error);
    }
  }

  #formatOf(fragment: Fragment): { formatId: number; isNew: boolean } {
    const known = this.formats.findIndex((format) => isSameFormat(format, fragment.format));
    if (known >= 0) return { formatId: known, isNew: false };
    this.formats.push(fragment.format);
    this.inits.push(fragment.init);
    return { formatId: this.formats.length - 1, isNew: true };
  }

  async #write(segment: Segment, bytes: Uint8Array, frames: number, hasNewFormat: boolean): Promise<void> {
    if (this.#failure) return;
    const description = { identity: this.identity, formats: this.formats.slice(0, segment.formatId + 1), inits: this.inits.slice(0, segment.formatId + 1) };
    if (hasNewFormat) await writeTrackDescription(this.#assetDir, description);
    this.#log ??= await AppendLog.open(trackFilesOf(this.#assetDir, this.identity.name), []);
    const offset = await this.#log.append(bytes, { ...segment, frames });
    segment.place = { offset, bytes: undefined };
    this.#unwrittenBytes -= bytes.length;
  }

  #fail(cause: unknown): void {
    if (this.#failure) return;
    this.#failure = failureOf(this.identity.name, cause);
    this.#onFailure(this.#failure);
  }

  #forgetOldMemory(newest: Segment): void {
    const oldestTicks = newest.startTicks - MEMORY_SECONDS * this.identity.timescale;
    this.segments = this.segments.filter((segment) => segment.place.bytes === undefined || segment.startTicks >= oldestTicks);
  }
}

function failureOf(trackName: string, cause: unknown): OperatorError {
  const isFull = cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT');
  return new OperatorError(
    'ARCHIVE_WRITE_FAILED', isFull ? 'The archive cannot be written: the disk is full.' : `The archive of ${trackName} cannot be written: ${messageOf(cause)}.`,
    'The stream goes on. Free space on the disk or choose another folder, then begin a new recording.', { cause },
  );
}
