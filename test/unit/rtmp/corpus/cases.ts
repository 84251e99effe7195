// What the hostile files beside it hold; run by itself it writes them anew. Bytes of a found crash are added as a file alone.
import { writeFileSync } from 'node:fs';
import { buildCommand } from '../../../../src/main/rtmp/commandMessage.ts';
import { ChunkWriter } from '../../../../src/main/rtmp/chunkWriter.ts';
import { buildSetChunkSize, buildWindowAcknowledgementSize } from '../../../../src/main/rtmp/controlMessages.ts';
import type { RtmpMessage } from '../../../../src/main/rtmp/rtmpMessage.ts';

const handshake = Buffer.concat([Uint8Array.of(3), new Uint8Array(2 * 1536)]);
const raw = (typeId: number, payload: Uint8Array, chunkStreamId = 3): RtmpMessage => ({ chunkStreamId, timestampMs: 0, typeId, messageStreamId: 1, payload });
const afterHandshake = (...messages: readonly RtmpMessage[]): Buffer => {
  const writer = new ChunkWriter();
  return Buffer.concat([handshake, ...messages.map((message) => writer.write(message))]);
};
const connect = buildCommand(0, { name: 'connect', transactionId: 1, object: { app: '//live/token//', tcUrl: 'rtmp://h/live/token' }, args: [] });
const publish = buildCommand(1, { name: 'publish', transactionId: 5, object: null, args: ['name', 'live'] });

export const hostileCases: Readonly<Record<string, Uint8Array>> = {
  'http-get': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  'tls-hello': Buffer.from('16030100a5010000a10303', 'hex'),
  'version-6': Buffer.concat([Uint8Array.of(6), new Uint8Array(1536)]),
  'handshake-alone': handshake,
  'command-before-connect': afterHandshake(publish),
  'connect-twice': afterHandshake(connect, connect),
  'connect-without-object': afterHandshake(buildCommand(0, { name: 'connect', transactionId: 1, object: null, args: [] })),
  'publish-without-name': afterHandshake(connect, buildCommand(1, { name: 'publish', transactionId: 5, object: null, args: [] })),
  'publish-twice': afterHandshake(connect, publish, publish),
  'play': afterHandshake(connect, buildCommand(1, { name: 'play', transactionId: 5, object: null, args: ['name'] })),
  'empty-command': afterHandshake(raw(20, new Uint8Array(0))),
  'empty-media': afterHandshake(connect, publish, raw(9, new Uint8Array(0)), raw(8, new Uint8Array(0))),
  'amf-depth': afterHandshake(raw(20, Buffer.from(`${'0a00000001'.repeat(100)}05`, 'hex'))),
  'amf-array-length': afterHandshake(raw(20, Buffer.from('020001610affffffff', 'hex'))),
  'amf-many-values': afterHandshake(raw(20, new Uint8Array(30_000).fill(5))),
  'chunk-size-1': afterHandshake(buildSetChunkSize(1)),
  'chunk-size-0': afterHandshake({ ...buildSetChunkSize(1), payload: new Uint8Array(4) }),
  'ack-window-1': afterHandshake(buildWindowAcknowledgementSize(1), connect, publish),
  'ack-window-0': afterHandshake(buildWindowAcknowledgementSize(0), connect),
  'abort-itself': afterHandshake(raw(2, Uint8Array.of(0, 0, 0, 2), 2), connect),
  'ping-short': afterHandshake(raw(4, Uint8Array.of(0, 6), 2)),
  'aggregate-cut': afterHandshake(connect, publish, raw(22, Buffer.from('0900ffff000000000000000102', 'hex'))),
  'aggregate-nested': afterHandshake(connect, publish, raw(22, Buffer.from('1600000b0000000000000009000000000000000000000000000016', 'hex'))),
  'length-8-mib': Buffer.concat([handshake, Uint8Array.of(3, 0, 0, 0, 0x80, 0, 0, 20, 0, 0, 0, 0)]),
  'metadata-not-an-object': afterHandshake(connect, publish, raw(18, Buffer.from('02000a6f6e4d6574614461746105', 'hex'))),
};

if (import.meta.main) {
  for (const [name, bytes] of Object.entries(hostileCases)) writeFileSync(new URL(`${name}.bin`, import.meta.url), bytes);
}
