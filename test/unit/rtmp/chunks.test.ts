import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkReader, defaultChunkLimits } from '../../../src/main/rtmp/chunkReader.ts';
import { ChunkWriter } from '../../../src/main/rtmp/chunkWriter.ts';
import { buildAbort, buildSetChunkSize } from '../../../src/main/rtmp/controlMessages.ts';
import type { RtmpMessage } from '../../../src/main/rtmp/rtmpMessage.ts';
import { chunksOf } from '../../support/rtmpChunks.ts';
import { splitBytes } from '../../support/splitBytes.ts';

const message: fc.Arbitrary<RtmpMessage> = fc.record({
  chunkStreamId: fc.oneof(fc.integer({ min: 3, max: 70 }), fc.constantFrom(63, 64, 319, 320, 65_599)),
  timestampMs: fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0xff_fff0, max: 0x100_000f })),
  typeId: fc.integer({ min: 8, max: 22 }),
  messageStreamId: fc.integer({ min: 0, max: 0xffff_ffff }),
  payload: fc.uint8Array({ maxLength: 700 }),
});
const chunkSize = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constantFrom(128, 4096, 0xff_ffff));
const cuts = fc.array(fc.nat(300), { maxLength: 80 });
const plain = (messages: readonly RtmpMessage[]) => messages.map((one) => ({ ...one, payload: Buffer.from(one.payload).toString('hex') }));

describe('ChunkWriter against ChunkReader', () => {
  it('gives the messages back under any split and any chunk sizes', () => {
    fc.assert(fc.property(fc.array(fc.tuple(message, fc.option(chunkSize)), { maxLength: 25 }), cuts, (plan, sizes) => {
      const writer = new ChunkWriter();
      const bytes = Buffer.concat(plan.flatMap(([one, size]) => [...(size === null ? [] : [writer.setChunkSize(size)]), writer.write(one)]));
      const reader = new ChunkReader();
      const read = splitBytes(bytes, sizes).flatMap((piece) => reader.push(piece));
      expect(plain(read)).toEqual(plain(plan.map(([one]) => one)));
    }));
  });

  it('writes deltas, and an absolute timestamp only where time runs backwards', () => {
    const writer = new ChunkWriter();
    const fmts = [100, 140, 180, 170].map((timestampMs, index) =>
      (writer.write({ chunkStreamId: 6, timestampMs, typeId: 9, messageStreamId: 1, payload: new Uint8Array(index === 1 ? 5 : 9) })[0] ?? 0) >> 6);
    expect(fmts).toEqual([0, 1, 1, 0]);
  });

  it('needs no extended timestamp for a delta, however late the stream is', () => {
    const writer = new ChunkWriter();
    const one = { chunkStreamId: 6, typeId: 9, messageStreamId: 1, payload: new Uint8Array(300) };
    expect(writer.write({ ...one, timestampMs: 0x200_0000 })).toHaveLength(12 + 4 + 300 + 2 * 5);
    expect(writer.write({ ...one, timestampMs: 0x200_0000 + 40 })).toHaveLength(4 + 300 + 2);
  });
});

describe('ChunkReader against an encoder of its own', () => {
  const tracks = fc.array(
    fc.record({ payload: fc.uint8Array({ maxLength: 400 }), delta: fc.integer({ min: 0, max: 0xff_fffe }), fmt: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const) }),
    { minLength: 1, maxLength: 8 },
  );

  it('reads interleaved chunk streams with every header type', () => {
    fc.assert(fc.property(tracks, tracks, chunkSize, fc.array(fc.boolean(), { maxLength: 200 }), cuts, (first, second, size, order, sizes) => {
      const lanes = [first, second].map((track, lane) => {
        let timestampMs = 0;
        let last: { length: number; field: number } | undefined;
        return track.flatMap(({ payload, delta, fmt }, index) => {
          // Each type leaves out only what is as it was.
          const wanted = index === 0 ? 0 : fmt;
          const usable = wanted >= 2 && last?.length !== payload.length ? 1 : wanted === 3 && last?.field !== delta ? 2 : wanted;
          const absolute = (timestampMs + delta) >>> 0;
          timestampMs = absolute;
          const field = usable === 0 ? absolute : delta;
          last = { length: payload.length, field };
          const one: RtmpMessage = { chunkStreamId: 10 + lane * 100, timestampMs, typeId: 9, messageStreamId: 1, payload };
          const chunks = chunksOf(one, { fmt: usable, timestampField: field, repeatsExtendedTimestamp: true, chunkSize: size });
          return chunks.map((bytes, position) => ({ bytes, done: position === chunks.length - 1 ? one : undefined }));
        });
      });
      const wire: Uint8Array[] = chunksOf(buildSetChunkSize(size), { fmt: 0, timestampField: 0, repeatsExtendedTimestamp: true, chunkSize: 128 });
      const expected: RtmpMessage[] = [];
      for (let turn = 0; lanes.some((lane) => lane.length > 0); turn += 1) {
        const lane = lanes[order[turn % Math.max(1, order.length)] === true ? 0 : 1]!;
        const next = (lane.length > 0 ? lane : lanes.find((other) => other.length > 0))?.shift();
        if (next === undefined) break;
        wire.push(next.bytes);
        if (next.done !== undefined) expected.push(next.done);
      }
      const reader = new ChunkReader();
      const read = splitBytes(Buffer.concat(wire), sizes).flatMap((piece) => reader.push(piece));
      expect(plain(read)).toEqual(plain(expected));
    }));
  });

  it('takes type 3 chunks without the extended timestamp, as old players send them', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 900 }), fc.integer({ min: 1, max: 200 }), fc.boolean(), cuts, (payload, size, repeats, sizes) => {
      fc.pre(size >= 4); // smaller chunks cannot be told apart, and nobody sends them
      const one: RtmpMessage = { chunkStreamId: 6, timestampMs: 0x0123_4567, typeId: 9, messageStreamId: 1, payload };
      const wire = Buffer.concat([
        ...chunksOf(buildSetChunkSize(size), { fmt: 0, timestampField: 0, repeatsExtendedTimestamp: true, chunkSize: 128 }),
        ...chunksOf(one, { fmt: 0, timestampField: one.timestampMs, repeatsExtendedTimestamp: repeats, chunkSize: size }),
        ...chunksOf({ ...one, chunkStreamId: 7 }, { fmt: 0, timestampField: 5, repeatsExtendedTimestamp: true, chunkSize: size }),
      ]);
      const reader = new ChunkReader();
      const read = splitBytes(wire, sizes).flatMap((piece) => reader.push(piece));
      expect(plain(read)).toEqual(plain([one, { ...one, chunkStreamId: 7, timestampMs: 5 }]));
    }));
  });

  it('forgets an aborted message (§5.4.2)', () => {
    const one: RtmpMessage = { chunkStreamId: 6, timestampMs: 7, typeId: 9, messageStreamId: 1, payload: new Uint8Array(300).fill(1) };
    const plan = { fmt: 0 as const, timestampField: 7, repeatsExtendedTimestamp: true, chunkSize: 128 };
    const [begun] = chunksOf(one, plan);
    const wire = Buffer.concat([begun!, ...chunksOf(buildAbort(6), { ...plan, timestampField: 0 }), ...chunksOf({ ...one, payload: Uint8Array.of(2) }, plan)]);
    expect(plain(new ChunkReader().push(wire))).toEqual(plain([{ ...one, payload: Uint8Array.of(2) }]));
  });
});

describe('ChunkReader keeps its bounds', () => {
  const header = (id: number, length: number) => Uint8Array.of(id, 0, 0, 0, length >>> 16, (length >>> 8) & 0xff, length & 0xff, 9, 1, 0, 0, 0);

  it.each([
    ['a message that is too long', header(6, 0x90_0000), 'message_size'],
    ['a new chunk stream with a type 2 chunk', Uint8Array.of(0x86, 0, 0, 1), 'chunk_header'],
    ['a new chunk stream with a type 3 chunk', Uint8Array.of(0xc6), 'chunk_header'],
    ['a message inside another', Buffer.concat([header(6, 300), new Uint8Array(128), header(6, 3)]), 'chunk_header'],
    ['a chunk size of 0', Uint8Array.of(2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0), 'chunk_size'],
    ['a chunk size with the top bit', Uint8Array.of(2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0x80, 0, 0, 1), 'chunk_size'],
    ['too many chunk streams', Buffer.concat(Array.from({ length: 65 }, (_, id) => Buffer.concat([header(0, 0).subarray(0, 1), Uint8Array.of(id), header(0, 200).subarray(1), new Uint8Array(128)]))), 'chunk_streams'],
  ])('refuses %s', (_name, bytes, code) => {
    expect(() => new ChunkReader().push(bytes)).toThrow(expect.objectContaining({ name: 'RtmpProtocolError', code }));
  });

  it('holds no more than it was sent, whatever lengths are announced', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 20 }, () => {
      const reader = new ChunkReader();
      for (let id = 3; id < 63; id += 1) reader.push(Buffer.concat([header(id, 0x7f_ffff), new Uint8Array(128)]));
      return reader;
    });
    // 20 connections × 60 messages of 8 MiB announced: 10 GB; 8 KiB each are begun.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 << 20);
    expect(readers).toHaveLength(20);
  });

  it('bounds unfinished messages together', () => {
    const reader = new ChunkReader({ ...defaultChunkLimits, maxPartialBytes: 10_000 });
    expect(() => {
      for (let id = 3; id < 63; id += 1) reader.push(Buffer.concat([header(id, 600), new Uint8Array(128)]));
      for (let id = 3; id < 63; id += 1) reader.push(Buffer.concat([Uint8Array.of(0xc0 | id), new Uint8Array(128)]));
    }).toThrow(expect.objectContaining({ code: 'message_size' }));
  });
});
