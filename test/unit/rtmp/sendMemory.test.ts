import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkReader, defaultChunkLimits } from '../../../src/main/rtmp/chunkReader.ts';
import { ChunkWriter } from '../../../src/main/rtmp/chunkWriter.ts';
import { SendMemory } from '../../../src/main/rtmp/sendMemory.ts';

describe('SendMemory', () => {
  it('never gives out memory that was not given back, whatever is asked and returned', () => {
    fc.assert(fc.property(fc.array(fc.record({ bytes: fc.integer({ min: 0, max: 120 }), written: fc.integer({ min: 0, max: 3 }) }), { maxLength: 200 }), (steps) => {
      const memory = new SendMemory(256);
      const waiting: { readonly piece: Uint8Array; readonly mark: number; readonly stamp: number }[] = [];
      steps.forEach(({ bytes, written }, index) => {
        const piece = memory.allocate(bytes).fill(index % 251);
        expect(piece.length).toBe(bytes);
        waiting.push({ piece, mark: memory.mark, stamp: index % 251 });
        for (const one of waiting) expect(one.piece.every((value) => value === one.stamp)).toBe(true);
        for (const one of waiting.splice(0, written)) memory.giveBack(one.mark);
      });
    }));
  });

  it('uses the same memory again once it is back, and memory of its own where a piece is too large', () => {
    const memory = new SendMemory(1000);
    const first = memory.allocate(600);
    const crowded = memory.allocate(600);
    memory.giveBack(memory.mark);
    const again = memory.allocate(600);
    expect(again.buffer).toBe(first.buffer);
    expect(crowded.buffer).not.toBe(first.buffer);
    expect(memory.allocate(5000).length).toBe(5000);
  });
});

describe('a message whose first bytes lie apart', () => {
  it('arrives as if they did not, whatever the chunk size', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 700 }), fc.integer({ min: 1, max: 200 }), (head, payload, chunkSize) => {
      const memory = new SendMemory(4096);
      const writer = new ChunkWriter((bytes) => memory.allocate(bytes).fill(0xee));
      const reader = new ChunkReader(defaultChunkLimits);
      reader.push(writer.setChunkSize(chunkSize).slice());
      const [message] = reader.push(writer.write({ chunkStreamId: 6, timestampMs: 5, typeId: 9, messageStreamId: 1, head, payload }).slice());
      expect([...(message?.payload ?? [])]).toEqual([...head, ...payload]);
    }));
  });
});
