// The journal of an event's ingest and the documented health rules, on a hand-driven clock.
import { describe, expect, it } from 'vitest';
import { isAddressAllowed } from '../../../src/main/service/addressRules.ts';
import type { TrackTelemetry } from '../../../src/main/service/mediaPlane.ts';
import { ingestHealth } from '../../../src/main/service/telemetry/ingestHealth.ts';
import { IngestJournal } from '../../../src/main/service/telemetry/ingestJournal.ts';

const START = 1_763_600_000_000;
const publisher = { streamName: '720p', peer: { address: '192.0.2.7', port: 5000 }, encoder: 'Fieldcast', tlsVersion: 'TLSv1.3' };
const video = { trackName: 'video_2500000', kind: 'video', declaredBitrate: 2_500_000 } as const;
const small = { trackName: 'video_800000', kind: 'video', declaredBitrate: 800_000 } as const;

function track(change: Partial<TrackTelemetry> = {}): TrackTelemetry {
  return {
    ...video, incomingBitrate: 2_400_000, frames: 100, gaps: [], firstTimestampMs: 0, lastTimestampMs: 4000, lastArrivalUtcMs: START,
    overlapCount: 0, staleCount: 0, nonIncreasingCount: 0, ...change,
  };
}

function bench() {
  let now = START;
  const journal = new IngestJournal(() => now);
  const types = (): string[] => journal.history.events.map((event) => event.type);
  return { journal, types, advance: (ms: number) => { now += ms; }, now: () => now };
}

describe('events', () => {
  it('keeps one session over a pause of all publishers, which becomes an interruption', () => {
    const { journal, types, advance } = bench();
    const first = journal.publisherCame(publisher);
    const second = journal.publisherCame({ ...publisher, streamName: '360p' });
    journal.publisherLeft(first, 'MPE_CLIENT_TERMINATED_SESSION', 'Information', 1000);
    expect(journal.history.session?.end).toBeUndefined();
    advance(1000);
    journal.publisherLeft(second, 'MPE_RTMP_SESSION_IDLE_TIMEOUT', 'Warning', 1000);
    journal.publisherLeft(second, 'MPE_RTMP_SESSION_IDLE_TIMEOUT', 'Warning', 1000);
    expect(journal.history.session).toEqual({ streamName: '720p', beginUtcMs: START, end: { atUtcMs: START + 1000, reason: 'MPE_RTMP_SESSION_IDLE_TIMEOUT' }, interruptions: [] });
    advance(2500);
    journal.publisherCame(publisher);
    expect(journal.history.session).toMatchObject({ beginUtcMs: START, end: undefined, interruptions: [{ beginUtcMs: START + 1000, endUtcMs: START + 3500, reason: 'MPE_RTMP_SESSION_IDLE_TIMEOUT' }] });
    expect(types()).toEqual(['BeginIngest', 'BeginIngest', 'EndIngest', 'EndIngest', 'BeginIngest']);
  });

  it('tells the first chunk of each track once for each ingest', () => {
    const { journal, types } = bench();
    const connection = journal.publisherCame(publisher);
    for (const atMs of [0, 2000, 4000]) journal.chunk({ track: video, atMs, durationMs: 2000 }, '1280x720');
    journal.publisherLeft(connection, 'MPE_CLIENT_TERMINATED_SESSION', 'Information', 1);
    journal.publisherCame(publisher);
    journal.chunk({ track: video, atMs: 6000, durationMs: 2000 }, '1280x720');
    expect(types()).toEqual(['BeginIngest', 'FirstChunkReceived', 'EndIngest', 'BeginIngest', 'FirstChunkReceived']);
  });

  it('finds key frames that are not aligned, whichever track is late, and says it once in 20 s', () => {
    const { journal, types, advance } = bench();
    for (const atMs of [0, 2000, 4000]) journal.chunk({ track: video, atMs, durationMs: 2000 }, undefined);
    for (const atMs of [0, 2000, 4000]) journal.chunk({ track: small, atMs, durationMs: 2000 }, undefined);
    expect(types()).not.toContain('UnalignedKeyFrames');
    for (const atMs of [7000, 9000]) journal.chunk({ track: small, atMs, durationMs: 2000 }, undefined);
    for (const atMs of [6000, 8000]) journal.chunk({ track: video, atMs, durationMs: 2000 }, undefined);
    const told = journal.history.events.filter((event) => event.type === 'UnalignedKeyFrames');
    expect(told).toMatchObject([{ one: { atMs: 6000 }, two: { atMs: 7000 }, level: 'Error' }]);
    advance(20_000);
    journal.chunk({ track: small, atMs: 11_000, durationMs: 2000 }, undefined);
    journal.chunk({ track: video, atMs: 10_000, durationMs: 2000 }, undefined);
    expect(types().filter((type) => type === 'UnalignedKeyFrames')).toHaveLength(2);
  });

  it('makes losses into events, but not the identical copies of a redundant connection', () => {
    const { journal, types, advance } = bench();
    journal.observe([track()]);
    advance(1000);
    journal.observe([track({ overlapCount: 5000 })]);
    expect(types()).toEqual([]);
    journal.observe([track({ overlapCount: 5001, staleCount: 1, nonIncreasingCount: 3, gaps: [{ atMs: 1000, lengthMs: 400 }] })]);
    expect(types()).toEqual(['Discontinuity', 'ChunkDropped', 'ChunkDropped']);
    expect(journal.history.events[0]).toMatchObject({ previousMs: 1000, currentMs: 1400, level: 'Warning' });
    journal.observe([track({ overlapCount: 5001, staleCount: 1, nonIncreasingCount: 3, gaps: [{ atMs: 1000, lengthMs: 400 }] })]);
    expect(types()).toHaveLength(3);
  });

  it('tells tracks that are far apart, and only those that are being received', () => {
    const { journal, types, now } = bench();
    const fresh = { lastArrivalUtcMs: now() };
    journal.observe([track({ ...fresh, lastTimestampMs: 9000 }), track({ ...small, lastTimestampMs: 0, lastArrivalUtcMs: now() - 6000 })]);
    expect(types()).toEqual([]);
    journal.observe([track({ ...fresh, lastTimestampMs: 9000 }), track({ ...small, ...fresh, lastTimestampMs: 0 })]);
    expect(journal.history.events).toMatchObject([{ type: 'UnalignedPresentation', min: { atMs: 0 }, max: { atMs: 9000 } }]);
  });

  it('stays bounded whatever a peer does', () => {
    const { journal, advance } = bench();
    for (let index = 0; index < 3000; index += 1) {
      journal.publisherLeft(journal.publisherCame(publisher), 'MPE_CLIENT_TERMINATED_SESSION', 'Warning', 0);
      journal.refused(undefined, { address: `192.0.2.${index}`, port: 1 }, 'MPE_INGEST_ENCODER_CONNECTION_DENIED', 'no');
      advance(20_000);
      journal.observe([track(), track(small)]);
    }
    const { events, heartbeats, session } = journal.history;
    expect([events.length, heartbeats.length, session?.interruptions.length]).toEqual([500, 1000, 100]);
  });
});

describe('heartbeats', () => {
  it('come every 20 s for each track, count what was new, and know the drift after a minute', () => {
    const { journal, advance, now } = bench();
    journal.observe([track()]);
    for (let second = 1; second <= 80; second += 1) {
      advance(1000);
      // The encoder's clock loses 50 ms each second.
      journal.observe([track({ lastArrivalUtcMs: now(), lastTimestampMs: second * 950, nonIncreasingCount: Math.floor(second / 30), overlapCount: second * 50 }), track({ ...small, lastArrivalUtcMs: START })]);
    }
    const { heartbeats } = journal.history;
    expect(heartbeats.filter((beat) => beat.track.trackName === video.trackName).map(({ nonIncreasingCount, overlapCount, driftSeconds, isReceiving }) => ({ nonIncreasingCount, overlapCount, driftSeconds, isReceiving }))).toEqual([
      { nonIncreasingCount: 0, overlapCount: 0, driftSeconds: undefined, isReceiving: true },
      { nonIncreasingCount: 1, overlapCount: 0, driftSeconds: undefined, isReceiving: true },
      { nonIncreasingCount: 1, overlapCount: 0, driftSeconds: undefined, isReceiving: true },
      { nonIncreasingCount: 0, overlapCount: 0, driftSeconds: 3, isReceiving: true },
    ]);
    // They go on for a track that nobody sends any more.
    expect(heartbeats.filter((beat) => beat.track.trackName === small.trackName).map((beat) => beat.isReceiving)).toEqual([false, false, false, false]);
  });
});

describe('health', () => {
  const healthOf = (tracks: readonly TrackTelemetry[], prepare: (journal: IngestJournal, advance: (ms: number) => void) => void = () => undefined, failures: string[] = []) => {
    const { journal, advance, now } = bench();
    journal.publisherCame(publisher);
    prepare(journal, advance);
    return ingestHealth(journal.history, tracks, failures, now());
  };

  it.each([
    ['Excellent at 75 % of the declared bitrate', 'Excellent', 1_875_000],
    ['Good below it', 'Good', 1_870_000],
    ['Good at 20 %', 'Good', 500_000],
    ['Poor below that', 'Poor', 499_000],
    ['Poor without anything', 'Poor', 0],
  ])('is %s', (_name, status, incomingBitrate) => {
    expect(healthOf([track({ incomingBitrate })]).status).toBe(status);
  });

  it.each([[9_999, 'Good'], [10_000, 'Poor']])('takes a discontinuity of %i ms as %s, for a minute', (lengthMs, status) => {
    const lose = (journal: IngestJournal): void => journal.observe([track({ gaps: [{ atMs: 0, lengthMs }] })]);
    expect(healthOf([track()], lose)).toMatchObject({ status, descriptions: [expect.stringContaining('discontinuity')] });
    expect(healthOf([track()], (journal, advance) => { lose(journal); advance(60_001); })).toEqual({ status: 'Excellent', descriptions: ['No issues with ingest.'] });
  });

  it('stays excellent under copies from a second connection, and is poor under dropped media', () => {
    expect(healthOf([track({ overlapCount: 900 })], (journal) => journal.observe([track({ overlapCount: 900 })])).status).toBe('Excellent');
    expect(healthOf([track()], (journal) => journal.observe([track({ nonIncreasingCount: 1 })])).status).toBe('Poor');
  });

  it('is poor when an archive records no more, and says why, also after the ingest', () => {
    expect(healthOf([track()], undefined, ['The disk is full.'])).toEqual({ status: 'Poor', descriptions: ['The disk is full.'] });
    expect(ingestHealth(undefined, [], ['The disk is full.'], START)).toMatchObject({ status: 'Poor', descriptions: ['The disk is full.', 'Nothing has been received.'] });
    expect(ingestHealth(undefined, [], [], START).status).toBe('');
  });
});

describe('address rules', () => {
  const range = (address: string, prefixLength: number) => ({ address, prefixLength });
  it.each([
    ['anybody where nothing is said', undefined, '203.0.113.1', true],
    ['nobody by an empty list', [], '127.0.0.1', false],
    ['everybody of IPv4 by 0.0.0.0/0', [range('0.0.0.0', 0)], '203.0.113.1', true],
    ['nobody of IPv6 by 0.0.0.0/0', [range('0.0.0.0', 0)], '2001:db8::1', false],
    ['everybody of IPv6 by ::/0', [range('::', 0)], '2001:db8::1', true],
    ['a single address', [range('192.0.2.7', 128)], '192.0.2.7', true],
    ['no neighbour of it', [range('192.0.2.7', 128)], '192.0.2.8', false],
    ['a subnet', [range('192.0.2.0', 24)], '192.0.2.200', true],
    ['an IPv4 address in IPv6 form', [range('192.0.2.0', 24)], '::ffff:192.0.2.200', true],
    ['no address that is none', [range('0.0.0.0', 0)], '', false],
  ])('allow %s', (_name, allowed, address, expected) => {
    expect(isAddressAllowed(allowed, address)).toBe(expected);
  });
});
