import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkReader } from '../../../src/main/rtmp/chunkReader.ts';
import { ChunkWriter } from '../../../src/main/rtmp/chunkWriter.ts';
import { buildCommand, parseCommand, statusOf, type RtmpCommand } from '../../../src/main/rtmp/commandMessage.ts';
import { buildWindowAcknowledgementSize, parseAcknowledgement } from '../../../src/main/rtmp/controlMessages.ts';
import { HANDSHAKE_BYTES } from '../../../src/main/rtmp/handshake.ts';
import { RtmpClientSession, type RtmpClientEvent } from '../../../src/main/rtmp/rtmpClientSession.ts';
import type { RtmpMessage } from '../../../src/main/rtmp/rtmpMessage.ts';
import { RtmpServerSession, type RtmpServerEvent } from '../../../src/main/rtmp/rtmpServerSession.ts';
import { buildUserControl, parseUserControl } from '../../../src/main/rtmp/userControlMessage.ts';
import { splitBytes } from '../../support/splitBytes.ts';

const options = { app: 'live/0123456789abcdef0123456789abcdef', tcUrl: 'rtmp://h:1935/live/0123456789abcdef0123456789abcdef', streamName: '720p?videodatarate=2500', ackWindowBytes: 1000 };
type Answer = 'accept' | 'later' | { readonly code: string };

/** Both ends joined by a wire that cuts bytes anywhere. */
class Wire {
  readonly client = new RtmpClientSession(options);
  readonly server = new RtmpServerSession();
  readonly clientEvents: RtmpClientEvent[] = [];
  readonly serverEvents: RtmpServerEvent[] = [];
  readonly #sizes: readonly number[];
  readonly #answer: (event: RtmpServerEvent) => Answer;

  constructor(sizes: readonly number[] = [], answer: (event: RtmpServerEvent) => Answer = () => 'accept') {
    this.#sizes = sizes;
    this.#answer = answer;
  }

  settle(): void {
    for (let busy = true; busy;) {
      const up = Buffer.concat(this.client.takeOutput());
      for (const piece of splitBytes(up, this.#sizes)) this.take(this.server.receive(piece));
      const down = Buffer.concat(this.server.takeOutput());
      for (const piece of splitBytes(down, this.#sizes)) this.clientEvents.push(...this.client.receive(piece));
      busy = up.length + down.length > 0;
    }
  }

  take(events: readonly RtmpServerEvent[]): void {
    for (const event of events) {
      this.serverEvents.push(event);
      if (event.type !== 'connect' && event.type !== 'publish') continue;
      const answer = this.#answer(event);
      if (answer === 'later') continue;
      if (answer !== 'accept') this.server.reject(answer.code, 'No.');
      else if (event.type === 'connect') this.server.acceptConnect();
      else this.server.acceptPublish();
      this.take(this.server.takeEvents());
    }
  }
}

describe('client against server', () => {
  it('publishes under any split of the bytes', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 60 }), (sizes) => {
      const wire = new Wire(sizes);
      wire.settle();
      expect(wire.clientEvents.map((event) => event.type)).toEqual(['stage', 'stage', 'stage', 'publishing']);
      wire.client.sendMetadata(5, { width: 320 });
      wire.client.sendVideo(0x100_0000, new Uint8Array(9000).fill(7));
      wire.client.sendAudio(0x100_0004, new Uint8Array(300).fill(8));
      wire.client.unpublish();
      wire.settle();
      expect(wire.serverEvents).toEqual([
        { type: 'connect', app: options.app, tcUrl: options.tcUrl, flashVer: 'FMLE/3.0 (compatible; Fieldcast)' },
        { type: 'publish', streamName: options.streamName },
        { type: 'metadata', values: { width: 320 } },
        { type: 'video', timestampMs: 0x100_0000, payload: new Uint8Array(9000).fill(7) },
        { type: 'audio', timestampMs: 0x100_0004, payload: new Uint8Array(300).fill(8) },
        { type: 'unpublish' },
      ]);
      expect(wire.client.acknowledgedBytes).toBeGreaterThan(9000);
      expect(wire.client.acknowledgedBytes).toBeLessThanOrEqual(wire.client.sentBytes);
      expect(wire.server.bytesReceived).toBe(wire.client.sentBytes);
    }), { numRuns: 40 });
  });

  it.each([
    ['connect' as const, 'NetConnection.Connect.Rejected'],
    ['publish' as const, 'NetStream.Publish.BadName'],
  ])('hears that %s is refused', (stage, code) => {
    const wire = new Wire([], (event) => (event.type === stage ? { code } : 'accept'));
    wire.settle();
    expect(wire.clientEvents.at(-1)).toEqual({ type: 'refused', stage, code, description: 'No.' });
    expect(wire.serverEvents.at(-1)).toEqual({ type: 'closed' });
    expect(() => wire.client.sendVideo(0, Uint8Array.of(1))).toThrow('stage "ended"');
  });

  it('hears that a stream it publishes is ended', () => {
    const wire = new Wire();
    wire.settle();
    wire.server.reject('NetStream.Publish.Failed', 'The event was stopped.');
    wire.settle();
    expect(wire.clientEvents.at(-1)).toEqual({ type: 'refused', stage: 'publishing', code: 'NetStream.Publish.Failed', description: 'The event was stopped.' });
  });

  it('waits for answers that come late, and loses nothing that was sent behind the question', () => {
    const wire = new Wire([], (event) => (event.type === 'publish' ? 'later' : 'accept'));
    wire.settle();
    expect(wire.client.stage).toBe('publish');
    // A peer that does not wait for the answer.
    const writer = new ChunkWriter();
    wire.take(wire.server.receive(writer.write({ chunkStreamId: 6, timestampMs: 40, typeId: 9, messageStreamId: 1, payload: Uint8Array.of(0x17, 1) })));
    expect(wire.serverEvents.at(-1)?.type).toBe('publish');
    wire.server.acceptPublish();
    wire.take(wire.server.takeEvents());
    expect(wire.serverEvents.at(-1)).toEqual({ type: 'video', timestampMs: 40, payload: Uint8Array.of(0x17, 1) });
  });
});

/** A bare client: writes what a test wants and reads what the server says. */
class BareClient {
  readonly session = new RtmpServerSession();
  readonly events: RtmpServerEvent[] = [];
  readonly #writer = new ChunkWriter();
  readonly #reader = new ChunkReader();
  #skipped = 0;

  constructor() {
    this.raw(Buffer.concat([Uint8Array.of(3), new Uint8Array(HANDSHAKE_BYTES - 1)]));
  }

  raw(bytes: Uint8Array): void {
    this.events.push(...this.session.receive(bytes));
  }

  send(...messages: readonly RtmpMessage[]): void {
    for (const message of messages) this.raw(this.#writer.write(message));
  }

  command(name: string, transactionId: number, ...args: RtmpCommand['args']): void {
    this.send(buildCommand(1, { name, transactionId, object: name === 'connect' ? { app: '/live/' } : null, args }));
  }

  replies(): RtmpMessage[] {
    const bytes = Buffer.concat(this.session.takeOutput());
    const skip = Math.min(bytes.length, HANDSHAKE_BYTES - this.#skipped);
    this.#skipped += skip;
    return this.#reader.push(bytes.subarray(skip));
  }

  statuses(): string[] {
    return this.replies().filter((message) => message.typeId === 20).map((message) => {
      const command = parseCommand(message);
      return `${command.name} ${statusOf(command).code}`.trim();
    });
  }

  publish(): void {
    this.command('connect', 1);
    this.session.acceptConnect();
    this.command('publish', 5, 'name', 'live');
    this.session.acceptPublish();
    this.replies();
  }
}

describe('RtmpServerSession', () => {
  it('refuses players in words', () => {
    const client = new BareClient();
    client.command('connect', 1);
    client.session.acceptConnect();
    client.command('play', 4, 'name');
    expect(client.statuses()).toEqual(['_result NetConnection.Connect.Success', 'onStatus NetStream.Play.Failed']);
  });

  it('refuses a stream without a name and a second stream', () => {
    const client = new BareClient();
    client.command('connect', 1);
    client.session.acceptConnect();
    client.replies();
    client.command('publish', 5);
    expect(client.statuses()).toEqual(['onStatus NetStream.Publish.BadName']);
    client.command('publish', 6, 'name');
    client.session.acceptPublish();
    client.command('publish', 7, 'other');
    expect(client.statuses()).toEqual(['onStatus NetStream.Publish.Start', 'onStatus NetStream.Publish.Failed']);
    expect(client.events.filter((event) => event.type === 'publish')).toHaveLength(1);
  });

  it('tells who asks for something unknown that there is none', () => {
    const client = new BareClient();
    client.publish();
    client.command('_checkbw', 9);
    client.command('getStreamLength', 10, 'name');
    client.command('getStreamLength', 0, 'name');
    expect(client.statuses()).toEqual(['_error NetConnection.Call.Failed']);
  });

  it('acknowledges once for what arrives at once, however small the window', () => {
    const client = new BareClient();
    client.publish();
    client.send(buildWindowAcknowledgementSize(1));
    client.replies();
    client.raw(new ChunkWriter().write({ chunkStreamId: 6, timestampMs: 0, typeId: 9, messageStreamId: 1, payload: new Uint8Array(5000) }));
    const acknowledgements = client.replies().filter((message) => message.typeId === 3);
    expect(acknowledgements.map((message) => parseAcknowledgement(message.payload))).toEqual([client.session.bytesReceived]);
  });

  it('answers pings', () => {
    const client = new BareClient();
    client.send(buildUserControl({ event: 'pingRequest', timestamp: 77 }));
    expect(client.replies().map((message) => parseUserControl(message.payload))).toEqual([{ event: 'pingResponse', timestamp: 77 }]);
  });

  it('takes no long message from a peer that nobody knows yet', () => {
    const header = Uint8Array.of(3, 0, 0, 0, 2, 0, 0, 20, 0, 0, 0, 0);
    expect(() => new BareClient().raw(header)).toThrow(expect.objectContaining({ code: 'message_size' }));
    const publisher = new BareClient();
    publisher.publish();
    expect(() => publisher.raw(Uint8Array.of(6, 0, 0, 0, 2, 0, 0, 9, 1, 0, 0, 0))).not.toThrow();
  });

  it('bounds what waits behind an unanswered question', () => {
    const client = new BareClient();
    client.command('connect', 1);
    const flood = (): void => {
      for (let index = 0; index < 200; index += 1) client.send({ chunkStreamId: 6, timestampMs: 0, typeId: 9, messageStreamId: 1, payload: new Uint8Array(60_000) });
    };
    expect(flood).toThrow(expect.objectContaining({ code: 'waiting_limit' }));
  });

  it('drops media that nobody accepted, and empty media', () => {
    const client = new BareClient();
    const media = { chunkStreamId: 6, timestampMs: 0, typeId: 9, messageStreamId: 1 };
    client.command('connect', 1);
    client.session.acceptConnect();
    client.send({ ...media, payload: Uint8Array.of(1) });
    client.command('publish', 5, 'name');
    client.session.acceptPublish();
    client.send({ ...media, payload: new Uint8Array(0) }, { ...media, payload: Uint8Array.of(2) });
    expect(client.events.filter((event) => event.type === 'video')).toEqual([{ type: 'video', timestampMs: 0, payload: Uint8Array.of(2) }]);
  });

  it('guards its answers with a sentence', () => {
    expect(() => new RtmpServerSession().acceptPublish()).toThrow('There is no publish to accept: the session is in the state "handshake".');
  });

  it('repeats C1 in S2 and shows no digest in S1 (§5.2)', () => {
    const session = new RtmpServerSession();
    const c1 = Uint8Array.from({ length: 1536 }, (_, index) => index & 0xff);
    session.receive(Buffer.concat([Uint8Array.of(3), c1]));
    const output = Buffer.concat(session.takeOutput());
    expect(output).toHaveLength(HANDSHAKE_BYTES);
    expect(output[0]).toBe(3);
    expect([...output.subarray(5, 9)]).toEqual([0, 0, 0, 0]);
    expect(output.subarray(1537).equals(c1)).toBe(true);
  });
});

describe('acknowledgements at the client', () => {
  const acknowledge = (session: RtmpClientSession, writer: ChunkWriter, sequence: number): number => {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(sequence);
    session.receive(writer.write({ chunkStreamId: 2, timestampMs: 0, typeId: 3, messageStreamId: 0, payload }));
    return session.acknowledgedBytes;
  };

  it('go on over a peer that begins to count again, and believe no lies', () => {
    const wire = new Wire();
    wire.settle();
    const { client } = wire;
    const writer = new ChunkWriter();
    for (let index = 0; index < 20; index += 1) client.sendVideo(index, new Uint8Array(10_000));
    client.takeOutput();
    const base = client.acknowledgedBytes;
    expect(acknowledge(client, writer, base + 50_000)).toBe(base + 50_000);
    expect(acknowledge(client, writer, base + 60_000)).toBe(base + 60_000);
    // nginx-rtmp starts at 0 again after 0xF0000000 bytes.
    expect(acknowledge(client, writer, 1000)).toBe(base + 61_000);
    expect(acknowledge(client, writer, 21_000)).toBe(base + 81_000);
    expect(acknowledge(client, writer, 0x7fff_ffff)).toBeLessThanOrEqual(client.sentBytes);
  });
});
