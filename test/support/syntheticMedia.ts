// Packets with real indices and meaningless bytes, for tests of what carries them.
import type { AudioPacket, AudioTrackConfig, VideoPacket, VideoTrackConfig } from '../../src/main/media/packets.ts';
import { audioFrameOfMediaMs, mediaMsOfFrame, type AudioFrameIndex, type FrameIndex } from '../../src/main/media/timeline.ts';

export const SYNTHETIC_GOP_FRAMES = 25;

export const syntheticVideo: VideoTrackConfig = {
  kind: 'video', rendition: '360p', width: 640, height: 360, frameRate: { num: 25, den: 1 }, declaredKbps: 600, avcDecoderConfig: Uint8Array.of(1, 66, 0, 30, 255, 224),
};
export const syntheticAudio: AudioTrackConfig = { kind: 'audio', sampleRate: 48_000, channels: 2, declaredKbps: 128, audioSpecificConfig: Uint8Array.of(0x11, 0x90) };

/** A frame without reorder delay; every 25th is an IDR. Its first four bytes are its index. */
export function videoPacket(frame: number, sizeBytes = 400): VideoPacket {
  const data = new Uint8Array(Math.max(4, sizeBytes));
  new DataView(data.buffer).setUint32(0, frame);
  return {
    kind: 'video', rendition: syntheticVideo.rendition, frame: frame as FrameIndex, decodeFrame: frame as FrameIndex,
    isIdr: frame % SYNTHETIC_GOP_FRAMES === 0, isReference: true, data,
  };
}

export function audioPacket(frame: number): AudioPacket {
  return { kind: 'audio', frame: frame as AudioFrameIndex, data: new Uint8Array(20).fill(frame & 0xff) };
}

/** The frames `from` to `to` (exclusive) with the audio of the same time, in order of time. */
export function* mediaOfFrames(from: number, to: number, sizeBytes?: number): Generator<VideoPacket | AudioPacket> {
  let audio = audioFrameAtOrAfter(from);
  for (let frame = from; frame < to; frame += 1) {
    yield videoPacket(frame, sizeBytes);
    for (; audio < audioFrameAtOrAfter(frame + 1); audio += 1) yield audioPacket(audio);
  }
}

function audioFrameAtOrAfter(frame: number): number {
  return audioFrameOfMediaMs(mediaMsOfFrame(frame, syntheticVideo.frameRate));
}
