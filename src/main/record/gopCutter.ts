// Cuts the packets of one rendition and the sound into GOPs that hold all sound up to their end. Pure; holds what has not been taken.
import type { AudioPacket, AudioTrackConfig, MediaPacket, VideoPacket, VideoTrackConfig } from '../media/packets.ts';
import { firstAudioFrameAt } from '../media/timeline.ts';

/** GOPs that wait for sound that does not come; what comes later goes into a later GOP. */
const MAX_WAITING_GOPS = 5;
/** AAC frames that wait for their GOP: a minute. */
const MAX_WAITING_AUDIO = 2813;

export type Gop = {
  readonly config: VideoTrackConfig;
  readonly audioConfig: AudioTrackConfig | undefined;
  /** In decode order, an IDR first. */
  readonly video: readonly VideoPacket[];
  /** All sound that begins before its end and has not been given out; the first of it may begin before the GOP. */
  readonly audio: readonly AudioPacket[];
  readonly firstFrame: number;
  /** The frame behind its last one. */
  readonly endFrame: number;
  readonly sizeBytes: number;
};

type Picture = Pick<Gop, 'config' | 'video' | 'firstFrame' | 'endFrame'>;

export class GopCutter {
  readonly #configs = new Map<string, VideoTrackConfig>();
  #rendition: string;
  #audioConfig: AudioTrackConfig | undefined;
  #arriving: { readonly config: VideoTrackConfig; readonly video: VideoPacket[] } | undefined;
  readonly #waiting: Picture[] = [];
  #audio: AudioPacket[] = [];

  constructor(rendition: string) {
    this.#rendition = rendition;
  }

  /** Takes another rendition from its next IDR on. */
  follow(rendition: string): void {
    this.#endGop();
    this.#rendition = rendition;
  }

  /** To be called before the first packet of the track, and when its format changes. */
  configure(config: VideoTrackConfig | AudioTrackConfig): void {
    if (config.kind === 'audio') this.#audioConfig ??= config;
    else this.#configs.set(config.rendition, config);
  }

  /** Takes a packet of any track and returns the GOPs that are complete with it. */
  push(packet: MediaPacket): Gop[] {
    if (packet.kind === 'audio') {
      if (this.#audioConfig === undefined) return [];
      this.#audio.push(packet);
      // Without a picture no GOP ever takes the sound away.
      if (this.#audio.length > MAX_WAITING_AUDIO) this.#audio.shift();
    } else {
      if (packet.rendition !== this.#rendition) return [];
      const config = this.#configs.get(packet.rendition);
      if (packet.isIdr) {
        this.#endGop();
        this.#arriving = config === undefined ? undefined : { config, video: [] };
      }
      this.#arriving?.video.push(packet);
    }
    return this.#takeComplete(false);
  }

  /** What is left, the last GOP as far as it came. */
  end(): Gop[] {
    this.#endGop();
    return this.#takeComplete(true);
  }

  #endGop(): void {
    const arriving = this.#arriving;
    this.#arriving = undefined;
    const firstFrame = arriving?.video[0]?.frame;
    if (arriving === undefined || firstFrame === undefined) return;
    this.#waiting.push({ ...arriving, firstFrame, endFrame: Math.max(...arriving.video.map(({ frame }) => frame)) + 1 });
  }

  #takeComplete(isEnd: boolean): Gop[] {
    const complete: Gop[] = [];
    for (let picture = this.#waiting[0]; picture !== undefined; picture = this.#waiting[0]) {
      const behindAudio = firstAudioFrameAt(picture.endFrame, picture.config.frameRate);
      const hasAllSound = (this.#audio.at(-1)?.frame ?? -Infinity) >= behindAudio - 1;
      if (!hasAllSound && !isEnd && this.#waiting.length < MAX_WAITING_GOPS) break;
      this.#waiting.shift();
      const isLast = isEnd && this.#waiting.length === 0;
      const audio = this.#audio.filter(({ frame }) => isLast || frame < behindAudio);
      this.#audio = this.#audio.slice(audio.length);
      const sizeBytes = [...picture.video, ...audio].reduce((sum, { data }) => sum + data.length, 0);
      complete.push({ ...picture, audioConfig: this.#audioConfig, audio, sizeBytes });
    }
    return complete;
  }
}
