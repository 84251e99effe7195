// One file of a recording: GOPs of one format, a fragment each. Takes one GOP after the other and says nothing of its own.
import { firstAudioFrameAt } from '../media/timeline.ts';
import { muxGop, type RecordingTracks } from './fragment.ts';
import type { Gop } from './gopCutter.ts';
import type { RecordingFile } from './recordingFile.ts';

export class RecordingPart {
  readonly firstFrame: number;
  readonly #tracks: RecordingTracks;
  /** Undefined until it is opened. */
  file: RecordingFile | undefined;
  /** `ending`: no further GOP is given to it; `failed`: it takes none of those that wait for it either. */
  state: 'taking' | 'ending' | 'failed' = 'taking';
  fragments = 0;
  endFrame: number;

  /** @param first the GOP with which it begins */
  constructor(first: Gop) {
    const [idr] = first.video;
    this.firstFrame = first.firstFrame;
    this.endFrame = first.firstFrame;
    this.#tracks = { video: first.config, audio: first.audioConfig, firstFrame: first.firstFrame, reorderFrames: idr === undefined ? 0 : idr.frame - idr.decodeFrame };
  }

  /** Whether the file's header is true for the GOP. */
  fits({ config, audioConfig }: Gop): boolean {
    const { video, audio } = this.#tracks;
    return video.rendition === config.rendition && Buffer.compare(video.avcDecoderConfig, config.avcDecoderConfig) === 0 && (audio !== undefined) === (audioConfig !== undefined);
  }

  /** Appends the GOP to the file. @throws OperatorError of the file system, or what mediabunny refuses; the file then ends with the GOP before */
  async write(gop: Gop): Promise<void> {
    if (this.file === undefined) throw new Error('The part has no file.');
    const firstAudio = firstAudioFrameAt(this.firstFrame, gop.config.frameRate);
    const audio = this.#tracks.audio === undefined ? [] : gop.audio.filter(({ frame }) => frame >= firstAudio);
    const { header, fragment } = await muxGop(this.#tracks, gop.video, audio, this.fragments + 1);
    await this.file.append(this.fragments === 0 ? Buffer.concat([header, fragment]) : fragment);
    this.fragments += 1;
    this.endFrame = gop.endFrame;
  }
}
