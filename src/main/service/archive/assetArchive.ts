// A running live output: takes fragments from the channel, keeps them on disk, and shows itself to viewers while it grows.
import { messageOf, OperatorError } from '../../../contract/errors.ts';
import type { OutputSpec } from '../mediaPlane.ts';
import type { ByteRange, Presentation, PresentedSegment, PresentedTrack } from '../origin/presentation.ts';
import type { Cue, CueBoard, CueChange } from '../packager/cue.ts';
import type { Fragment } from '../packager/fragment.ts';
import { appendCue, readCues } from './cueFile.ts';
import { readAssetDescription, writeAssetDescription, type AssetDescription } from './assetFiles.ts';
import { TrackArchive } from './trackArchive.ts';

/** What the archive asks of the channel that it records. */
export type RecordedChannel = { readonly zeroUtcMs: number | undefined; readonly expectedTracks: readonly string[] };

export class AssetArchive implements Presentation {
  readonly spec: OutputSpec;
  readonly #channel: RecordedChannel;
  readonly #onFailure: (error: OperatorError) => void;
  readonly #tracks: Map<string, TrackArchive>;
  readonly #board: CueBoard;
  #description: AssetDescription;
  #failure: OperatorError | undefined;
  #described: Promise<void> = Promise.resolve();

  private constructor(
    spec: OutputSpec, channel: RecordedChannel, description: AssetDescription, board: CueBoard, onFailure: (error: OperatorError) => void,
  ) {
    this.spec = spec;
    this.#channel = channel;
    this.#description = description;
    this.#board = board;
    this.#onFailure = onFailure;
    this.#tracks = new Map();
  }

  /**
   * Begins an archive, or goes on with the one that an earlier process left in the folder.
   * @throws OperatorError `ARCHIVE_REFUSED` when the folder cannot be written, `ASSET_IN_USE` when it holds another output's recording
   */
  static async open(spec: OutputSpec, channel: RecordedChannel, onFailure: (error: OperatorError) => void): Promise<AssetArchive> {
    const { assetDir, eventName, outputName, manifestName, archiveWindowSeconds } = spec;
    try {
      const known = await readAssetDescription(assetDir);
      if (known && (known.eventName !== eventName || known.outputName !== outputName)) {
        throw new OperatorError('ASSET_IN_USE', `The asset "${spec.assetName}" holds the recording of another live output.`, 'Create a new asset for this output.');
      }
      const description: AssetDescription = {
        version: 1, eventName, outputName, manifestName, archiveWindowSeconds,
        zeroUtcMs: known?.zeroUtcMs ?? channel.zeroUtcMs ?? null, tracks: known?.tracks ?? [], hasEnded: false,
      };
      const archive = new AssetArchive(spec, channel, description, await readCues(assetDir), onFailure);
      for (const name of description.tracks) await archive.#resume(name);
      await writeAssetDescription(assetDir, description);
      return archive;
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new OperatorError(
        'ARCHIVE_REFUSED', `The folder of the asset "${spec.assetName}" cannot be written: ${messageOf(error)}.`,
        'Check the free space and the permissions of the disk.', { cause: error },
      );
    }
  }

  get manifestName(): string {
    return this.spec.manifestName;
  }

  readonly isLive = true;

  get windowSeconds(): number {
    return this.spec.archiveWindowSeconds;
  }

  get zeroUtcMs(): number | undefined {
    return this.#description.zeroUtcMs ?? this.#channel.zeroUtcMs;
  }

  get expectedTracks(): readonly string[] {
    return this.#channel.expectedTracks;
  }

  get tracks(): readonly PresentedTrack[] {
    return [...this.#tracks.values()];
  }

  get cues(): readonly Cue[] {
    return this.#board.cues;
  }

  /** Why nothing more reaches the disk; undefined while all is well. */
  get failure(): OperatorError | undefined {
    return this.#failure;
  }

  append(fragment: Fragment): void {
    const { name } = fragment.track;
    let track = this.#tracks.get(name);
    if (!track) {
      track = TrackArchive.create(this.spec.assetDir, fragment.track, this.#describe([...this.#description.tracks, name]), this.#fail);
      this.#tracks.set(name, track);
    }
    track.append(fragment);
  }

  /** Keeps a change that the channel has decided. */
  cueChanged(change: CueChange): void {
    this.#board.apply(change);
    void this.#inTurn(() => appendCue(this.spec.assetDir, change), 'The cues of the archive could not be written');
  }

  async init(trackName: string, formatId: number): Promise<Uint8Array | undefined> {
    return this.#tracks.get(trackName)?.inits[formatId];
  }

  async read(trackName: string, segment: PresentedSegment, range: ByteRange | undefined): Promise<Uint8Array | undefined> {
    return this.#tracks.get(trackName)?.read(segment, range);
  }

  /** Writes what is left and marks the asset as ended. Never rejects; see `failure`. */
  async end(): Promise<void> {
    await this.close();
    await this.#describe(this.#description.tracks, true);
  }

  /** Closes the files and leaves the archive to be resumed. */
  async close(): Promise<void> {
    await Promise.all([...this.#tracks.values()].map((track) => track.close()));
    await this.#described;
  }

  async #resume(name: string): Promise<void> {
    const track = await TrackArchive.resume(this.spec.assetDir, name, this.#fail);
    if (track) this.#tracks.set(name, track);
  }

  #describe(tracks: readonly string[], hasEnded = false): Promise<void> {
    const unique = [...new Set(tracks)];
    this.#description = { ...this.#description, tracks: unique, hasEnded, zeroUtcMs: this.zeroUtcMs ?? null };
    const description = this.#description;
    return this.#inTurn(() => writeAssetDescription(this.spec.assetDir, description), 'The archive could not be described');
  }

  /** One small write after the other; a failure ends the archive. */
  #inTurn(write: () => Promise<void>, problem: string): Promise<void> {
    this.#described = this.#described.then(write).catch((error: unknown) => {
      this.#fail(new OperatorError('ARCHIVE_WRITE_FAILED', `${problem}: ${messageOf(error)}.`, 'Check the disk.', { cause: error }));
    });
    return this.#described;
  }

  readonly #fail = (error: OperatorError): void => {
    if (this.#failure) return;
    this.#failure = error;
    this.#onFailure(error);
  };
}
