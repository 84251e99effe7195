import { expect, test } from 'vitest';
import { missingCapabilities, parseEncoders, parseFilters, parseFormats } from '../../../src/main/ffmpeg/capabilities.ts';

// Pieces of the output of FFmpeg 5.1.9.
const ENCODERS = `Encoders:
 V..... = Video
 A..... = Audio
 .F.... = Frame-level multithreading
 ------
 V....D a64multi             Multicolor charset for Commodore 64 (codec a64_multi)
 V....D libx264              libx264 H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10 (codec h264)
 VFS..D ffv1                 FFmpeg video codec #1
 A....D aac                  AAC (Advanced Audio Coding)
`;
const FORMATS_51 = `File formats:
 D. = Demuxing supported
 .E = Muxing supported
 --
 DE flv             FLV (Flash Video)
 DE f32le           PCM 32-bit floating-point little-endian
 D  mov,mp4,m4a,3gp,3g2,mj2 QuickTime / MOV
  E mp4             MP4 (MPEG-4 Part 14)
 D  x11grab         X11 screen capture, using XCB
 DE video4linux2,v4l2 Video4Linux2 output device
`;
// The layout since 7.1, with a column for devices (fftools/opt_common.c, show_formats_devices).
const FORMATS_71 = `Formats:
 D.. = Demuxing supported
 .E. = Muxing supported
 ..d = Is a device
 ---
 DE  flv             FLV (Flash Video)
  E  mp4             MP4 (MPEG-4 Part 14)
 D   mov,mp4,m4a,3gp,3g2,mj2 QuickTime / MOV
 D d x11grab         X11 screen capture, using XCB
 DEd video4linux2,v4l2 Video4Linux2 output device
`;
const FILTERS = `Filters:
  T.. = Timeline support
  A = Audio input/output
  | = Source or sink filter
 ... abench            A->A       Benchmark part of a filtergraph.
 ..C scale             V->V       Scale the input video size and/or convert the image format.
 ... split             V->N       Pass on the input to N video outputs.
 TSC overlay           VV->V      Overlay a video source on top of the input.
 ... testsrc2          |->V       Generate another test pattern.
`;

test('encoders', () => {
  expect([...parseEncoders(ENCODERS)]).toEqual(['a64multi', 'libx264', 'ffv1', 'aac']);
});

test.each([['5.1', FORMATS_51], ['7.1', FORMATS_71]])('formats of %s', (_, text) => {
  const { muxers, demuxers } = parseFormats(text);
  for (const name of ['flv', 'mov', 'mj2', 'x11grab', 'v4l2']) expect(demuxers).toContain(name);
  expect(demuxers).not.toContain('supported');
  for (const name of ['flv', 'mp4', 'v4l2']) expect(muxers).toContain(name);
  expect(muxers).not.toContain('x11grab');
});

test('filters', () => {
  expect([...parseFilters(FILTERS)]).toEqual(['abench', 'scale', 'split', 'overlay', 'testsrc2']);
  // FFmpeg 8 has two flags only.
  expect([...parseFilters(' TS overlay           VV->V      Overlay a video source.\n')]).toEqual(['overlay']);
});

test('names what is missing', () => {
  const nothing = { encoders: new Set<string>(), muxers: new Set<string>(), demuxers: new Set<string>(), filters: new Set<string>() };
  const missing = missingCapabilities(nothing);
  expect(missing).toContain('the encoder libx264');
  expect(missing).toContain('the muxer flv');
  expect(missing).toContain('the demuxer lavfi');
});
