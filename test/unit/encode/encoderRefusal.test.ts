// The first lines are this machine's own (FFmpeg 5.1.9); the others are written as FFmpeg's sources write them (libavcodec/nvenc.c,
// amfenc.c, videotoolboxenc.c, mfenc.c).
import { describe, expect, it } from 'vitest';
import type { EncoderName } from '../../../src/contract/encoder.ts';
import { refusalOf } from '../../../src/main/encode/encoderRefusal.ts';

describe('a refusal in words', () => {
  it.each<[EncoderName, string, string]>([
    ['h264_nvenc', '[h264_nvenc @ 0x563d657f1280] [error] Cannot load libcuda.so.1', 'there is no NVIDIA card, or no driver for it (Cannot load libcuda.so.1)'],
    ['h264_qsv', '[h264_qsv @ 0x55d0] [error] Error initializing an internal MFX session: unsupported (-3)', 'there is no Intel Quick Sync, or no driver for it'],
    ['h264_vaapi', '[AVHWDeviceContext @ 0x55d0] [error] No VA display found for any default device.', 'there is no GPU that encodes H.264 through VAAPI'],
    ['h264_v4l2m2m', '[h264_v4l2m2m @ 0x55d0] [error] Could not find a valid device', 'there is no such encoder in this machine'],
    ['h264_nvenc', '[h264_nvenc @ 0x55d0] [error] OpenEncodeSessionEx failed: out of memory (10): (no details)', 'fewer encoders at once than the ladder has renditions'],
    ['h264_nvenc', '[h264_nvenc @ 0x55d0] [error] Driver does not support the required nvenc API version. Required: 12.1 Found: 11.1', 'the NVIDIA driver is too old'],
    ['h264_amf', '[h264_amf @ 0x55d0] [error] DLL amfrt64.dll failed to open', 'there is no AMD card, or no driver for it'],
    ['h264_videotoolbox', '[h264_videotoolbox @ 0x55d0] [error] Error: cannot create compression session: -12915', 'this Mac has no free hardware encoder'],
    ['h264_mf', '[h264_mf @ 0x55d0] [error] could not find any MFT for the given media type', 'Windows has no hardware encoder'],
    ['h264_amf', '[h264_amf @ 0x55d0] [error] something new went wrong.', 'it failed (something new went wrong)'],
  ])('%s: %s', (encoder, line, words) => {
    const sentence = refusalOf(encoder, ['[warning] unrelated', line, '[error] Conversion failed!'], 'nothing was said');
    expect(sentence).toContain(words);
    expect(sentence).not.toMatch(/0x|\[error\]/);
  });

  it('says what else is known where FFmpeg was silent', () => {
    expect(refusalOf('h264_amf', [], 'it crashed')).toBe('it crashed');
  });
});
