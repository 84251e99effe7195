import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtmpClientSession } from '../../../src/main/rtmp/rtmpClientSession.ts';
import { RtmpProtocolError } from '../../../src/main/rtmp/rtmpProtocolError.ts';
import { RtmpServerSession, type RtmpServerEvent } from '../../../src/main/rtmp/rtmpServerSession.ts';
import { splitBytes } from '../../support/splitBytes.ts';
import { hostileCases } from './corpus/cases.ts';

const seeds = ['corpus/', 'recorded/'].flatMap((folder) => {
  const url = new URL(folder, import.meta.url);
  return readdirSync(url).filter((name) => name.endsWith('.bin')).map((name) => ({ name, bytes: new Uint8Array(readFileSync(new URL(name, url))) }));
});

type Mutation = { readonly at: number; readonly kind: 'set' | 'insert' | 'remove' | 'repeat'; readonly byte: number; readonly length: number };
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(), kind: fc.constantFrom('set' as const, 'insert' as const, 'remove' as const, 'repeat' as const),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 3, 20, 0x7f, 0x80, 0xff)), length: fc.integer({ min: 1, max: 40 }),
});

function mutate(bytes: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  // The handshake's content means nothing: mutations there would be wasted.
  const head = bytes.length > 3073 ? 3073 : 0;
  let body = [...bytes.subarray(head)];
  for (const { at, kind, byte, length } of mutations) {
    const index = body.length === 0 ? 0 : at % body.length;
    if (kind === 'set') body[index] = byte;
    if (kind === 'insert') body.splice(index, 0, byte);
    if (kind === 'remove') body.splice(index, length);
    if (kind === 'repeat') body = [...body.slice(0, index + length), ...body.slice(index)];
  }
  return Uint8Array.from([...bytes.subarray(0, head), ...body]);
}

/** Feeds a session as a server would, and returns how much it gave back for it. Anything but RtmpProtocolError is thrown on. */
function serve(bytes: Uint8Array, sizes: readonly number[]): { outputBytes: number } {
  const session = new RtmpServerSession();
  let outputBytes = 0;
  const take = (events: readonly RtmpServerEvent[]): void => {
    for (const event of events) {
      if (event.type === 'connect') session.acceptConnect();
      if (event.type === 'publish') session.acceptPublish();
      take(session.takeEvents());
    }
  };
  try {
    for (const piece of splitBytes(bytes, sizes)) {
      take(session.receive(piece));
      for (const output of session.takeOutput()) outputBytes += output.length;
    }
  } catch (error) {
    if (!(error instanceof RtmpProtocolError)) throw error;
  }
  return { outputBytes };
}

const pieces = fc.array(fc.integer({ min: 1, max: 2000 }), { maxLength: 40 });

it.each(Object.entries(hostileCases))('the file %s is what cases.ts says', (name, bytes) => {
  expect(Buffer.from(bytes).equals(readFileSync(new URL(`corpus/${name}.bin`, import.meta.url)))).toBe(true);
});

describe('RtmpServerSession', () => {
  it.each(seeds)('survives $name, whole and byte by byte', ({ bytes }) => {
    const whole = serve(bytes, []);
    const single = serve(bytes, Array.from({ length: Math.min(bytes.length, 6000) }, () => 1));
    // A peer gets no more out than a few answers and acknowledgements for what it put in: at most one short answer for each byte.
    expect(whole.outputBytes).toBeLessThan(4000 + 20 * bytes.length);
    expect(single.outputBytes).toBeLessThan(4000 + 20 * bytes.length);
  });

  it('throws nothing but RtmpProtocolError for mutations of them', () => {
    fc.assert(fc.property(fc.constantFrom(...seeds), fc.array(mutation, { minLength: 1, maxLength: 6 }), pieces, (seed, mutations, sizes) => {
      serve(mutate(seed.bytes, mutations), sizes);
    }), { numRuns: 400 });
  });
});

describe('RtmpClientSession', () => {
  it('throws nothing but RtmpProtocolError for mutations of what servers say', () => {
    fc.assert(fc.property(fc.constantFrom(...seeds), fc.array(mutation, { maxLength: 6 }), pieces, (seed, mutations, sizes) => {
      const session = new RtmpClientSession({ app: 'live', tcUrl: 'rtmp://h/live', streamName: 'x', ackWindowBytes: 65_536 });
      try {
        for (const piece of splitBytes(mutate(seed.bytes, mutations), sizes)) session.receive(piece);
      } catch (error) {
        if (!(error instanceof RtmpProtocolError)) throw error;
      }
    }), { numRuns: 300 });
  });
});
