import { describe, expect, test } from 'vitest';
import { deviceInputArgs, type DeviceHost, type DeviceSpec } from '../../../src/main/capture/deviceInput.ts';

const format = { width: 1280, height: 720, frameRate: { num: 30_000, den: 1001 } };
const host = (platform: NodeJS.Platform, demuxers: string[], env: DeviceHost['env'] = {}): DeviceHost => ({ platform, env, demuxers: new Set(demuxers) });
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
