// The light and its sentence: one row for each matter, the gravest first, and what the model makes of running totals.
import { describe, expect, it } from 'vitest';
import type { ConnectionReport, RenditionReport } from '../../../src/contract/report.ts';
import { HealthModel, type ServiceTold } from '../../../src/main/health/healthModel.ts';
import { judge, type ConnectionFacts, type HealthFacts } from '../../../src/main/health/judgement.ts';

const connection = (rendition: string, change: Partial<ConnectionFacts> = {}): ConnectionFacts => (
  { rendition, isPublishing: true, isHeld: false, queuedMs: 100, droppedMs: 0, reconnects: 0, lastError: undefined, ...change }
);
const arrival = (rendition: string, change: object = {}) => ({ rendition, declaredKbps: 1000, incomingKbps: 1000, ageSeconds: 0.5, ...change });
const wellFacts: HealthFacts = {
  framesExpected: 1800, repeatedFrames: 0, lateTicks: 0, encoderLagFrames: 10, framesPerSecond: 30, encoderDroppedFrames: 0, resting: [],
  connections: [connection('720p'), connection('360p')], sideOutputs: [], arrivals: [arrival('720p'), arrival('360p')],
  service: { verdict: 'excellent', sentences: ['No issues with ingest.'], archiveFailed: false }, serviceSilentSeconds: 3,
};
const poor = (sentence: string) => ({ verdict: 'poor' as const, sentences: [sentence], archiveFailed: false });

const table: readonly (readonly [name: string, change: Partial<HealthFacts>, light: string, sentence: string])[] = [
  ['all is well', {}, 'good', 'All is well: the service receives both renditions, 2.0 Mbit/s of picture.'],
  ['nothing is told', { arrivals: [], service: undefined }, 'good', 'All is well: both renditions are being sent.'],
  ['nothing is sent yet', { connections: [], arrivals: [] }, 'good', 'All is ready; nothing is being sent yet.'],
  ['quiet sound under its declared bitrate', { service: poor('audio_128000 arrives with 15 % of its declared bitrate.') }, 'good', 'All is well: the service receives both renditions, 2.0 Mbit/s of picture.'],
  ['the archive failed', { service: { verdict: 'poor', archiveFailed: true, sentences: ['The live output "x" records no more. The disk is full.'] } }, 'bad', 'The service records this show no more. The live output "x" records no more. The disk is full.'],
  ['the archive failed without a word', { service: { verdict: 'unknown', archiveFailed: true, sentences: [] } }, 'bad', 'The service records this show no more. It does not say why.'],
  ['all connections are down', { connections: [connection('720p', { isPublishing: false, lastError: 'The server refused the connection.' })], arrivals: [] }, 'bad', 'Nothing reaches the service (The server refused the connection).'],
  ['the service receives nothing', { arrivals: [arrival('720p', { ageSeconds: 12.4 }), arrival('360p')] }, 'bad', 'The service has received nothing of 720p for 12 s, although the connection is up.'],
  ['far too slow a computer', { encoderDroppedFrames: 91 }, 'bad', 'This computer is too slow: 91 frames of the last minute were not encoded.'],
  ['one connection is down', { connections: [connection('720p', { isPublishing: false }), connection('360p')] }, 'degraded', '720p does not reach the service; the other renditions go on.'],
  ['the top rendition rests', { connections: [connection('720p', { isPublishing: false, isHeld: true }), connection('360p')] }, 'degraded', 'The uplink is too slow for all renditions: 720p rests, the others go on.'],
  ['the top rendition is not encoded, and so does not arrive', { resting: ['720p'], encoderDroppedFrames: 500, arrivals: [arrival('720p', { ageSeconds: 53 }), arrival('360p')], connections: [connection('720p', { queuedMs: 2500 }), connection('360p')] }, 'degraded', 'This computer is too slow for all renditions: 720p rests, the others go on.'],
  ['some frames were not encoded', { encoderDroppedFrames: 90 }, 'degraded', 'This computer is barely fast enough: 90 frames of the last minute were not encoded.'],
  ['the encoder lags', { encoderLagFrames: 61 }, 'degraded', 'The encoder is 2.0 s behind.'],
  ['queues grow', { connections: [connection('720p', { queuedMs: 3210 }), connection('360p', { queuedMs: 2500 })] }, 'degraded', 'The uplink is slower than the stream: 720p and 360p are 3.2 s behind.'],
  ['media was dropped', { connections: [connection('720p', { droppedMs: 2000 })] }, 'degraded', '2.0 s of 720p were lost on the way within the last minute.'],
  ['a connection came back', { connections: [connection('720p', { reconnects: 1 })] }, 'degraded', 'The connection of 720p broke within the last minute and is back.'],
  ['a slow camera', { repeatedFrames: 91 }, 'degraded', 'The source gives too few pictures: 91 of the last minute were shown twice.'],
  ['a busy computer', { lateTicks: 181 }, 'degraded', 'This computer is busy: the clock was late 181 times within the last minute.'],
  ['the service complains', { service: poor('video_1 has a discontinuity of 12.0 s.') }, 'degraded', 'The service is not content with what arrives: video_1 has a discontinuity of 12.0 s.'],
  ['an output beside the main one is refused', { sideOutputs: [{ name: 'youtube', state: 'failed', lastError: 'The server refused the stream.' }] }, 'degraded', 'The main destination is well; youtube does not get the stream (The server refused the stream).'],
  ['outputs beside the main one rest', { sideOutputs: [{ name: 'youtube', state: 'held', lastError: undefined }, { name: 'twitch', state: 'held', lastError: undefined }] }, 'degraded', 'The main destination is well; youtube and twitch rest, for want of uplink.'],
  ['the service is silent', { serviceSilentSeconds: 31 }, 'degraded', 'The service has not said for 31 s what it receives.'],
];

describe('the judgement', () => {
  it.each(table)('when %s', (_name, change, light, sentence) => {
    const judgement = judge({ ...wellFacts, ...change });
    expect([judgement.light, judgement.sentence]).toEqual([light, sentence]);
    expect([judgement.word, judgement.shape]).toEqual({ good: ['Good', 'circle'], degraded: ['Degraded', 'triangle'], bad: ['Bad', 'octagon'] }[judgement.light]);
    // Whoever is worried is told what to do.
    expect(judgement.action !== undefined).toBe(judgement.light !== 'good');
  });

  it('lets the gravest matter speak, whatever else is wrong', () => {
    const all = Object.assign({}, ...table.slice(10).map(([, change]) => change)) as Partial<HealthFacts>;
    expect(judge({ ...wellFacts, ...all, service: { verdict: 'poor', archiveFailed: true, sentences: [] } }).sentence).toContain('records this show no more');
    expect(judge({ ...wellFacts, ...all, connections: [connection('720p', { isPublishing: false })] }).sentence).toContain('Nothing reaches');
  });
});

describe('the model', () => {
  const rendition = (change: Partial<RenditionReport> = {}): RenditionReport => (
    { name: '720p', width: 1280, height: 720, fps: 30, declaredKbps: 2500, actualKbps: 2500, frames: 0, keyframes: 0, repeatedFrames: 0, droppedFrames: 0, ...change }
  );
  const report = (change: Partial<ConnectionReport> = {}): ConnectionReport => (
    { rendition: '720p', endpoint: 'rtmp://x', state: 'publishing', sentBytes: 0, acknowledgedBytes: 0, reconnects: 0, sentFrames: 0, disconnectedMs: 0, queuedMs: 0, droppedMs: 0, ...change }
  );
  const figures = (one: Partial<RenditionReport> = {}, other: Partial<ConnectionReport> = {}) => (
    { renditions: [rendition(one)], connections: [report(other)], clock: { lateTicks: 0 }, encoderLagFrames: 0 }
  );
  const told = (change: Partial<ServiceTold> = {}): ServiceTold => (
    { verdict: 'excellent', sentences: [], archiveFailed: false, tracks: [{ kind: 'video', declaredKbps: 2500, incomingKbps: 2400, ageSeconds: 0.4, gaps: 0 }], ...change }
  );

  it('hears from the encoder what rests', () => {
    expect(new HealthModel().observe({ ...figures(), encoder: { shed: ['720p'] } }, 0).health.sentence).toContain('720p rests');
  });

  it('names losses by their place, forgets them in the window after a minute, and never in the total', () => {
    const model = new HealthModel();
    model.observe(figures(), 0);
    const hit = model.observe(figures({ repeatedFrames: 4, droppedFrames: 2 }, { droppedMs: 2000, reconnects: 1 }), 1000).health;
    expect(hit.losses).toEqual([
      { place: 'source', unit: 'frames', total: 4, lastMinute: 4 },
      { place: 'encoder', unit: 'frames', total: 2, lastMinute: 2, rendition: '720p' },
      { place: 'queue', unit: 'ms', total: 2000, lastMinute: 2000, rendition: '720p' },
      { place: 'socket', unit: 'times', total: 1, lastMinute: 1, rendition: '720p' },
    ]);
    expect(hit.light).toBe('degraded');
    let last = hit;
    for (let second = 2; second <= 62; second += 1) last = model.observe(figures({ repeatedFrames: 4, droppedFrames: 2 }, { droppedMs: 2000, reconnects: 1 }), second * 1000).health;
    expect(last.losses.map(({ lastMinute }) => lastMinute)).toEqual([0, 0, 0, 0]);
    expect(last.losses.map(({ total }) => total)).toEqual([4, 2, 2000, 1]);
    expect(last.light).toBe('good');
  });

  it('counts what was lost on the line, and what the service misses, at the places of their own', () => {
    const model = new HealthModel();
    const both = (lostFrames: number) => ({ ...figures(), connections: [report({ lostFrames: 0 }), report({ endpoint: 'rtmp://y', lostFrames })] });
    model.serviceTold(told(), 0);
    model.observe(both(0), 0);
    model.serviceTold(told({ tracks: [{ kind: 'video', declaredKbps: 2500, incomingKbps: 2400, ageSeconds: 0.4, gaps: 2 }] }), 900);
    expect(model.observe(both(7), 1000).health.losses).toEqual([
      { place: 'socket', unit: 'frames', total: 7, lastMinute: 7, rendition: '720p' }, { place: 'service', unit: 'times', total: 2, lastMinute: 2, rendition: '720p' },
    ]);
    expect(model.observe(both(7), 62_000).health.losses.map(({ lastMinute, total }) => [lastMinute, total])).toEqual([[0, 7], [0, 2]]);
  });

  it('puts what arrived beside its rendition, and knows when the service has gone silent', () => {
    const model = new HealthModel();
    model.expectService(0);
    model.serviceTold(told(), 5000);
    const { renditions, health } = model.observe(figures(), 6000);
    expect(renditions[0]?.arrived).toEqual({ incomingKbps: 2400, ageSeconds: 0.4 });
    expect(health.sentence).toBe('All is well: the service receives the rendition, 2.4 Mbit/s of picture.');
    expect(model.observe(figures(), 36_001).health.sentence).toContain('has not said for 31 s');
  });

  it('does not take another track for the rendition', () => {
    const model = new HealthModel();
    model.serviceTold(told({ tracks: [{ kind: 'audio', declaredKbps: 2500, incomingKbps: 1, ageSeconds: 99, gaps: undefined }, { kind: 'video', declaredKbps: 800, incomingKbps: 1, ageSeconds: 99, gaps: undefined }] }), 0);
    expect(model.observe(figures(), 0).renditions[0]?.arrived).toBeUndefined();
  });
});
