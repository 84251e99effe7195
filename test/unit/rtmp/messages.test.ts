import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitAggregate } from '../../../src/main/rtmp/aggregateMessage.ts';
import { buildCommand, parseCommand, statusOf } from '../../../src/main/rtmp/commandMessage.ts';
import {
  buildAbort, buildAcknowledgement, buildSetChunkSize, buildSetPeerBandwidth, buildWindowAcknowledgementSize,
  parseAbort, parseAcknowledgement, parseSetChunkSize, parseSetPeerBandwidth, parseWindowAcknowledgementSize,
} from '../../../src/main/rtmp/controlMessages.ts';
import { buildDataFrame, parseData } from '../../../src/main/rtmp/dataMessage.ts';
import { writeFlvTag } from '../../../src/main/rtmp/flvTag.ts';
import { buildUserControl, parseUserControl, type UserControl } from '../../../src/main/rtmp/userControlMessage.ts';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe('protocol control messages', () => {
  it('come back as they were built', () => {
    fc.assert(fc.property(uint32, fc.integer({ min: 1, max: 0xff_ffff }), fc.constantFrom('hard' as const, 'soft' as const, 'dynamic' as const), (value, size, limit) => {
      expect(parseSetChunkSize(buildSetChunkSize(size).payload)).toBe(size);
      expect(parseAbort(buildAbort(value).payload)).toBe(value);
      expect(parseAcknowledgement(buildAcknowledgement(value).payload)).toBe(value);
      expect(parseWindowAcknowledgementSize(buildWindowAcknowledgementSize(value).payload)).toBe(value);
      expect(parseSetPeerBandwidth(buildSetPeerBandwidth(value, limit).payload)).toEqual({ windowBytes: value, limit });
    }));
  });

  it('counts bytes modulo 2^32', () => {
    expect(parseAcknowledgement(buildAcknowledgement(2 ** 32 + 5).payload)).toBe(5);
  });

  it.each([parseSetChunkSize, parseAbort, parseAcknowledgement, parseWindowAcknowledgementSize, parseSetPeerBandwidth, parseUserControl])('%o refuses a short message', (parse) => {
    expect(() => parse(new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'message_truncated' }));
  });
});

describe('user control messages', () => {
  const control: fc.Arbitrary<Exclude<UserControl, { event: 'unknown' }>> = fc.oneof(
    fc.record({ event: fc.constantFrom('streamBegin' as const, 'streamEof' as const, 'streamDry' as const, 'streamIsRecorded' as const), messageStreamId: uint32 }),
    fc.record({ event: fc.constant('setBufferLength' as const), messageStreamId: uint32, bufferMs: uint32 }),
    fc.record({ event: fc.constantFrom('pingRequest' as const, 'pingResponse' as const), timestamp: uint32 }),
  );

  it('come back as they were built', () => {
    fc.assert(fc.property(control, (one) => {
      expect(parseUserControl(buildUserControl(one).payload)).toEqual(one);
    }));
  });

  it('names an event that the specification does not know', () => {
    expect(parseUserControl(Uint8Array.of(0, 31, 0, 0, 0, 1))).toEqual({ event: 'unknown', eventType: 31 });
  });
});

describe('commands and data', () => {
  it('reads a command with and without the AMF3 byte', () => {
    const command = { name: 'publish', transactionId: 5, object: null, args: ['name', 'live'] };
    const message = buildCommand(1, command);
    expect(parseCommand(message)).toEqual(command);
    expect(parseCommand({ ...message, typeId: 17, payload: Uint8Array.of(0, ...message.payload) })).toEqual(command);
  });

  it('finds the status among the arguments', () => {
    const command = { name: 'onStatus', transactionId: 0, object: null, args: [null, { level: 'error', code: 'NetStream.Publish.BadName', description: 7 }] };
    expect(statusOf(command)).toEqual({ level: 'error', code: 'NetStream.Publish.BadName', description: '' });
    expect(statusOf({ ...command, args: [] })).toEqual({ level: '', code: '', description: '' });
  });

  it('reads @setDataFrame and plain data alike', () => {
    const message = buildDataFrame(1, 40, { name: 'onMetaData', values: [{ width: 320 }] });
    expect(Buffer.from(message.payload).toString('latin1')).toContain('@setDataFrame');
    expect(parseData(message)).toEqual({ name: 'onMetaData', values: [{ width: 320 }] });
    expect(parseData({ ...message, payload: message.payload.subarray(16) })).toEqual({ name: 'onMetaData', values: [{ width: 320 }] });
  });

  it('refuses messages that do not begin with a name', () => {
    const message = { ...buildDataFrame(1, 0, { name: 'x', values: [] }), payload: Uint8Array.of(5) };
    expect(() => parseData(message)).toThrow(expect.objectContaining({ code: 'amf_type' }));
    expect(() => parseCommand(message)).toThrow(expect.objectContaining({ code: 'amf_type' }));
  });
});

describe('aggregate messages', () => {
  const aggregate = (payload: Uint8Array) => ({ chunkStreamId: 4, timestampMs: 0xffff_fff0, typeId: 22, messageStreamId: 1, payload });

  it('are taken apart, their timestamps moved to the aggregate’s (§7.1.6)', () => {
    const payload = Buffer.concat([
      writeFlvTag({ type: 'video', timestampMs: 1000, payload: Uint8Array.of(1, 2) }),
      writeFlvTag({ type: 'audio', timestampMs: 1020, payload: Uint8Array.of(3) }),
    ]);
    expect(splitAggregate(aggregate(payload)).map(({ typeId, timestampMs, payload: body }) => [typeId, timestampMs, [...body]])).toEqual([
      [9, 0xffff_fff0, [1, 2]], [8, 4, [3]],
    ]);
  });

  it('are refused when they end inside a message', () => {
    expect(() => splitAggregate(aggregate(writeFlvTag({ type: 'video', timestampMs: 0, payload: new Uint8Array(9) }).subarray(0, 15)))).toThrow(expect.objectContaining({ code: 'message_truncated' }));
  });
});
