import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildAacLcConfig, parseAudioSpecificConfig } from '../../../src/main/media/audioSpecificConfig.ts';
import { parseAvcDecoderConfig } from '../../../src/main/media/avcDecoderConfig.ts';
import { MediaFormatError } from '../../../src/main/media/formatError.ts';
import { parseSps } from '../../../src/main/media/sps.ts';

/** Written by libx264 164 through FFmpeg 5.1 (`-preset superfast`), testsrc2 at three sizes. */
const RECORDS = [
  { width: 320, height: 180, codec: 'avc1.64000d', hex: '0164000dffe1001a6764000dacd941419f9f0110000003001000000303c0f142996001000468ef8fcbfdf8f800' },
  { width: 854, height: 480, codec: 'avc1.64001f', hex: '0164001fffe1001a6764001facd940d83de6f0110000030001000003003c0f18319601000468ef8fcbfdf8f800' },
  { width: 1280, height: 720, codec: 'avc1.64001f', hex: '0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000468ef8fcbfdf8f800' },
];
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

describe('AVCDecoderConfigurationRecord', () => {
  it.each(RECORDS)('reads the parameter sets and the size of $width x $height', ({ hex, codec, width, height }) => {
    const config = parseAvcDecoderConfig(bytesOf(hex));
    expect(config).toMatchObject({ codec, nalLengthBytes: 4, profile: 100 });
    expect(config.sps).toHaveLength(1);
    expect(config.pps).toHaveLength(1);
    expect(parseSps(config.sps[0]!)).toMatchObject({ profile: 100, level: config.level, width, height });
  });

  it('refuses every cut of a record with a MediaFormatError', () => {
    const whole = bytesOf(RECORDS[1]!.hex);
    // The four bytes behind the picture parameter set (chroma and bit depth) are not read.
    for (let length = 0; length < whole.length - 4; length += 1) {
      expect(() => parseAvcDecoderConfig(whole.subarray(0, length))).toThrow(MediaFormatError);
    }
  });

  it('throws nothing but a MediaFormatError for damaged records and parameter sets', () => {
    const damaged = fc.tuple(fc.constantFrom(...RECORDS), fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 6 })).map(([{ hex }, changes]) => {
      const bytes = bytesOf(hex);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      return bytes;
    });
    fc.assert(fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 80 })), (bytes) => {
      try {
        for (const sps of parseAvcDecoderConfig(bytes).sps) {
          const { width, height } = parseSps(sps);
          expect(width).toBeGreaterThan(0);
          expect(height).toBeGreaterThan(0);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(MediaFormatError);
      }
    }), { numRuns: 2000 });
  });

  it('throws nothing but a MediaFormatError for any bytes behind an SPS header', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        parseSps(Uint8Array.of(0x67, ...bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(MediaFormatError);
      }
    }), { numRuns: 2000 });
  });
});

describe('AudioSpecificConfig', () => {
  it('reads what it builds', () => {
    fc.assert(fc.property(fc.constantFrom(48_000, 44_100, 32_000, 96_000, 8000), fc.constantFrom(1, 2, 6, 8), (sampleRate, channels) => {
      expect(parseAudioSpecificConfig(buildAacLcConfig(sampleRate, channels))).toEqual({ objectType: 2, sampleRate, channels, codec: 'mp4a.40.2' });
    }));
  });

  it('reads the bytes that FFmpeg writes for 48 kHz stereo, and an explicit rate', () => {
    expect(parseAudioSpecificConfig(bytesOf('119056e500'))).toEqual({ objectType: 2, sampleRate: 48_000, channels: 2, codec: 'mp4a.40.2' });
    expect(buildAacLcConfig(48_000, 2)).toEqual(bytesOf('1190'));
    // 00010 1111 000000001011101110000000 0010: object type 2, rate 48000 in 24 bits, two channels.
    expect(parseAudioSpecificConfig(bytesOf('17805dc010'))).toMatchObject({ sampleRate: 48_000, channels: 2 });
  });

  it('throws nothing but a MediaFormatError for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
      try {
        parseAudioSpecificConfig(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MediaFormatError);
      }
    }), { numRuns: 1000 });
  });
});
