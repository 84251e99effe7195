// Muxes one GOP of picture and sound into one fragment of an MP4 file (ISO/IEC 14496-12 §8.8). Muxing is mediabunny's, one short
// output for each GOP: a single long one would keep a record of every sample until the end of the show.
import { EncodedAudioPacketSource, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, NullTarget, Output } from 'mediabunny';
import { AAC_FRAME_SAMPLES, AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import { parseAudioSpecificConfig } from '../media/audioSpecificConfig.ts';
import { parseAvcDecoderConfig } from '../media/avcDecoderConfig.ts';
import { viewOf } from '../media/mp4Boxes.ts';
import { decodeEarlier, timescaleOf } from './decodeTimes.ts';
import { NalType, withoutNalTypes } from '../media/h264.ts';
import type { AudioPacket, AudioTrackConfig, VideoPacket, VideoTrackConfig } from '../media/packets.ts';

/** Parameter sets are in the header, and filler is for networks, not for files (ISO/IEC 14496-15 §5.2.2). */
const NOT_FOR_FILES = [NalType.sps, NalType.pps, NalType.accessUnitDelimiter, NalType.fillerData];
/** One fragment for each output, however long its GOP is. */
const ENDLESS_SECONDS = 1e9;

export type RecordingTracks = {
  readonly video: VideoTrackConfig;
  readonly audio: AudioTrackConfig | undefined;
  /** The first frame of the file. */
  readonly firstFrame: number;
  /** Frames by which decoding begins before presentation; the first frame's time in the file is as much. */
  readonly reorderFrames: number;
};

export type MuxedGop = {
  /** `ftyp` and `moov`; the same for every GOP of the same tracks, written once. */
  readonly header: Uint8Array;
  /** `moof` and `mdat`. */
  readonly fragment: Uint8Array;
};

/**
 * @param video a closed GOP in decode order. @param audio AAC frames that follow those of the fragment before.
 * @param sequence of the fragment in the file, from 1.
 * @throws when mediabunny or a parser refuses what it is given.
 */
export async function muxGop(tracks: RecordingTracks, video: readonly VideoPacket[], audio: readonly AudioPacket[], sequence: number): Promise<MuxedGop> {
  const header: Uint8Array[] = [];
  const fragment: Uint8Array[] = [];
  const keepHeader = (bytes: Uint8Array): void => { header.push(bytes.slice()); };
  const output = new Output({
    target: new NullTarget(),
    format: new Mp4OutputFormat({
      fastStart: 'fragmented', minimumFragmentDuration: ENDLESS_SECONDS,
      onFtyp: keepHeader, onMoov: keepHeader,
      onMoof: (bytes) => { fragment.push(bytes.slice()); },
      onMdat: (bytes) => { fragment.push(bytes); },
    }),
  });
  const { frameRate, avcDecoderConfig, width, height } = tracks.video;
  const videoSource = new EncodedVideoPacketSource('avc');
  output.addVideoTrack(videoSource, {
    frameRate: frameRate.num / frameRate.den,
    decoderConfig: { codec: parseAvcDecoderConfig(avcDecoderConfig).codec, codedWidth: width, codedHeight: height, description: avcDecoderConfig },
  });
  const audioSource = addAudio(output, tracks.audio);
  await output.start();
  const frameSeconds = frameRate.den / frameRate.num;
  const zero = tracks.firstFrame - tracks.reorderFrames;
  for (const packet of video) {
    const seconds = ((packet.frame - zero) * frameRate.den) / frameRate.num;
    await videoSource.add(new EncodedPacket(withoutNalTypes(packet.data, NOT_FOR_FILES), packet.isIdr ? 'key' : 'delta', seconds, frameSeconds));
  }
  for (const packet of audio) {
    await audioSource?.add(new EncodedPacket(packet.data, 'key', (packet.frame * AAC_FRAME_SAMPLES) / AUDIO_SAMPLE_RATE - zero * frameSeconds, AAC_FRAME_SAMPLES / AUDIO_SAMPLE_RATE));
  }
  await output.finalize();
  const result = { header: Buffer.concat(header), fragment: Buffer.concat(fragment) };
  number(result.fragment, sequence);
  decodeEarlier(result.fragment, Math.round(tracks.reorderFrames * frameSeconds * timescaleOf(result.header)));
  return result;
}

function addAudio(output: Output, config: AudioTrackConfig | undefined): EncodedAudioPacketSource | undefined {
  if (config === undefined) return undefined;
  const { codec, sampleRate, channels } = parseAudioSpecificConfig(config.audioSpecificConfig);
  const source = new EncodedAudioPacketSource('aac');
  output.addAudioTrack(source, { decoderConfig: { codec, sampleRate, numberOfChannels: channels, description: config.audioSpecificConfig } });
  return source;
}

/** `mfhd` is the first box of `moof`: its sequence number stands behind both headers and its version (§8.8.5). */
function number(fragment: Uint8Array, sequence: number): void {
  viewOf(fragment).setUint32(20, sequence % 2 ** 32);
}
