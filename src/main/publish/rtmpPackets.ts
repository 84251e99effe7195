// Packets of the timeline as RTMP messages: timestamps from indices, FLV bodies, headers and metadata. Accumulates nothing.
import type { FrameRate } from '../../contract/ladder.ts';
import type { AudioTrackConfig, MediaPacket, VideoPacket, VideoTrackConfig } from '../media/packets.ts';
import { mediaMsOfAudioFrame, mediaMsOfFrame } from '../media/timeline.ts';
import type { AmfObject } from '../rtmp/amf0Value.ts';
import { buildAudioHead, buildAudioPayload } from '../rtmp/flvAudio.ts';
import { buildVideoHead, buildVideoPayload } from '../rtmp/flvVideo.ts';

/** A packet with the time at which it belongs on the wire: decode time for video, presentation time for audio. */
export type TimedPacket = { readonly packet: MediaPacket; readonly timestampMs: number };

export function timed(packet: MediaPacket, frameRate: FrameRate): TimedPacket {
  if (packet.kind === 'audio') return { packet, timestampMs: mediaMsOfAudioFrame(packet.frame) };
  // The reorder delay reaches below zero at the very start of a timeline; services handle no negative timestamps.
  return { packet, timestampMs: Math.max(0, mediaMsOfFrame(packet.decodeFrame, frameRate)) };
}

/** What stands before the data of a packet, that was given `timestampMs` by {@link timed}, in its FLV body. */
export function headOf({ packet, timestampMs }: TimedPacket, frameRate: FrameRate): Uint8Array {
  if (packet.kind === 'audio') return buildAudioHead('raw');
  return buildVideoHead({ frameType: frameTypeOf(packet), avcPacketType: 'nalu', compositionMs: mediaMsOfFrame(packet.frame, frameRate) - timestampMs });
}

/** Body of the first video message: the decoder configuration. */
export function videoHeader(video: VideoTrackConfig): Uint8Array {
  return buildVideoPayload({ frameType: 'key', avcPacketType: 'config', compositionMs: 0, data: video.avcDecoderConfig });
}

/** Body of the first audio message: the AudioSpecificConfig. */
export function audioHeader(audio: AudioTrackConfig): Uint8Array {
  return buildAudioPayload({ aacPacketType: 'config', data: audio.audioSpecificConfig });
}

/** `onMetaData`. Bitrates are the declared ones in kbit/s: services name tracks by them. */
export function metadataOf(video: VideoTrackConfig, audio: AudioTrackConfig, encoderName: string): AmfObject {
  return {
    duration: 0,
    width: video.width,
    height: video.height,
    framerate: video.frameRate.num / video.frameRate.den,
    videocodecid: 7,
    videodatarate: video.declaredKbps,
    audiocodecid: 10,
    audiodatarate: audio.declaredKbps,
    audiosamplerate: audio.sampleRate,
    audiosamplesize: 16,
    stereo: audio.channels === 2,
    encoder: encoderName,
  };
}

function frameTypeOf(packet: VideoPacket): 'key' | 'inter' | 'disposable' {
  if (packet.isIdr) return 'key';
  return packet.isReference ? 'inter' : 'disposable';
}
