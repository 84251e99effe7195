// Turns the FLV bytes of one rendition into packets with exact indices on the timeline. Knows no process.
import type { FrameRate, Rendition } from '../../contract/ladder.ts';
import { parseAvcDecoderConfig } from '../media/avcDecoderConfig.ts';
import { MediaFormatError } from '../media/formatError.ts';
import { inspectAccessUnit, NalType, withoutNalTypes } from '../media/h264.ts';
import type { VideoPacket, VideoTrackConfig } from '../media/packets.ts';
import { frameOfMediaMs, type FrameIndex } from '../media/timeline.ts';
import { FlvReader } from '../rtmp/flvReader.ts';
import type { FlvTag } from '../rtmp/flvTag.ts';
import { parseVideoPayload } from '../rtmp/flvVideo.ts';

/** FFmpeg writes the lower 31 bits of a timestamp; an encoder that runs for 24.8 days comes round to 0. */
const TIMESTAMP_PERIOD_MS = 2 ** 31;
/** Hardware encoders repeat their parameter sets before each IDR, and some write delimiters; a packet has neither. */
const NOT_IN_PACKETS = [NalType.sps, NalType.pps, NalType.accessUnitDelimiter];

export type VideoSink = {
  readonly onConfig: (config: VideoTrackConfig) => void;
  readonly onPacket: (packet: VideoPacket) => void;
};

export class VideoDemuxer {
  readonly #reader = new FlvReader();
  readonly #rendition: Rendition;
  readonly #frameRate: FrameRate;
  readonly #startFrame: number;
  readonly #sink: VideoSink;
  #hasConfig = false;
  /** FLV presentation time of the first frame: the muxer moves the stream so that its first decode time is 0. */
  #firstPresentationMs: number | undefined;
  #lastTimestampMs = 0;
  #periods = 0;
  /** Packets emitted so far. */
  packets = 0;

  /** @param startFrame the timeline's index of the first frame that the encoder was given. */
  constructor(rendition: Rendition, frameRate: FrameRate, startFrame: number, sink: VideoSink) {
    this.#rendition = rendition;
    this.#frameRate = frameRate;
    this.#startFrame = startFrame;
    this.#sink = sink;
  }

  /** @throws RtmpProtocolError or MediaFormatError for bytes that are no FLV with H.264; the demuxer is of no use afterwards. */
  push(bytes: Uint8Array): void {
    for (const tag of this.#reader.push(bytes)) if (tag.type === 'video') this.#read(tag);
  }

  #read(tag: FlvTag): void {
    const video = parseVideoPayload(tag.payload);
    if (video.avcPacketType === 'config') this.#readConfig(video.data);
    if (video.avcPacketType !== 'nalu') return;
    if (!this.#hasConfig) throw new MediaFormatError('invalid', 'The encoder sent a picture before its parameter sets.');
    const facts = inspectAccessUnit(video.data);
    if (!facts.hasSlice) return;
    const presentationMs = this.#unwrap(tag.timestampMs) + video.compositionMs;
    if (this.#firstPresentationMs === undefined) {
      if (!facts.isIdr) throw new MediaFormatError('invalid', 'The first picture of the encoder is no IDR.');
      this.#firstPresentationMs = presentationMs;
    }
    const frame = this.#startFrame + frameOfMediaMs(presentationMs - this.#firstPresentationMs, this.#frameRate);
    const decodeFrame = frame - frameOfMediaMs(video.compositionMs, this.#frameRate);
    this.packets += 1;
    this.#sink.onPacket({
      kind: 'video',
      rendition: this.#rendition.name,
      frame: frame as FrameIndex,
      decodeFrame: decodeFrame as FrameIndex,
      isIdr: facts.isIdr,
      isReference: facts.isReference,
      data: withoutNalTypes(video.data, NOT_IN_PACKETS),
    });
  }

  #readConfig(avcDecoderConfig: Uint8Array): void {
    const { nalLengthBytes } = parseAvcDecoderConfig(avcDecoderConfig);
    if (nalLengthBytes !== 4) throw new MediaFormatError('unsupported', `The encoder writes ${nalLengthBytes}-byte NAL lengths.`);
    this.#hasConfig = true;
    const { name, width, height, declaredKbps } = this.#rendition;
    this.#sink.onConfig({ kind: 'video', rendition: name, width, height, frameRate: this.#frameRate, declaredKbps, avcDecoderConfig });
  }

  #unwrap(timestampMs: number): number {
    if (timestampMs < this.#lastTimestampMs - TIMESTAMP_PERIOD_MS / 2) this.#periods += 1;
    this.#lastTimestampMs = timestampMs;
    return this.#periods * TIMESTAMP_PERIOD_MS + timestampMs;
  }
}
