import { expect, test } from 'vitest';
import { decoderThreadArgs } from '../../../src/main/capture/decoderThreads.ts';
import type { VideoInfo } from '../../../src/main/ffmpeg/mediaInfo.ts';

const FILM: VideoInfo = {
  codec: 'h264', pixelFormat: 'yuv420p', width: 1920, height: 1080, fps: 30, baseRate: 30, kbps: 8000,
  rotation: 0, colorMatrix: 'bt709', isFullRange: false, isInterlaced: false, hdr: undefined,
};

test('a film that is light to decode is decoded by one thread', () => {
  expect(decoderThreadArgs(FILM)).toEqual(['-threads', '1']);
  expect(decoderThreadArgs({ ...FILM, width: 1080, height: 1920, pixelFormat: 'yuvj420p', fps: 25 })).toEqual(['-threads', '1']);
});

test.each([
  ['a larger one', { width: 3840, height: 2160 }],
  ['a faster one', { fps: 59.94 }],
  ['one of more bits', { kbps: 50_000 }],
  ['one of ten bits a sample', { pixelFormat: 'yuv420p10le' }],
  ['another codec', { codec: 'hevc' }],
  ['one that does not tell its bitrate', { kbps: undefined }],
  ['one that does not tell its rate', { fps: undefined }],
] as const)('%s is left to FFmpeg', (_, change) => {
  expect(decoderThreadArgs({ ...FILM, ...change })).toEqual([]);
});
