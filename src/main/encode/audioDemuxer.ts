// Turns the FLV bytes of the AAC encoder into packets with exact indices on the timeline. Knows no process.
import { AUDIO_CHANNELS, AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import { parseAudioSpecificConfig } from '../media/audioSpecificConfig.ts';
import { MediaFormatError } from '../media/formatError.ts';
import type { AudioPacket, AudioTrackConfig } from '../media/packets.ts';
import type { AudioFrameIndex } from '../media/timeline.ts';
import { parseAudioPayload } from '../rtmp/flvAudio.ts';
import { FlvReader } from '../rtmp/flvReader.ts';

/**
 * FFmpeg's native AAC encoder begins with one frame that holds the silence before the first sample (initial_padding 1024).
 * Decoders give 1024 samples for each packet, so packet 1 decodes to input samples 0 to 1023.
 */
const PRIMING_PACKETS = 1;

export type AudioSink = {
  readonly onConfig: (config: AudioTrackConfig) => void;
  readonly onPacket: (packet: AudioPacket) => void;
};

export class AudioDemuxer {
  readonly #reader = new FlvReader();
  readonly #declaredKbps: number;
  readonly #startFrame: number;
  readonly #sink: AudioSink;
  #hasConfig = false;
  #encoded = 0;

  /** @param startFrame the AAC frame of the timeline whose samples the encoder was given first. */
  constructor(declaredKbps: number, startFrame: number, sink: AudioSink) {
    this.#declaredKbps = declaredKbps;
    this.#startFrame = startFrame;
    this.#sink = sink;
  }

  /** Packets emitted so far. */
  get packets(): number {
    return Math.max(0, this.#encoded - PRIMING_PACKETS);
  }

  /** @throws RtmpProtocolError or MediaFormatError for bytes that are no FLV with AAC; the demuxer is of no use afterwards. */
  push(bytes: Uint8Array): void {
    for (const tag of this.#reader.push(bytes)) {
      // An empty body ends the sequence in FFmpeg's FLV.
      if (tag.type !== 'audio' || tag.payload.length <= 2) continue;
      const { aacPacketType, data } = parseAudioPayload(tag.payload);
      if (aacPacketType === 'config') this.#readConfig(data);
      else this.#readFrame(data);
    }
  }

  #readConfig(audioSpecificConfig: Uint8Array): void {
    const { sampleRate, channels } = parseAudioSpecificConfig(audioSpecificConfig);
    if (sampleRate !== AUDIO_SAMPLE_RATE || channels !== AUDIO_CHANNELS) {
      throw new MediaFormatError('unsupported', `The audio encoder writes ${channels} channels at ${sampleRate} Hz.`);
    }
    this.#hasConfig = true;
    this.#sink.onConfig({ kind: 'audio', sampleRate, channels, declaredKbps: this.#declaredKbps, audioSpecificConfig });
  }

  #readFrame(data: Uint8Array): void {
    if (!this.#hasConfig) throw new MediaFormatError('invalid', 'The audio encoder sent a frame before its configuration.');
    const index = this.#encoded - PRIMING_PACKETS;
    this.#encoded += 1;
    if (index < 0) return;
    this.#sink.onPacket({ kind: 'audio', frame: (this.#startFrame + index) as AudioFrameIndex, data });
  }
}
