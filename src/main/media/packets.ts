// The encoded units that travel from the encoder workers to publishers and recorders, all on the timeline.
import type { FrameRate } from '../../contract/ladder.ts';
import type { AudioFrameIndex, FrameIndex } from './timeline.ts';

/** Everything a receiver must know before the first video packet of a rendition. */
export type VideoTrackConfig = {
  readonly kind: 'video';
  readonly rendition: string;
  readonly width: number;
  readonly height: number;
  readonly frameRate: FrameRate;
  readonly declaredKbps: number;
  /** AVCDecoderConfigurationRecord, ISO/IEC 14496-15 §5.3.3.1. */
  readonly avcDecoderConfig: Uint8Array;
};

export type AudioTrackConfig = {
  readonly kind: 'audio';
  readonly sampleRate: number;
  readonly channels: number;
  readonly declaredKbps: number;
  /** AudioSpecificConfig, ISO/IEC 14496-3 §1.6.2.1. */
  readonly audioSpecificConfig: Uint8Array;
};

/** One access unit of one rendition. */
export type VideoPacket = {
  readonly kind: 'video';
  readonly rendition: string;
  /** Presentation index on the timeline. */
  readonly frame: FrameIndex;
  /** Decode index on the timeline; smaller than `frame` by the reorder delay and up. */
  readonly decodeFrame: FrameIndex;
  readonly isIdr: boolean;
  /** False when no other frame refers to this one (nal_ref_idc 0), so that it may be dropped alone. */
  readonly isReference: boolean;
  /** NAL units with 4-byte lengths (ISO/IEC 14496-15), without parameter sets. */
  readonly data: Uint8Array;
};

/** One AAC-LC frame of 1024 samples, without ADTS header. */
export type AudioPacket = {
  readonly kind: 'audio';
  readonly frame: AudioFrameIndex;
  readonly data: Uint8Array;
};

export type MediaPacket = VideoPacket | AudioPacket;
