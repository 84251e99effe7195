// The parameter sets that receivers were told of each rendition, and whether they can go on with those of another worker. Pure.
import type { VideoTrackConfig } from '../media/packets.ts';

export class TrackConfigs {
  readonly #told = new Map<string, VideoTrackConfig>();

  /** `known`: receivers have them; `new`: the first, or other ones where `mayChange`, and told from now on; `differs`: not to be used. */
  tell(config: VideoTrackConfig, mayChange: boolean): 'known' | 'new' | 'differs' {
    const known = this.#told.get(config.rendition);
    if (known !== undefined && Buffer.compare(known.avcDecoderConfig, config.avcDecoderConfig) === 0) return 'known';
    if (known !== undefined && !mayChange) return 'differs';
    this.#told.set(config.rendition, config);
    return 'new';
  }
}
