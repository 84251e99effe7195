// The small pure deciders: when to try again, what is dead, what a refusal means, what was sent and may be missing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelayMs } from '../../../src/main/publish/backoff.ts';
import { failureOfSocketError } from '../../../src/main/publish/publishFailure.ts';
import { failureOfRefusal } from '../../../src/main/publish/refusal.ts';
import { RoundTrip } from '../../../src/main/publish/roundTrip.ts';
import { metadataOf, headOf, timed } from '../../../src/main/publish/rtmpPackets.ts';
import { SentPackets } from '../../../src/main/publish/sentPackets.ts';
import { StallWatch } from '../../../src/main/publish/stallWatch.ts';
import { parseVideoPayload } from '../../../src/main/rtmp/flvVideo.ts';
import { audioPacket, mediaOfFrames, syntheticAudio, syntheticVideo, videoPacket } from '../../support/syntheticMedia.ts';

describe('retryDelayMs', () => {
  it('tries at once, then waits ever longer up to five seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 100].map((failures) => retryDelayMs(failures, 0))).toEqual([0, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  });

  it('is shortened by chance, never below a half', () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 50 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const full = retryDelayMs(failures, 0);
      expect(retryDelayMs(failures, random)).toBeGreaterThanOrEqual(full / 2);
      expect(retryDelayMs(failures, random)).toBeLessThanOrEqual(full);
    }));
  });
});

describe('StallWatch', () => {
  const bytes = (flushedBytes: number, bufferedBytes: number, acknowledgedBytes: number) => ({ flushedBytes, bufferedBytes, acknowledgedBytes });

  it('calls a socket dead that takes nothing for the whole time', () => {
    const watch = new StallWatch(1000, 100, 0);
    expect(watch.isStalled(bytes(50, 10, 0), 500)).toBe(false);
    expect(watch.isStalled(bytes(50, 10, 0), 1400)).toBe(false);
    expect(watch.isStalled(bytes(50, 10, 0), 1500)).toBe(true);
  });

  it('is content with an idle connection and with slow progress', () => {
    const watch = new StallWatch(1000, 100, 0);
    for (let step = 0; step < 50; step += 1) expect(watch.isStalled(bytes(step, 10, 0), step * 900)).toBe(false);
    for (let step = 50; step < 60; step += 1) expect(watch.isStalled(bytes(50, 0, 0), step * 900)).toBe(false);
  });

  it('calls a connection dead whose acknowledgements stop while the kernel still takes bytes', () => {
    const watch = new StallWatch(1000, 100, 0);
    for (let step = 1; step <= 5; step += 1) expect(watch.isStalled(bytes(step * 100, 0, step * 100), step * 200)).toBe(false);
    expect(watch.isStalled(bytes(800, 0, 500), 1900)).toBe(false);
    expect(watch.isStalled(bytes(1200, 0, 500), 2100)).toBe(true);
  });

  it('does not wait for acknowledgements of a server that sends none, or few, or in larger steps', () => {
    const silent = new StallWatch(1000, 100, 0);
    for (let step = 0; step < 20; step += 1) expect(silent.isStalled(bytes(step * 1000, 0, 0), step * 500)).toBe(false);
    const once = new StallWatch(1000, 100, 0);
    for (let step = 0; step < 20; step += 1) expect(once.isStalled(bytes(step * 1000, 0, 40), step * 500)).toBe(false);
    const coarse = new StallWatch(1000, 100, 0);
    for (let step = 1; step <= 40; step += 1) expect(coarse.isStalled(bytes(step * 500, 0, Math.floor(step / 8) * 4000), step * 900)).toBe(false);
  });
});

describe('SentPackets', () => {
  const entries = Array.from(mediaOfFrames(0, 80), (packet) => timed(packet, syntheticVideo.frameRate));
  const framesOf = (sent: SentPackets): number[] => sent.takeAll().flatMap(({ packet }) => (packet.kind === 'video' ? [packet.frame] : []));

  it('keeps whole every GOP of which anything may be missing, and as many that were acknowledged as it is told', () => {
    const acknowledged = (keptGops: number, frames: number, byteMore: number): SentPackets => {
      const sent = new SentPackets(60_000, keptGops);
      for (const [index, entry] of entries.entries()) sent.push(entry, (index + 1) * 10);
      const lastOfThem = entries.findIndex(({ packet }) => packet.kind === 'video' && packet.frame === frames) - 1;
      sent.acknowledge((lastOfThem + 1) * 10 + byteMore);
      sent.acknowledge(0);
      return sent;
    };
    for (const [keptGops, frames, byteMore, first] of [[2, 25, 0, 0], [2, 50, 0, 0], [2, 75, -1, 0], [2, 75, 0, 25], [0, 75, -1, 50], [0, 75, 0, 75]] as const) {
      const sent = acknowledged(keptGops, frames, byteMore);
      expect(framesOf(sent)[0]).toBe(first);
      expect(framesOf(sent)).toEqual([]);
    }
  });

  it('is bounded in media time where nobody acknowledges', () => {
    const sent = new SentPackets(1500, 2);
    for (const [index, entry] of entries.entries()) sent.push(entry, index);
    const frames = framesOf(sent);
    expect(frames[0]! % 25).toBe(0);
    expect(frames.length).toBeLessThanOrEqual(38);
    expect(frames.at(-1)).toBe(79);
  });
});

describe('RoundTrip', () => {
  it('measures from the write that an acknowledgement first covers, and believes the quickest', () => {
    const trip = new RoundTrip();
    expect(trip.roundTripMs).toBeUndefined();
    trip.wrote(1000, 0);
    trip.wrote(2000, 40);
    trip.wrote(3000, 80);
    trip.acknowledged(1500, 60);
    expect(trip.roundTripMs).toBe(20);
    trip.acknowledged(3000, 200);
    expect(trip.roundTripMs).toBe(20);
  });

  it('holds a bounded number of samples with a server that never answers', () => {
    const trip = new RoundTrip();
    for (let index = 0; index < 100_000; index += 1) trip.wrote(index, index);
    trip.acknowledged(400, 500);
    expect(trip.roundTripMs).toBe(100);
  });
});

describe('failures', () => {
  const refused = { type: 'refused' as const, stage: 'publish' as const, code: 'NetStream.Publish.BadName', description: 'no\nkey  here' };

  it('quote the server’s code and, hidden and bounded, its words', () => {
    const failure = failureOfRefusal(refused, 'h:1935', (text) => text.replaceAll('key', '***'));
    expect(failure).toMatchObject({ code: 'PUBLISH_REJECTED', message: 'h:1935 refused the stream (NetStream.Publish.BadName: no *** here).', retry: 'ifItWorkedBefore' });
    expect(failureOfRefusal({ ...refused, description: 'x'.repeat(5000) }, 'h', (text) => text).message.length).toBeLessThan(400);
    expect(failureOfRefusal({ ...refused, code: 'key', description: '' }, 'h', (text) => text.replaceAll('key', '***')).message).toBe('h refused the stream (***).');
    expect(failureOfRefusal({ ...refused, code: '', description: '' }, 'h', (text) => text).message).toContain('no reason given');
  });

  it('ask again after what passes, not after what stands', () => {
    expect(failureOfRefusal({ ...refused, code: 'NetStream.Publish.Overload' }, 'h', (text) => text).retry).toBe('always');
    expect(failureOfRefusal({ ...refused, stage: 'publishing' }, 'h', (text) => text)).toMatchObject({ code: 'PUBLISH_ENDED_BY_SERVER', retry: 'always' });
    const of = (code: string) => failureOfSocketError(Object.assign(new Error('x'), { code }), 'h:1');
    expect(of('CERT_HAS_EXPIRED')).toMatchObject({ code: 'PUBLISH_CERTIFICATE_EXPIRED', retry: 'ifItWorkedBefore' });
    expect(of('ECONNREFUSED')).toMatchObject({ code: 'PUBLISH_REFUSED', retry: 'always' });
    expect(of('ENOTFOUND').message).toBe('The name of h:1 cannot be found.');
    expect(of('EPROTO').code).toBe('PUBLISH_TLS');
    expect(of('EMFILE')).toMatchObject({ code: 'PUBLISH_NETWORK', message: 'The connection to h:1 failed (EMFILE).' });
  });
});

describe('packets on the wire', () => {
  it('have the time of their index, and the difference to the picture’s', () => {
    const rate = { num: 30_000, den: 1001 };
    const packet = { ...videoPacket(1_000_003), decodeFrame: videoPacket(1_000_001).frame };
    const entry = timed(packet, rate);
    expect(entry.timestampMs).toBe(Math.round(1_000_001 * 1001 / 30));
    expect(parseVideoPayload(headOf(entry, rate)).compositionMs).toBe(Math.round(1_000_003 * 1001 / 30) - entry.timestampMs);
    expect(timed(audioPacket(3_000_000), rate).timestampMs).toBe(64_000_000);
  });

  it('never have a negative time, at the very start of a timeline', () => {
    const packet = { ...videoPacket(0), decodeFrame: videoPacket(-2).frame };
    const entry = timed(packet, syntheticVideo.frameRate);
    expect(entry.timestampMs).toBe(0);
    expect(parseVideoPayload(headOf(entry, syntheticVideo.frameRate)).compositionMs).toBe(0);
  });

  it('say what nobody refers to', () => {
    const entry = timed({ ...videoPacket(3), isReference: false }, syntheticVideo.frameRate);
    expect(parseVideoPayload(headOf(entry, syntheticVideo.frameRate)).frameType).toBe('disposable');
  });

  it('are described with the declared bitrates', () => {
    expect(metadataOf(syntheticVideo, syntheticAudio, 'Fieldcast 1')).toEqual({
      duration: 0, width: 640, height: 360, framerate: 25, videocodecid: 7, videodatarate: 600, audiocodecid: 10, audiodatarate: 128,
      audiosamplerate: 48_000, audiosamplesize: 16, stereo: true, encoder: 'Fieldcast 1',
    });
  });
});
