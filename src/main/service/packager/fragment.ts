// What the packager makes and everyone behind it passes on: whole CMAF fragments of one track, on the event's timeline.
import type { FrameRate } from '../../../contract/ladder.ts';

/** What never changes about a track while its channel lives. Times of a track are ticks of its `timescale` after the timeline's zero. */
export type TrackIdentity = {
  /** `video_2500000` or `audio_128000`. */
  readonly name: string;
  readonly kind: 'video' | 'audio';
  /** bit/s */
  readonly declaredBitrate: number;
  /** Ticks a second. */
  readonly timescale: number;
};

/** What a decoder must know; a new encoder on the same track brings a new format. */
export type TrackFormat = {
  /** RFC 6381 `codecs` value. */
  readonly codec: string;
  /** AVCDecoderConfigurationRecord or AudioSpecificConfig. */
  readonly decoderConfig: Uint8Array;
  readonly video?: { readonly width: number; readonly height: number; readonly frameRate: FrameRate | undefined };
  readonly audio?: { readonly sampleRate: number; readonly channels: number };
};

/** One access unit or AAC frame; `data` as it stands in the file. */
export type Sample = { readonly ptsTicks: number; readonly durationTicks: number; readonly isSync: boolean; readonly data: Uint8Array };

/** Samples of one fragment in decode order, not packaged yet. `endTicks` is where its last sample ends. */
export type SampleRun = { readonly startTicks: number; readonly endTicks: number; readonly samples: readonly Sample[] };

export type Fragment = {
  readonly track: TrackIdentity;
  readonly format: TrackFormat;
  /** CMAF header of `format` in this track's timescale. */
  readonly init: Uint8Array;
  /** Index of the GOP on the timeline; grows by one from fragment to fragment and by more over a hole. */
  readonly sequence: number;
  readonly startTicks: number;
  readonly durationTicks: number;
  readonly frames: number;
  /** styp, moof, mdat. */
  readonly bytes: Uint8Array;
};

/** True when a decoder set up for `one` can go on with `other`. */
export function isSameFormat(one: TrackFormat, other: TrackFormat): boolean {
  return one === other || (one.codec === other.codec && Buffer.compare(one.decoderConfig, other.decoderConfig) === 0);
}
