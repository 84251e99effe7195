// One published stream of one connection: checks what it declares and sends, and hands its frames to the channel's tracks.
import { MediaFormatError } from '../../media/formatError.ts';
import { parseAudioSpecificConfig } from '../../media/audioSpecificConfig.ts';
import { parseAvcDecoderConfig } from '../../media/avcDecoderConfig.ts';
import { inspectAccessUnit, NalType, withoutNalTypes } from '../../media/h264.ts';
import { parseSps } from '../../media/sps.ts';
import { parseAudioPayload } from '../../rtmp/flvAudio.ts';
import { parseVideoPayload } from '../../rtmp/flvVideo.ts';
import { RtmpProtocolError } from '../../rtmp/rtmpProtocolError.ts';
import type { TrackFormat } from '../packager/fragment.ts';
import { GopAssembler, GopTooLargeError } from '../packager/gopAssembler.ts';
import type { GopEnding } from '../packager/gopMerger.ts';
import type { AmfValue } from '../../rtmp/amf0Value.ts';
import type { AudioTrack } from './audioTrack.ts';
import { parseCueMessage } from './cueMessage.ts';
import type { Channel } from './channel.ts';
import { tracksOfMetadata, tracksOfStreamName, type DeclaredTracks } from './declaredTracks.ts';
import { IngestRefusal } from './ingestRefusal.ts';
import { unwrapTimestamp } from './timestampMapper.ts';
import type { SourceId, VideoTrack } from './videoTrack.ts';

/** Video without an IDR for this long never gets one. */
const LONGEST_WAIT_FOR_IDR_MS = 21_000;
/** Parameter sets live in the decoder configuration, and files hold no filler (ISO/IEC 14496-15 §5.2.2, §5.3.3). */
const NAL_TYPES_LEFT_OUT = [NalType.sps, NalType.pps, NalType.fillerData];
/** Audio object types whose frames are AAC-LC at the core (ISO/IEC 14496-3): AAC-LC, HE-AAC v1 and v2. */
const AAC_OBJECT_TYPES = [2, 5, 29];

type OpenVideo = { readonly track: VideoTrack; readonly assembler: GopAssembler; readonly firstMs: number };

export class Publication {
  readonly #channel: Channel;
  readonly #source: number;
  /** The instance whose connection this is: what Fieldcast says of itself, else the publisher's address. */
  #origin: string;
  #declared: DeclaredTracks;
  #hasMetadata: boolean;
  /** Encoder clock of the last packet, ms, without wrap. */
  #lastMs: number | undefined;
  #offsetSeconds = 0;
  #video: OpenVideo | undefined;
  #videoFormat: TrackFormat | undefined;
  /** Format of the GOP under way. */
  #gopFormat: TrackFormat | undefined;
  #ending: GopEnding = 'nextIdr';
  #audio: AudioTrack | undefined;
  #audioFormat: TrackFormat | undefined;
  #lastAudioMs = Number.NEGATIVE_INFINITY;

  /** @param streamName as it was published, with its query @param address of the publisher */
  constructor(channel: Channel, streamName: string, address = '') {
    this.#origin = address;
    this.#channel = channel;
    this.#source = channel.nextSource();
    this.#declared = tracksOfStreamName(streamName);
    this.#hasMetadata = this.#declared.videoBitrate !== undefined || this.#declared.audioBitrate !== undefined;
  }

  metadata(values: { readonly [key: string]: unknown }): void {
    this.#declared = tracksOfMetadata(values, this.#declared);
    this.#hasMetadata = true;
    const { encoder } = values;
    if (typeof encoder === 'string' && /^Fieldcast\/[\w-]{1,64}$/.test(encoder)) this.#origin = encoder;
  }

  get #id(): SourceId {
    return { source: this.#source, origin: this.#origin };
  }

  /** @throws IngestRefusal when the stream cannot be taken */
  video(timestampMs: number, payload: Uint8Array): void {
    try {
      this.#takeVideo(timestampMs, payload);
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /** @throws IngestRefusal when the stream cannot be taken */
  audio(timestampMs: number, payload: Uint8Array): void {
    try {
      this.#takeAudio(timestampMs, payload);
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /** A data message; cues are kept, all else is of no concern. Before the first packet the encoder's clock is unknown. */
  data(name: string, values: readonly AmfValue[], timestampMs: number): void {
    if (this.#lastMs === undefined) return;
    const message = parseCueMessage(name, values, unwrapTimestamp(timestampMs, this.#lastMs) / 1000);
    if (message?.type === 'cue') this.#channel.cueArrived({ type: 'cue', cue: { ...message.cue, seconds: message.cue.seconds + this.#offsetSeconds } });
    else if (message) this.#channel.cueArrived(message);
  }

  /** The stream has ended, in good order or not. Idempotent. */
  end(isClean: boolean): void {
    if (this.#ending !== 'nextIdr') return;
    this.#ending = isClean ? 'unpublished' : 'lost';
    const nowMs = performance.now();
    this.#audio?.sourceGone(this.#source);
    this.#video?.assembler.end();
    this.#video?.track.sourceGone(this.#source, nowMs);
  }

  #takeVideo(timestampMs: number, payload: Uint8Array): void {
    const { avcPacketType, compositionMs, data } = parseVideoPayload(payload);
    if (avcPacketType === 'config') this.#videoFormat = videoFormatOf(data, this.#declared);
    if (avcPacketType !== 'nalu' || data.length === 0) return;
    const dtsMs = this.#clock(timestampMs);
    const ptsMs = dtsMs + compositionMs;
    const { track, assembler, firstMs } = this.#video ??= this.#openVideo(ptsMs);
    const { isIdr, hasSlice } = inspectAccessUnit(data);
    if (!hasSlice) return;
    const timelineMs = ptsMs + this.#offsetSeconds * 1000;
    this.#channel.reached(timelineMs);
    const verdict = assembler.add({ dtsMs, ptsMs, isIdr, data: withoutNalTypes(data, NAL_TYPES_LEFT_OUT) });
    if (verdict === 'beforeFirstIdr' && ptsMs - firstMs > LONGEST_WAIT_FOR_IDR_MS) throw new GopTooLargeError();
    if (verdict === 'nonIncreasing' || verdict === 'leading') track.meter.nonIncreasing();
    if (verdict !== 'accepted') return;
    track.frameArrived(this.#id, timelineMs, data.length, Date.now());
    if (!isIdr) return;
    this.#gopFormat = this.#videoFormat;
    this.#channel.idrArrived(timelineMs);
    // The GOP that this IDR ended was offered before the connection's progress was known.
    track.drain(performance.now());
  }

  #openVideo(firstMs: number): OpenVideo {
    const { videoBitrate, frameRate } = this.#declared;
    if (!this.#hasMetadata || videoBitrate === undefined) throw undeclared('video');
    if (!this.#videoFormat) throw new IngestRefusal('MPE_INGEST_DESCRIPTION_INFO_NOT_RECEIVED', 'Video arrived before its decoder configuration.');
    const track = this.#channel.videoTrack(videoBitrate, frameRate);
    const assembler = new GopAssembler(this.#offsetSeconds, (gop) => {
      if (this.#gopFormat) track.gopArrived(this.#id, gop, this.#gopFormat, frameRate, this.#ending, performance.now());
    });
    return { track, assembler, firstMs };
  }

  #takeAudio(timestampMs: number, payload: Uint8Array): void {
    const { aacPacketType, data } = parseAudioPayload(payload);
    if (aacPacketType === 'config') {
      this.#audioFormat = audioFormatOf(data);
      if (this.#audio) this.#audio = this.#openAudio();
      return;
    }
    if (data.length === 0) return;
    const ms = this.#clock(timestampMs);
    const track = this.#audio ??= this.#openAudio();
    if (ms <= this.#lastAudioMs || ms + this.#offsetSeconds * 1000 < 0) {
      track.meter.nonIncreasing();
      return;
    }
    this.#channel.reached(ms + this.#offsetSeconds * 1000);
    this.#lastAudioMs = ms;
    track.frameArrived(this.#id, ms, this.#offsetSeconds, data, Date.now());
  }

  #openAudio(): AudioTrack {
    const { audioBitrate } = this.#declared;
    if (!this.#hasMetadata || audioBitrate === undefined) throw undeclared('audio');
    const format = this.#audioFormat;
    if (!format?.audio) throw new IngestRefusal('MPE_INGEST_DESCRIPTION_INFO_NOT_RECEIVED', 'Audio arrived before its decoder configuration.');
    return this.#channel.audioTrack(audioBitrate, format.audio.sampleRate, format);
  }

  /** The packet's time on the encoder's clock, without the wrap of 32 bits. */
  #clock(timestampMs: number): number {
    const ms = unwrapTimestamp(timestampMs, this.#lastMs ?? this.#channel.expectedEncoderMs);
    if (this.#lastMs === undefined) this.#offsetSeconds = this.#channel.offsetSecondsFor(ms);
    this.#lastMs = ms;
    return ms;
  }
}

function videoFormatOf(record: Uint8Array, declared: DeclaredTracks): TrackFormat {
  const { codec, nalLengthBytes, sps } = parseAvcDecoderConfig(record);
  const [first] = sps;
  if (nalLengthBytes !== 4 || !first) throw new MediaFormatError('unsupported', 'NAL units must have 4-byte lengths.');
  const { width, height } = parseSps(first);
  return { codec, decoderConfig: record.slice(), video: { width, height, frameRate: declared.frameRate } };
}

function audioFormatOf(config: Uint8Array): TrackFormat {
  const { codec, objectType, sampleRate, channels } = parseAudioSpecificConfig(config);
  if (!AAC_OBJECT_TYPES.includes(objectType)) throw new MediaFormatError('unsupported', 'The audio is not AAC-LC or HE-AAC.');
  return { codec, decoderConfig: config.slice(), audio: { sampleRate, channels } };
}

function undeclared(kind: 'video' | 'audio'): IngestRefusal {
  return new IngestRefusal(
    'MPE_INGEST_RTMP_SETDATAFRAME_NOT_RECEIVED',
    `The ${kind} has no declared bitrate: send onMetaData with ${kind}datarate, or add ?videodatarate=…&audiodatarate=… to the stream name.`,
  );
}

/** Broken media ends the connection with the code that encoders know; anything unexpected goes on. */
function asRefusal(error: unknown): unknown {
  if (error instanceof GopTooLargeError) return new IngestRefusal('MPE_INGEST_RTMP_TOO_LARGE_UNPROCESSED_FLV', error.message, { cause: error });
  if (error instanceof MediaFormatError || error instanceof RtmpProtocolError) {
    return new IngestRefusal('MPE_INGEST_CODEC_NOT_SUPPORTED', error.message, { cause: error });
  }
  return error;
}
