// What every POST of a Smooth Streaming publisher begins with: `ftyp`, the Live Server Manifest (MS-SSTR §2.2.7.2) and `moov`. Bytes only;
// the same tracks give the same bytes, as two encoders of one event must (Fragmented MP4 Live Ingest §9).
import { parseAvcDecoderConfig } from '../media/avcDecoderConfig.ts';
import { box, fullBox, u16, u32, uuidBox } from '../media/mp4BoxWriter.ts';
import type { AudioTrackConfig, VideoTrackConfig } from '../media/packets.ts';
import { TICKS_PER_SECOND } from './smoothTime.ts';

export const VIDEO_TRACK_ID = 1;
export const AUDIO_TRACK_ID = 2;

const LIVE_SERVER_MANIFEST = 'a5d40b30e81411ddba2f0800200c9a66';
/** `und`, three letters of five bits (ISO/IEC 14496-12 §8.4.2.3). */
const LANGUAGE = 0x55c4;
const UNITY_MATRIX = u32(0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000);
const VOLUME = 0x0100;
const START_CODE = Uint8Array.of(0, 0, 0, 1);
/** WAVE_FORMAT_RAW_AAC1: frames without ADTS. */
const AUDIO_TAG = 255;

/** @throws MediaFormatError for a decoder configuration that is none */
export function smoothHeader(video: VideoTrackConfig, audio: AudioTrackConfig): Uint8Array {
  return Buffer.concat([
    box('ftyp', Buffer.from('isml'), u32(1), Buffer.from('isml'), Buffer.from('piff'), Buffer.from('iso2')),
    uuidBox(LIVE_SERVER_MANIFEST, 0, 0, Buffer.from(manifestOf(video, audio))),
    box('moov',
      fullBox('mvhd', 0, 0, u32(0, 0, TICKS_PER_SECOND, 0, 0x1_0000), u16(VOLUME, 0), u32(0, 0), UNITY_MATRIX, u32(0, 0, 0, 0, 0, 0, AUDIO_TRACK_ID + 1)),
      trackOf(VIDEO_TRACK_ID, 'vide', 0, video, fullBox('vmhd', 0, 1, u32(0, 0)), pictureEntry(video)),
      trackOf(AUDIO_TRACK_ID, 'soun', VOLUME, { width: 0, height: 0 }, fullBox('smhd', 0, 0, u32(0)), soundEntry(audio)),
      box('mvex', ...[VIDEO_TRACK_ID, AUDIO_TRACK_ID].map((id) => fullBox('trex', 0, 0, u32(id, 1, 0, 0, 0))))),
  ]);
}

/** Services name tracks by kind and bitrate. */
function manifestOf(video: VideoTrackConfig, audio: AudioTrackConfig): string {
  const { sps, pps } = parseAvcDecoderConfig(video.avcDecoderConfig);
  const privateData = Buffer.concat([...sps, ...pps].flatMap((set) => [START_CODE, set]));
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<smil xmlns="http://www.w3.org/2001/SMIL20/Language"><head><meta name="creator" content="Fieldcast" /></head><body><switch>',
    ...streamOf('video', video.declaredKbps, {
      trackID: VIDEO_TRACK_ID, trackName: 'video', timescale: TICKS_PER_SECOND, FourCC: 'H264', CodecPrivateData: privateData.toString('hex').toUpperCase(),
      MaxWidth: video.width, MaxHeight: video.height, DisplayWidth: video.width, DisplayHeight: video.height,
    }),
    ...streamOf('audio', audio.declaredKbps, {
      trackID: AUDIO_TRACK_ID, trackName: 'audio', timescale: TICKS_PER_SECOND, FourCC: 'AACL', CodecPrivateData: Buffer.from(audio.audioSpecificConfig).toString('hex').toUpperCase(),
      AudioTag: AUDIO_TAG, Channels: audio.channels, SamplingRate: audio.sampleRate, BitsPerSample: 16, PacketSize: audio.channels * 2,
    }),
    '</switch></body></smil>',
  ].join('\n');
}

function streamOf(kind: 'video' | 'audio', kbps: number, params: Readonly<Record<string, string | number>>): string[] {
  const all = { systemBitrate: kbps * 1000, ...params };
  return [
    `<${kind} systemBitrate="${kbps * 1000}">`,
    ...Object.entries(all).map(([name, value]) => `<param name="${name}" value="${value}" valuetype="data"/>`),
    `</${kind}>`,
  ];
}

function trackOf(id: number, handler: string, volume: number, { width, height }: { readonly width: number; readonly height: number }, mediaHeader: Uint8Array, entry: Uint8Array): Uint8Array {
  return box('trak',
    // Enabled, in the movie, in the preview.
    fullBox('tkhd', 0, 7, u32(0, 0, id, 0, 0, 0, 0), u16(0, 0, volume, 0), UNITY_MATRIX, u32(width * 0x1_0000, height * 0x1_0000)),
    box('mdia',
      fullBox('mdhd', 0, 0, u32(0, 0, TICKS_PER_SECOND, 0), u16(LANGUAGE, 0)),
      fullBox('hdlr', 0, 0, u32(0), Buffer.from(handler), u32(0, 0, 0), Uint8Array.of(0)),
      box('minf', mediaHeader,
        box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))),
        box('stbl',
          fullBox('stsd', 0, 0, u32(1), entry),
          // All samples are in fragments.
          fullBox('stts', 0, 0, u32(0)), fullBox('stsc', 0, 0, u32(0)), fullBox('stsz', 0, 0, u32(0, 0)), fullBox('stco', 0, 0, u32(0))))));
}

/** ISO/IEC 14496-12 §12.1.3, ISO/IEC 14496-15 §5.4.2. */
function pictureEntry({ width, height, avcDecoderConfig }: VideoTrackConfig): Uint8Array {
  return box('avc1',
    u16(0, 0, 0, 1), u32(0, 0, 0, 0), u16(width, height), u32(0x48_0000, 0x48_0000, 0), u16(1), new Uint8Array(32), u16(0x18, 0xffff),
    box('avcC', avcDecoderConfig));
}

/** ISO/IEC 14496-12 §12.2.3, ISO/IEC 14496-14 §5.6. */
function soundEntry({ channels, sampleRate, declaredKbps, audioSpecificConfig }: AudioTrackConfig): Uint8Array {
  const bitrate = declaredKbps * 1000;
  const specific = descriptor(0x05, audioSpecificConfig);
  // MPEG-4 audio, an audio stream, no buffer size said.
  const decoder = descriptor(0x04, Uint8Array.of(0x40, 0x15, 0, 0, 0), u32(bitrate, bitrate), specific);
  return box('mp4a',
    u16(0, 0, 0, 1), u32(0, 0), u16(channels, 16, 0, 0), u32(sampleRate * 0x1_0000),
    fullBox('esds', 0, 0, descriptor(0x03, u16(0), Uint8Array.of(0), decoder, descriptor(0x06, Uint8Array.of(0x02)))));
}

/** ISO/IEC 14496-1 §8.3.3; all of ours are shorter than 128 bytes. */
function descriptor(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag, body.length), body]);
}
