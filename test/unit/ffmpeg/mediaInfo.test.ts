import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMediaInfo } from '../../../src/main/ffmpeg/mediaInfo.ts';
import { parseFrameCrc } from '../../../src/main/ffmpeg/probeMedia.ts';

test('an MP4 with a colour description (captured, 5.1.9)', () => {
  expect(parseMediaInfo(`Input #0, mov,mp4,m4a,3gp,3g2,mj2, from '/media/clip.mp4':
  Metadata:
    major_brand     : isom
  Duration: 00:00:05.06, start: 0.000000, bitrate: 3153 kb/s
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuvj420p(pc, bt470bg/unknown/unknown, progressive), 1920x1080 [SAR 1:1 DAR 16:9], 2858 kb/s, 25 fps, 25 tbr, 12800 tbn (default)
    Metadata:
      handler_name    : VideoHandler
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, stereo, fltp, 317 kb/s (default)
At least one output file must be specified`)).toEqual({
    format: 'mov,mp4,m4a,3gp,3g2,mj2',
    durationSeconds: 5.06,
    video: { codec: 'h264', pixelFormat: 'yuvj420p', width: 1920, height: 1080, fps: 25, baseRate: 25, kbps: 2858, rotation: 0, colorMatrix: 'bt470bg', isFullRange: true, isInterlaced: false },
    audio: { codec: 'aac', sampleRate: 48_000, layout: 'stereo' },
  });
});

test('a phone film on its side', () => {
  const info = parseMediaInfo(`Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'IMG_0001.MOV':
  Duration: 01:02:03.50, start: 0.000000, bitrate: 8000 kb/s
  Stream #0:0[0x1](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 90 kb/s (default)
  Stream #0:1[0x2](und): Video: hevc (Main 10) (hvc1 / 0x31637668), yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67, progressive), 1920x1080, 7800 kb/s, 29.97 fps, 29.97 tbr, 600 tbn (default)
    Side data:
      DOVI configuration record: version: 1.0, profile: 8
      displaymatrix: rotation of -90.00 degrees
`);
  expect(info?.durationSeconds).toBe(3723.5);
  expect(info?.video).toEqual({ codec: 'hevc', pixelFormat: 'yuv420p10le', width: 1920, height: 1080, fps: 29.97, baseRate: 29.97, kbps: 7800, rotation: -90, colorMatrix: 'bt2020nc', isFullRange: false, isInterlaced: false, hdr: 'HLG' });
  expect(info?.audio?.sampleRate).toBe(44_100);
});

test('a song with a cover has no video (captured, 5.1.9)', () => {
  const info = parseMediaInfo(`Input #0, mp3, from 'song.mp3':
  Duration: 00:03:07.14, start: 0.025057, bitrate: 200 kb/s
  Stream #0:0: Audio: mp3, 44100 Hz, stereo, fltp, 192 kb/s
  Stream #0:1: Video: mjpeg (Progressive), yuvj444p(pc, bt470bg/unknown/unknown), 600x600 [SAR 1:1 DAR 1:1], 90k tbr, 90k tbn (attached pic)
`);
  expect(info?.video).toBeUndefined();
  expect(info?.audio?.codec).toBe('mp3');
});

test('a live stream has no duration', () => {
  const info = parseMediaInfo(`Input #0, rtsp, from 'rtsp://127.0.0.1/a':
  Duration: N/A, start: 0.000000, bitrate: N/A
  Stream #0:0: Video: h264 (High), yuv420p(tv, bt709), 1280x720 [SAR 1:1 DAR 16:9], 30 fps, 30 tbr, 90k tbn
`);
  expect(info?.durationSeconds).toBeUndefined();
  expect(info?.video).toMatchObject({ width: 1280, fps: 30, kbps: undefined });
  expect(info?.audio).toBeUndefined();
});

test('an interlaced broadcast (captured, 5.1.9)', () => {
  const info = parseMediaInfo(`Input #0, mpegts, from 'x.ts':
  Duration: 00:00:01.00, start: 1.480000, bitrate: 2000 kb/s
  Program 1
  Stream #0:0[0x100]: Video: h264 (High) ([27][0][0][0] / 0x001B), yuv420p(tv, top first), 720x576 [SAR 64:45 DAR 16:9], 25 fps, 25 tbr, 90k tbn
`);
  expect(info?.video).toMatchObject({ width: 720, height: 576, isInterlaced: true, colorMatrix: undefined });
});

test('no input, no information', () => {
  expect(parseMediaInfo('/nonexistent.mp4: No such file or directory')).toBeUndefined();
  fc.assert(fc.property(fc.string(), (text) => { parseMediaInfo(`Input #0, x, from 'y':\n${text}`); }));
});

test('the extent of a stream with reordered frames (captured, 5.1.9)', () => {
  expect(parseFrameCrc(`#software: Lavf59.27.100
#tb 0: 1/12800
#media_type 0: video
#codec_id 0: h264
#dimensions 0: 1920x1080
#sar 0: 1/1
0,      -1024,        0,      512,    23345, 0x1f0cd5a4, S=1,        8
0,       -512,     2048,      512,     4012, 0x7a5ec1a2, F=0x0
0,          0,     1024,      512,      912, 0x9d1bc1a1, F=0x0
`)).toEqual({ firstPts: 0, lastPts: 0.16 });
  expect(parseFrameCrc('#tb 0: 1/25\n')).toBeUndefined();
  expect(parseFrameCrc('')).toBeUndefined();
});
