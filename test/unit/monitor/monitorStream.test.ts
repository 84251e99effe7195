import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginPicture, beginSourcePicture, metersMessage, monitorGrantSchema, pictureMessageBytes, readMonitorMessage } from '../../../src/contract/monitorStream.ts';

const stamp = fc.record({ sequence: fc.nat({ max: 2 ** 32 - 1 }), frame: fc.nat({ max: 2 ** 40 }), utcMs: fc.double({ min: 0, max: 4e12, noNaN: true }) });
const level = fc.float({ max: 20, noNaN: true });
const levels = fc.record({ peakDbfs: level, rmsDbfs: level, truePeakDbtp: level });
const loudness = fc.record({ momentaryLufs: level, shortTermLufs: level, integratedLufs: level, rangeLu: level });

describe('the messages of the monitor stream', () => {
  it('come back as they were written: pictures', () => {
    fc.assert(fc.property(stamp, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (time, halfWidth, halfHeight) => {
      const size = { width: halfWidth * 2, height: halfHeight * 2 };
      // Memory that was used before.
      const message = new Uint8Array(pictureMessageBytes(size)).fill(255);
      const pixels = beginPicture(message, time, size);
      expect(pixels).toHaveLength(size.width * size.height * 1.5);
      pixels.forEach((_, index) => { pixels[index] = (index * 7) % 256; });
      // Read from the middle of a larger buffer, as a socket may give it.
      const buffer = new Uint8Array(message.length + 5);
      buffer.set(message, 3);
      expect(readMonitorMessage(buffer.subarray(3, 3 + message.length))).toEqual({ type: 'picture', ...time, ...size, pixels });
    }));
  });

  it('come back as they were written: pictures of a source', () => {
    fc.assert(fc.property(stamp, fc.integer({ min: 1, max: 8 }), (time, source) => {
      const size = { width: 4, height: 2 };
      const message = new Uint8Array(pictureMessageBytes(size));
      const pixels = beginSourcePicture(message, time, String(source), size);
      pixels.fill(source);
      expect(readMonitorMessage(message)).toEqual({ type: 'sourcePicture', source: String(source), ...time, width: 4, height: 2, pixels });
    }));
  });

  it('come back as they were written: meters, silence as −Infinity', () => {
    fc.assert(fc.property(stamp, fc.array(levels, { maxLength: 8 }), loudness, (time, channels, loud) => {
      expect(readMonitorMessage(metersMessage(time, channels, loud))).toEqual({ type: 'meters', ...time, channels, loudness: loud });
    }));
    const nothing = { momentaryLufs: -Infinity, shortTermLufs: -Infinity, integratedLufs: -Infinity, rangeLu: -Infinity };
    expect(readMonitorMessage(metersMessage({ sequence: 0, frame: 0, utcMs: 0 }, [], nothing))).toMatchObject({ loudness: nothing });
  });

  it('are passed over when they are cut off, too long, or of another kind or version', () => {
    const message = new Uint8Array(pictureMessageBytes({ width: 4, height: 2 }));
    beginPicture(message, { sequence: 1, frame: 2, utcMs: 3 }, { width: 4, height: 2 });
    fc.assert(fc.property(fc.nat({ max: message.length - 1 }), (length) => {
      expect(readMonitorMessage(message.subarray(0, length))).toBeUndefined();
    }));
    expect(readMonitorMessage(new Uint8Array([...message, 0]))).toBeUndefined();
    for (const [at, value] of [[0, 9], [1, 9], [24, 6]] as const) {
      const other = message.slice();
      other[at] = value;
      expect(readMonitorMessage(other), `byte ${at}`).toBeUndefined();
    }
  });

  it('survive any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => { readMonitorMessage(bytes); }));
  });

  it('accept grants within bounds only', () => {
    expect(monitorGrantSchema.safeParse({ pictures: 1, meters: 30 }).success).toBe(true);
    expect(monitorGrantSchema.safeParse({ sources: { 1: 1, 8: 2 } }).success).toBe(true);
    for (const wrong of [{ sources: { 9: 1 } }, { sources: { audio: 1 } }, { sources: { 1: 99 } }, { sources: 1 }, { pictures: -1 }, { pictures: 1e9 }, { pictures: 1.5 }, { meters: '1' }, { sound: 1 }, [], null]) {
      expect(monitorGrantSchema.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
  });
});
