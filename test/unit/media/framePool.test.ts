import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameAssembler, FramePool, type PooledBuffer } from '../../../src/main/media/framePool.ts';

/** Writes bytes as a pipe would: into the space that is offered, in pieces of `sizes`. */
function pour(assembler: FrameAssembler, bytes: Uint8Array, sizes: readonly number[]): void {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const space = assembler.space();
    const count = Math.min(space.length, bytes.length - at, sizes[turn % sizes.length] ?? 1);
    space.set(bytes.subarray(at, at + count));
    assembler.advance(count);
    at += count;
  }
}

describe('pool of frames', () => {
  it('cuts the bytes of a pipe into frames, whatever the reads were', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.uint8Array({ maxLength: 400 }), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (size, bytes, sizes) => {
      const frames: number[][] = [];
      const assembler = new FrameAssembler(new FramePool(size), ({ bytes: frame, lease }) => {
        frames.push([...frame]);
        lease.release();
      });
      pour(assembler, bytes, sizes);
      expect(frames.flat()).toEqual([...bytes.subarray(0, bytes.length - (bytes.length % size))]);
    }));
  });

  it('uses a buffer again only after its last release', () => {
    const pool = new FramePool(8);
    const one = pool.acquire();
    one.lease.hold();
    one.lease.release();
    expect(pool.acquire().bytes).not.toBe(one.bytes);
    one.lease.release();
    expect(pool.acquire().bytes).toBe(one.bytes);
  });

  it('never gives out a buffer that somebody holds, in any order of holds and releases', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('acquire', 'hold', 'release'), fc.nat(20)), { maxLength: 200 }), (steps) => {
      const pool = new FramePool(4);
      const held: PooledBuffer[] = [];
      for (const [step, at] of steps) {
        const one = held[at % Math.max(1, held.length)];
        if (step === 'acquire' || one === undefined) {
          const fresh = pool.acquire();
          expect(held.every((other) => other.bytes !== fresh.bytes)).toBe(true);
          held.push(fresh);
        } else if (step === 'hold') {
          one.lease.hold();
          held.push(one);
        } else {
          held.splice(held.indexOf(one), 1);
          one.lease.release();
        }
      }
    }));
  });

  it('makes no new memory for a load that comes and goes, and gives it back once it has stayed away', () => {
    const pool = new FramePool(4);
    const known = new Set<Uint8Array>();
    const wave = (count: number): number => {
      const held = Array.from({ length: count }, () => pool.acquire());
      const fresh = held.filter(({ bytes }) => !known.has(bytes)).length;
      for (const { bytes, lease } of held) {
        known.add(bytes);
        lease.release();
      }
      return fresh;
    };
    expect(wave(50)).toBe(50);
    for (let turn = 0; turn < 8; turn += 1) expect(wave(turn % 2 === 0 ? 2 : 50)).toBe(0);
    for (let turn = 0; turn < 1300; turn += 1) wave(1);
    expect(wave(50)).toBe(49);
  });

  it('forgets an unfinished frame', () => {
    const frames: number[][] = [];
    const assembler = new FrameAssembler(new FramePool(4), ({ bytes }) => frames.push([...bytes]));
    pour(assembler, Uint8Array.of(9, 9), [2]);
    assembler.reset();
    pour(assembler, Uint8Array.of(1, 2, 3, 4), [3]);
    expect(frames).toEqual([[1, 2, 3, 4]]);
  });
});
