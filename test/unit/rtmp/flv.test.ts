import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildAudioPayload, parseAudioPayload } from '../../../src/main/rtmp/flvAudio.ts';
import { FlvReader } from '../../../src/main/rtmp/flvReader.ts';
import { writeFlvFileHeader, writeFlvTag, type FlvTag } from '../../../src/main/rtmp/flvTag.ts';
import { buildVideoPayload, parseVideoPayload } from '../../../src/main/rtmp/flvVideo.ts';
import { RtmpProtocolError } from '../../../src/main/rtmp/rtmpProtocolError.ts';
import { splitBytes } from '../../support/splitBytes.ts';

const tag: fc.Arbitrary<FlvTag> = fc.record({
  type: fc.constantFrom('audio' as const, 'video' as const, 'script' as const),
  timestampMs: fc.integer({ min: 0, max: 0xffff_ffff }),
  payload: fc.uint8Array({ maxLength: 300 }),
});

describe('FLV tags', () => {
  it('come back as they were written, whatever the split of the bytes', () => {
    fc.assert(fc.property(fc.array(tag, { maxLength: 20 }), fc.array(fc.nat(400), { maxLength: 60 }), (tags, cuts) => {
      const file = Buffer.concat([writeFlvFileHeader(true, true), ...tags.map(writeFlvTag)]);
      const reader = new FlvReader();
      const read = splitBytes(file, cuts).flatMap((piece) => reader.push(piece));
      expect(read.map((one) => ({ ...one, payload: [...one.payload] }))).toEqual(tags.map((one) => ({ ...one, payload: [...one.payload] })));
    }));
  });

  it('keeps the upper eight bits of the timestamp in TimestampExtended (E.4.1)', () => {
    const bytes = writeFlvTag({ type: 'video', timestampMs: 0x12_345678, payload: Uint8Array.of(1) });
    expect([...bytes.subarray(4, 8)]).toEqual([0x34, 0x56, 0x78, 0x12]);
  });

  it('shares memory with what arrived when a tag arrives whole', () => {
    const file = Buffer.concat([writeFlvFileHeader(true, true), writeFlvTag({ type: 'video', timestampMs: 0, payload: new Uint8Array(50) })]);
    expect(new FlvReader().push(file)[0]?.payload.buffer).toBe(file.buffer);
  });

  it.each([
    ['another signature', Uint8Array.from(Buffer.from('RIFF....WAVE')), 'flv_header'],
    ['an unknown tag type', Buffer.concat([writeFlvFileHeader(true, true), Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]), 'flv_tag'],
    ['an encrypted tag', Buffer.concat([writeFlvFileHeader(true, true), Uint8Array.of(0x29, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]), 'flv_tag'],
    ['a tag above the limit', Buffer.concat([writeFlvFileHeader(true, true), Uint8Array.of(9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0)]), 'flv_tag'],
    ['a wrong PreviousTagSize', Buffer.concat([writeFlvFileHeader(true, true), writeFlvTag({ type: 'audio', timestampMs: 0, payload: new Uint8Array(9) }).subarray(0, 20), Uint8Array.of(0, 0, 0, 99, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]), 'flv_tag'],
  ])('refuses %s with a typed error', (_name, bytes, code) => {
    const read = () => new FlvReader().push(bytes);
    expect(read).toThrow(RtmpProtocolError);
    expect(read).toThrow(expect.objectContaining({ code }));
  });
});

describe('AVC and AAC bodies', () => {
  it('video comes back as it was built', () => {
    fc.assert(fc.property(
      fc.constantFrom('key' as const, 'inter' as const, 'disposable' as const), fc.constantFrom('config' as const, 'nalu' as const, 'end' as const),
      fc.integer({ min: -0x80_0000, max: 0x7f_ffff }), fc.uint8Array({ maxLength: 100 }),
      (frameType, avcPacketType, compositionMs, data) => {
        const parsed = parseVideoPayload(buildVideoPayload({ frameType, avcPacketType, compositionMs, data }));
        expect({ ...parsed, data: [...parsed.data] }).toEqual({ frameType, avcPacketType, compositionMs, data: [...data] });
      },
    ));
  });

  it('audio comes back as it was built', () => {
    fc.assert(fc.property(fc.constantFrom('config' as const, 'raw' as const), fc.uint8Array({ maxLength: 100 }), (aacPacketType, data) => {
      const parsed = parseAudioPayload(buildAudioPayload({ aacPacketType, data }));
      expect({ ...parsed, data: [...parsed.data] }).toEqual({ aacPacketType, data: [...data] });
    }));
  });

  it('writes the bytes of the specification', () => {
    expect([...buildVideoPayload({ frameType: 'key', avcPacketType: 'nalu', compositionMs: -2, data: Uint8Array.of(9) })]).toEqual([0x17, 1, 0xff, 0xff, 0xfe, 9]);
    expect([...buildAudioPayload({ aacPacketType: 'config', data: Uint8Array.of(0x11, 0x90) })]).toEqual([0xaf, 0, 0x11, 0x90]);
  });

  it('never throws anything but RtmpProtocolError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      for (const parse of [parseVideoPayload, parseAudioPayload]) {
        try {
          parse(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RtmpProtocolError);
        }
      }
    }), { numRuns: 1000 });
  });

  it('names HEVC in enhanced RTMP as an unsupported codec', () => {
    expect(() => parseVideoPayload(Uint8Array.of(0x90, 0x68, 0x76, 0x63, 0x31))).toThrow(expect.objectContaining({ code: 'codec_unsupported' }));
  });
});
