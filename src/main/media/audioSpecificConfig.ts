// AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1) of AAC-LC: what a decoder needs before the first AAC frame.
import { BitReader } from './bitReader.ts';
import { MediaFormatError } from './formatError.ts';

export type AudioSpecificConfig = {
  /** 2 is AAC-LC. */
  readonly objectType: number;
  readonly sampleRate: number;
  readonly channels: number;
  /** RFC 6381 `codecs` value, for example `mp4a.40.2`. */
  readonly codec: string;
};

/** samplingFrequencyIndex, table 1.18. */
const SAMPLE_RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];
const EXPLICIT_RATE = 15;
const ESCAPED_OBJECT_TYPE = 31;
/** channelConfiguration, table 1.19; 0 means "in the stream" and is not taken. */
const CHANNELS = [undefined, 1, 2, 3, 4, 5, 6, 8];

/** @throws MediaFormatError when it is cut short or holds reserved values. */
export function parseAudioSpecificConfig(config: Uint8Array): AudioSpecificConfig {
  const bits = new BitReader(config);
  let objectType = bits.bits(5);
  if (objectType === ESCAPED_OBJECT_TYPE) objectType = 32 + bits.bits(6);
  const rateIndex = bits.bits(4);
  const sampleRate = rateIndex === EXPLICIT_RATE ? bits.bits(24) : SAMPLE_RATES[rateIndex];
  if (sampleRate === undefined || sampleRate === 0) throw new MediaFormatError('invalid', 'The sampling frequency is reserved.');
  const channels = CHANNELS[bits.bits(4)];
  if (channels === undefined) throw new MediaFormatError('unsupported', 'The channel configuration is not one of the seven fixed ones.');
  return { objectType, sampleRate, channels, codec: `mp4a.40.${objectType}` };
}

/** The two bytes for AAC-LC. @throws RangeError for a rate or channel count that needs the longer forms. */
export function buildAacLcConfig(sampleRate: number, channels: number): Uint8Array {
  const rateIndex = SAMPLE_RATES.indexOf(sampleRate);
  const channelIndex = CHANNELS.indexOf(channels);
  if (rateIndex < 0 || channelIndex < 1) throw new RangeError(`AAC-LC at ${sampleRate} Hz with ${channels} channels has no short form.`);
  const objectType = 2;
  return Uint8Array.of((objectType << 3) | (rateIndex >> 1), ((rateIndex & 1) << 7) | (channelIndex << 3));
}
