import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFrameQueue } from '../../../src/main/capture/frameQueue.ts';
import { readInto } from '../../../src/main/ffmpeg/directPipe.ts';
import { createPcmQueue } from '../../../src/main/capture/pcmQueue.ts';

const chunksOf = (data: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const places = [0, ...cuts.map((cut) => cut % (data.length + 1)).toSorted((a, b) => a - b), data.length];
  return places.slice(1).map((end, index) => data.subarray(places[index], end));
};
const cutsArbitrary = fc.array(fc.nat(100_000), { maxLength: 40 });

describe('frames', () => {
  test('are whole and in order for any reads', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 97 }), fc.nat(12), fc.nat(96), cutsArbitrary, (size, count, rest, cuts) => {
      const data = Uint8Array.from({ length: size * count + (rest % size) }, (_, index) => index % 251);
      let completed = 0;
      const queue = createFrameQueue(size, () => { completed += 1; });
      const pipe = new EventEmitter();
      readInto(pipe, queue);
      for (const chunk of chunksOf(data, cuts)) pipe.emit('data', chunk);
      expect(completed).toBe(count);
      for (let index = 0; index < count; index += 1) {
        const frame = queue.take()!;
        expect(frame.sourceFrame).toBe(index);
        expect(Buffer.concat(frame.pieces)).toEqual(Buffer.from(data.subarray(index * size, (index + 1) * size)));
      }
      expect(queue.take()).toBeUndefined();
    }));
  });

  test('the oldest are dropped and counted, and numbers go on', () => {
    const queue = createFrameQueue(2, () => {});
    for (let byte = 0; byte < 20; byte += 1) queue.advance(1);
    queue.dropOldest(3);
    expect(queue.droppedFrames).toBe(7);
    expect(queue.frames.map((frame) => frame.sourceFrame)).toEqual([7, 8, 9]);
    queue.dropOldest(3);
    expect(queue.droppedFrames).toBe(7);
  });

  test('their memory is used again when it was released, and not before', () => {
    const queue = createFrameQueue(2, () => {});
    const next = (): Uint8Array => {
      queue.advance(2);
      return queue.frames.at(-1)!.pieces[0]!;
    };
    const [first, second] = [next(), next()];
    expect(second).not.toBe(first);
    const taken = queue.take()!;
    taken.lease?.release();
    queue.dropOldest(0);
    const later = [next(), next(), next()];
    expect(later).toContain(first);
    expect(later).toContain(second);
    expect(new Set(later).size).toBe(3);
  });
});

describe('samples', () => {
  test('come out as they went in for any reads and any takes', () => {
    fc.assert(fc.property(fc.nat(300), cutsArbitrary, fc.array(fc.nat(50), { maxLength: 40 }), (count, cuts, takes) => {
      const samples = Float32Array.from({ length: count * 2 }, (_, index) => index / 700);
      const queue = createPcmQueue();
      for (const chunk of chunksOf(new Uint8Array(samples.buffer), cuts)) queue.write(chunk);
      let at = 0;
      for (const wanted of takes) {
        expect(queue.queuedSamples).toBe(count - at);
        const taken = queue.take(wanted);
        if (at + wanted > count) {
          expect(taken).toBeUndefined();
          continue;
        }
        expect(taken).toEqual(samples.subarray(at * 2, (at + wanted) * 2));
        at += wanted;
      }
    }));
  });

  test('the oldest are dropped by whole samples', () => {
    const samples = Float32Array.from({ length: 20 }, (_, index) => index / 16);
    const queue = createPcmQueue();
    const bytes = new Uint8Array(samples.buffer);
    queue.write(bytes.subarray(0, 13));
    queue.write(bytes.subarray(13));
    queue.dropOldest(4);
    expect(queue.droppedSamples).toBe(6);
    expect([...queue.take(4)!]).toEqual([12, 13, 14, 15, 16, 17, 18, 19].map((index) => index / 16));
  });
});

test('samples that are no sound become silence, and the others stay as they are', () => {
  const queue = createPcmQueue();
  const given = Float32Array.from([0.5, Number.NaN, Infinity, -1.5, -3e38, 1e-40, 7.9, -8.1]);
  queue.write(new Uint8Array(given.buffer));
  expect([...queue.take(4)!]).toEqual([...Float32Array.from([0.5, 0, 0, -1.5, 0, 1e-40, 7.9, 0])]);
});
