import { describe, expect, test } from 'vitest';
import { deviceInputArgs, modeQuestion, type DeviceHost, type DeviceSpec } from '../../../src/main/capture/deviceInput.ts';

const format = { width: 1280, height: 720, frameRate: { num: 30_000, den: 1001 } };
const host = (platform: NodeJS.Platform, demuxers: string[], env: DeviceHost['env'] = {}, filters: string[] = []): DeviceHost => ({ platform, env, demuxers: new Set(demuxers), filters: new Set(filters) });
const linux = host('linux', ['x11grab', 'pulse', 'alsa', 'v4l2'], { DISPLAY: ':3' });
const inputOf = (spec: DeviceSpec, where = linux): string => {
  const args = deviceInputArgs(spec, format, where);
  return `${args[1]} ${args[args.indexOf('-i') + 1]}`;
};

test('Linux', () => {
  expect(inputOf({ kind: 'screen' })).toBe('x11grab :3');
  expect(inputOf({ kind: 'screen', display: '7' })).toBe('x11grab :7');
  expect(inputOf({ kind: 'screen', display: 'host:1.0' })).toBe('x11grab host:1.0');
  expect(inputOf({ kind: 'camera' })).toBe('v4l2 /dev/video0');
  expect(inputOf({ kind: 'camera', name: '2' })).toBe('v4l2 /dev/video2');
  expect(inputOf({ kind: 'microphone' })).toBe('pulse default');
  expect(inputOf({ kind: 'microphone', name: 'stage.monitor' })).toBe('pulse stage.monitor');
  for (const name of ['hw:1,0', 'plughw:0', 'sysdefault:CARD=PCH']) expect(inputOf({ kind: 'microphone', name })).toBe(`alsa ${name}`);
  expect(inputOf({ kind: 'microphone', name: 'alsa:default' })).toBe('alsa default');
  expect(deviceInputArgs({ kind: 'screen' }, format, linux)).toContain('30000/1001');
});

test('macOS and Windows, from FFmpeg’s documentation', () => {
  const mac = host('darwin', ['avfoundation']);
  expect(inputOf({ kind: 'camera', name: 'FaceTime HD Camera' }, mac)).toBe('avfoundation FaceTime HD Camera:none');
  expect(inputOf({ kind: 'screen' }, mac)).toBe('avfoundation Capture screen 0:none');
  expect(inputOf({ kind: 'microphone' }, mac)).toBe('avfoundation :default');
  const windows = host('win32', ['dshow', 'gdigrab']);
  expect(inputOf({ kind: 'camera', name: 'Integrated Camera' }, windows)).toBe('dshow video=Integrated Camera');
  expect(inputOf({ kind: 'screen' }, windows)).toBe('gdigrab desktop');
  expect(() => inputOf({ kind: 'camera' }, windows)).toThrow(expect.objectContaining({ code: 'SOURCE_DEVICE_MISSING' }));
});

test('Windows: one screen by Desktop Duplication, all of them or a window by GDI', () => {
  const windows = host('win32', ['dshow', 'gdigrab', 'lavfi'], {}, ['ddagrab']);
  expect(inputOf({ kind: 'screen' }, windows)).toBe('lavfi ddagrab=output_idx=0:framerate=30000/1001:draw_mouse=1,hwdownload,format=bgra');
  expect(inputOf({ kind: 'screen', display: '1' }, windows)).toContain('output_idx=1');
  expect(inputOf({ kind: 'screen', display: 'desktop' }, windows)).toBe('gdigrab desktop');
  expect(inputOf({ kind: 'screen', display: 'title=Slides' }, windows)).toBe('gdigrab title=Slides');
  expect(inputOf({ kind: 'screen', display: '1' }, host('win32', ['gdigrab']))).toBe('gdigrab desktop');
  expect(deviceInputArgs({ kind: 'microphone', name: 'Mic' }, format, windows)).toContain('-audio_buffer_size');
});

describe('the chosen mode stands before the input', () => {
  const mjpeg = { mode: { width: 1280, height: 720, minFps: 5, maxFps: 30, format: 'mjpeg', isRaw: false }, fps: 30, reason: '' };
  const raw = { mode: { width: 640, height: 480, minFps: 5, maxFps: 29.97, format: 'yuyv422', isRaw: true }, fps: 29.97, reason: '' };
  const between = (args: readonly string[]): string => args.slice(args.indexOf('-video_size'), args.indexOf('-i')).join(' ');
  test.each([
    ['linux', 'v4l2', mjpeg, '-video_size 1280x720 -framerate 30 -input_format mjpeg'],
    ['linux', 'v4l2', { ...raw, fps: undefined }, '-video_size 640x480 -framerate 30000/1001 -input_format yuyv422'],
    ['win32', 'dshow', mjpeg, '-video_size 1280x720 -framerate 30 -vcodec mjpeg'],
    ['win32', 'dshow', raw, '-video_size 640x480 -framerate 30000/1001 -pixel_format yuyv422'],
    ['darwin', 'avfoundation', { ...raw, mode: { ...raw.mode, format: 'uyvy422' } }, '-video_size 640x480 -framerate 30000/1001 -pixel_format uyvy422'],
  ] as const)('%s %s', (platform, device, choice, wanted) => {
    expect(between(deviceInputArgs({ kind: 'camera', name: 'Cam' }, format, host(platform, [device]), choice))).toBe(wanted);
  });

  test('and modes are asked for without opening the camera', () => {
    expect(modeQuestion({ kind: 'camera', name: 'Cam' }, host('win32', ['dshow']))).toEqual(['-f', 'dshow', '-list_options', 'true', '-i', 'video=Cam']);
    expect(modeQuestion({ kind: 'camera' }, linux)).toEqual(['-f', 'v4l2', '-list_formats', 'all', '-i', '/dev/video0']);
    expect(modeQuestion({ kind: 'camera', name: 'Cam' }, host('darwin', ['avfoundation']))).toContain('1000');
    expect(() => modeQuestion({ kind: 'camera', name: 'Cam' }, host('linux', []))).toThrow(expect.objectContaining({ code: 'SOURCE_NOT_SUPPORTED' }));
  });
});

describe('what is not there is a sentence', () => {
  test('no DISPLAY', () => {
    expect(() => inputOf({ kind: 'screen' }, host('linux', ['x11grab']))).toThrow(expect.objectContaining({ code: 'SOURCE_DEVICE_MISSING' }));
  });
  test.each(['screen', 'camera', 'microphone'] as const)('an FFmpeg without the device of a %s', (kind) => {
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      expect(() => inputOf({ kind }, host(platform, []))).toThrow(expect.objectContaining({ code: 'SOURCE_NOT_SUPPORTED' }));
    }
  });
  test('another system', () => {
    expect(() => inputOf({ kind: 'camera' }, host('aix', ['v4l2']))).toThrow(expect.objectContaining({ code: 'SOURCE_NOT_SUPPORTED' }));
  });
});
