import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeviceMode } from '../../../src/contract/device.ts';
import { avfoundationModes, dshowModes, v4l2Modes } from '../../../src/main/capture/deviceModes.ts';
import { chooseMode } from '../../../src/main/capture/modeChoice.ts';
import * as outputs from '../../support/deviceOutputs.ts';

describe('modes as FFmpeg prints them', () => {
  test('DirectShow, each once', () => {
    expect(dshowModes(outputs.DSHOW_OPTIONS_C920)).toEqual([[640, 480], [160, 90], [320, 180]].map(([width, height]) => ({ width, height, minFps: 5, maxFps: 30, format: 'yuyv422', isRaw: true })));
    expect(dshowModes(outputs.DSHOW_OPTIONS_MJPEG).map(({ width, format, isRaw }) => [width, format, isRaw])).toEqual([[640, 'mjpeg', false], [160, 'mjpeg', false]]);
  });

  test('AVFoundation, with ranges and single rates', () => {
    expect(avfoundationModes(outputs.AVFOUNDATION_MODES_RANGES)[1]).toEqual({ width: 1280, height: 720, minFps: 1, maxFps: 30, format: 'uyvy422', isRaw: true });
    expect(avfoundationModes(outputs.AVFOUNDATION_MODES_SINGLE).map(({ width, maxFps }) => [width, maxFps])).toEqual([[640, 60.000_24], [640, 30.000_03], [640, 20], [720, 60.000_24], [720, 30.000_03]]);
  });

  test('v4l2, which tells no rates', () => {
    const modes = v4l2Modes(outputs.V4L2_FORMATS);
    expect(modes).toHaveLength(18);
    expect(modes[0]).toEqual({ width: 2592, height: 1944, format: 'mjpeg', isRaw: false });
    expect(modes[9]).toEqual({ width: 2592, height: 1944, format: 'yuyv422', isRaw: true });
    expect(v4l2Modes(outputs.V4L2_FORMATS_STEPWISE).map(({ width, height }) => [width, height])).toEqual([[640, 480], [640, 360], [1280, 720], [1920, 1080], [2560, 1440]]);
  });

  test('nothing where there is nothing to read', () => {
    fc.assert(fc.property(fc.string(), (text) => {
      for (const read of [dshowModes, avfoundationModes, v4l2Modes]) expect(Array.isArray(read(text))).toBe(true);
    }));
  });
});

const hd = (fps: number) => ({ width: 1280, height: 720, fps });
const mode = (width: number, height: number, minFps: number, maxFps: number, format: string): DeviceMode => ({ width, height, minFps, maxFps, format, isRaw: !['mjpeg', 'h264'].includes(format) });

describe('the mode that a show uses', () => {
  test('MJPEG where raw pictures are too slow, with the reason', () => {
    const choice = chooseMode([mode(1280, 720, 5, 10, 'yuyv422'), mode(1280, 720, 5, 30, 'mjpeg'), mode(640, 480, 5, 30, 'yuyv422')], hd(30));
    expect(choice).toMatchObject({ mode: { format: 'mjpeg', width: 1280 }, fps: 30, reason: '1280×720 at 30 fps, MJPEG: raw pictures of this size come at 10 fps only.' });
  });

  test('raw pictures where they are quick enough', () => {
    expect(chooseMode([mode(640, 480, 5, 30, 'mjpeg'), mode(640, 480, 5, 30, 'yuyv422')], { width: 640, height: 480, fps: 30 })).toMatchObject({
      mode: { format: 'yuyv422' }, reason: '640×480 at 30 fps, raw (yuyv422): raw pictures need no decoding.',
    });
  });

  test('the camera’s own 30 for a show of 29.97, and its exact figure', () => {
    expect(chooseMode(avfoundationModes(outputs.AVFOUNDATION_MODES_RANGES), hd(30_000 / 1001))).toMatchObject({ mode: { width: 1280 }, fps: 30 });
    expect(chooseMode(avfoundationModes(outputs.AVFOUNDATION_MODES_SINGLE), { width: 640, height: 480, fps: 30_000 / 1001 })).toMatchObject({ mode: { width: 640 }, fps: 30.000_03 });
  });

  test('25 within a range', () => {
    expect(chooseMode([mode(1280, 720, 5, 30, 'mjpeg')], hd(25))?.fps).toBe(25);
  });

  test('twice the rate rather than half of it', () => {
    const choice = chooseMode([mode(1280, 720, 60, 60, 'mjpeg'), mode(1280, 720, 15, 15, 'mjpeg')], hd(30));
    expect(choice).toMatchObject({ fps: 60, reason: expect.stringContaining('it is the nearest to 30 fps that it has at this size') as unknown });
  });

  test('a larger size of the same shape rather than a smaller one', () => {
    expect(chooseMode([mode(640, 360, 5, 30, 'mjpeg'), mode(1920, 1080, 5, 30, 'mjpeg')], hd(30))).toMatchObject({
      mode: { width: 1920 }, reason: expect.stringContaining('it is the nearest to 1280×720 that the camera has') as unknown,
    });
  });

  test('MJPEG on Linux where raw pictures would not fit through USB 2.0, raw where they do', () => {
    const modes = v4l2Modes(outputs.V4L2_FORMATS);
    expect(chooseMode(modes, hd(30))).toMatchObject({ mode: { format: 'mjpeg', width: 1280, height: 720 }, fps: undefined, reason: '1280×720, MJPEG: raw pictures of this size are more than USB 2.0 carries.' });
    expect(chooseMode(modes, { width: 640, height: 480, fps: 30 })).toMatchObject({ mode: { format: 'yuyv422' } });
  });

  test('none where there are none', () => expect(chooseMode([], hd(30))).toBeUndefined());

  test('is never another one where one fits exactly, and asks for a rate that the mode has', () => {
    const anyMode = fc.record({
      width: fc.constantFrom(320, 640, 1280, 1920), height: fc.constantFrom(180, 360, 480, 720, 1080), minFps: fc.constantFrom(1, 5, 15, 30, 60), extra: fc.constantFrom(0, 10, 25), format: fc.constantFrom('mjpeg', 'yuyv422', 'h264', 'nv12'),
    }).map(({ width, height, minFps, extra, format }) => mode(width, height, minFps, minFps + extra, format));
    fc.assert(fc.property(fc.array(anyMode, { minLength: 1, maxLength: 30 }), fc.constantFrom(25, 30_000 / 1001, 30, 60), (modes, fps) => {
      const choice = chooseMode(modes, hd(fps))!;
      expect(modes).toContain(choice.mode);
      expect(choice.fps).toBeGreaterThanOrEqual(choice.mode.minFps! - 1e-9);
      expect(choice.fps).toBeLessThanOrEqual(choice.mode.maxFps! + 1e-9);
      // A camera's own H.264 comes late: MJPEG of the next size is taken before it.
      const exact = modes.filter((one) => one.width === 1280 && one.height === 720 && one.minFps! <= fps && one.maxFps! >= fps && one.format !== 'h264');
      if (exact.length > 0) expect([choice.mode.width, choice.mode.height, Math.round(choice.fps!)]).toEqual([1280, 720, Math.round(fps)]);
      if (exact.some((one) => one.isRaw)) expect(choice.mode.isRaw).toBe(true);
    }));
  });
});
