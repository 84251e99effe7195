// What the page concludes from the engine's figures: sliding losses, the light, the lamp, the checks, the meters.
import { expect, test } from 'vitest';
import type { ShowStats } from '../../../src/contract/report.ts';
import { rehearsalChecks } from '../../../src/renderer/checks.ts';
import { clock } from '../../../src/renderer/figures.ts';
import { healthOf } from '../../../src/renderer/health.ts';
import { lampOf, nextAttempt } from '../../../src/renderer/lamp.ts';
import { MeterBallistics } from '../../../src/renderer/meterBallistics.ts';
import { afterEvent, nothingYet, type ShowView } from '../../../src/renderer/showView.ts';
import { encodingNow, leftOutMs, lostInWindow, throughputKbps } from '../../../src/renderer/slidingFigures.ts';

type Figures = { readonly sentBytes?: number; readonly droppedFrames?: number; readonly queuedMs?: number; readonly state?: string; readonly lag?: number; readonly seconds?: number; readonly frames?: number; readonly encodedBytes?: number; readonly droppedMs?: number };

function stats({ sentBytes = 0, droppedFrames = 0, queuedMs = 100, state = 'publishing', lag = 5, seconds = 1, frames = 300, encodedBytes, droppedMs = 0 }: Figures): ShowStats {
  return {
    type: 'stats', state: 'live', onAirSeconds: 1, programSeconds: seconds, encoderLagFrames: lag,
    renditions: [{ name: '480p', width: 854, height: 480, fps: 30, declaredKbps: 1200, actualKbps: 1150, frames, keyframes: 5, repeatedFrames: 0, droppedFrames, ...(encodedBytes === undefined ? {} : { encodedBytes }) }],
    connections: [{ rendition: '480p', endpoint: 'rtmps://127.0.0.1/live', state, sentBytes, acknowledgedBytes: sentBytes, reconnects: 0, sentFrames: 0, disconnectedMs: 0, queuedMs, droppedMs }],
    health: { light: 'good', word: 'Good', shape: 'circle', sentence: '', losses: [] },
  };
}

const live: ShowView = { ...nothingYet, link: 'connected', state: 'live' };
const after = (samples: readonly (readonly [atMs: number, figures: Figures])[]): ShowView =>
  samples.reduce((view, [atMs, figures]) => afterEvent(view, stats(figures), atMs), live);

test('throughput is what was sent between two samples', () => {
  const view = after([[0, { sentBytes: 0 }], [1000, { sentBytes: 150_000 }], [3000, { sentBytes: 250_000 }]]);
  expect(throughputKbps(view.samples)).toEqual([{ secondsAgo: 2, value: 1200 }, { secondsAgo: 0, value: 400 }]);
});

test('what was lost more than a minute ago is over', () => {
  const soon = after([[0, {}], [10_000, { droppedFrames: 7 }]]);
  expect(lostInWindow(soon.samples, '480p').droppedFrames).toBe(7);
  expect(healthOf(soon, 10_000)).toMatchObject({ light: 'degraded', finding: { kind: 'dropped', frames: 7 } });
  const later = after([[0, {}], [10_000, { droppedFrames: 7 }], [40_000, { droppedFrames: 7 }], [80_000, { droppedFrames: 7 }]]);
  expect(lostInWindow(later.samples, '480p').droppedFrames).toBe(0);
  expect(healthOf(later, 80_000)).toEqual({ light: 'healthy' });
});

test('an encoder’s speed and bitrate are those of the last seconds', () => {
  const kept = after([[0, { seconds: 100, frames: 3000, encodedBytes: 0 }], [10_000, { seconds: 110, frames: 3300, encodedBytes: 1_500_000 }], [20_000, { seconds: 120, frames: 3600, encodedBytes: 2_250_000 }]]);
  expect(encodingNow(kept.samples, '480p')).toEqual({ kbps: 600, speed: 1 });
  const slow = after([[0, { seconds: 100, frames: 3000, encodedBytes: 0 }], [5000, { seconds: 105, frames: 3120, encodedBytes: 400_000 }]]);
  expect(encodingNow(slow.samples, '480p')).toEqual({ kbps: 800, speed: 0.8 });
  const paused = after([[0, { seconds: 100 }], [5000, { seconds: 105 }]]);
  expect(encodingNow(paused.samples, '480p')).toEqual({ kbps: undefined, speed: 0 });
});

test('there is no speed yet from one sample, nor from counters that went back', () => {
  expect(encodingNow(after([[0, {}]]).samples, '480p')).toBeUndefined();
  expect(encodingNow(after([[0, { seconds: 100 }], [1000, { seconds: 101 }]]).samples, '480p')).toBeUndefined();
  expect(encodingNow(after([[0, { seconds: 100 }], [5000, { seconds: 105, frames: 20 }]]).samples, '480p')).toBeUndefined();
  expect(encodingNow(live.samples, '480p')).toBeUndefined();
});

test('what a connection left out is its own, within the last minute', () => {
  const view = after([[0, {}], [10_000, { droppedMs: 1500 }]]);
  expect(leftOutMs(view.samples, { rendition: '480p', endpoint: 'rtmps://127.0.0.1/live' })).toBe(1500);
  expect(leftOutMs(view.samples, { rendition: '480p', endpoint: 'rtmps://elsewhere/live' })).toBe(0);
  const later = after([[0, {}], [10_000, { droppedMs: 1500 }], [40_000, { droppedMs: 1500 }], [80_000, { droppedMs: 1500 }]]);
  expect(leftOutMs(later.samples, { rendition: '480p', endpoint: 'rtmps://127.0.0.1/live' })).toBe(0);
});

test('the cause is named before its effect', () => {
  expect(healthOf(after([[0, { lag: 90, queuedMs: 2000 }]]), 0)).toMatchObject({ finding: { kind: 'encoder', seconds: 3 } });
  expect(healthOf(after([[0, { queuedMs: 2000 }]]), 0)).toMatchObject({ finding: { kind: 'queue' } });
  expect(healthOf(after([[0, { state: 'waiting', queuedMs: 2000 }]]), 0)).toMatchObject({ finding: { kind: 'cutOff' } });
});

test('what rests is told with its cause, and is not called cut off', () => {
  const both = after([[0, { queuedMs: 2000 }]]);
  const of = (change: Partial<ShowStats>): ShowView => ({ ...both, stats: { ...both.stats!, ...change } });
  const other = { ...both.stats!.connections[0]!, rendition: '720p', state: 'held' };
  const uplink = { arrivingKbps: 1200, neededKbps: 5200, carriesKbps: 3100, isLimit: true, verdicts: [] };
  const narrow = of({ connections: [{ ...both.stats!.connections[0]!, queuedMs: 0 }, other], uplink });
  expect(healthOf(narrow, 0)).toMatchObject({ finding: { kind: 'held', renditions: ['720p'], carriesKbps: 3100, neededKbps: 5200 } });
  expect(lampOf(narrow)).toBe('on-air');
  const cut = of({ connections: [{ ...both.stats!.connections[0]!, state: 'waiting' }, other] });
  expect(healthOf(cut, 0)).toMatchObject({ finding: { kind: 'cutOff' } });
  expect(lampOf(cut)).toBe('reconnecting');
  const encoder = { encoder: 'libx264:superfast', shed: ['480p'], targetKbps: {}, lagMs: 0, maxLagMs: 0, handovers: 0, failures: 0, replacedFrames: 0, missing: [] };
  expect(healthOf(of({ encoder }), 0)).toMatchObject({ finding: { kind: 'resting', renditions: ['480p'] } });
});

test('the lamp says what is, not what was asked for', () => {
  expect(lampOf(after([[0, {}]]))).toBe('on-air');
  expect(lampOf(after([[0, { state: 'waiting' }]]))).toBe('reconnecting');
  expect(lampOf({ ...live, link: 'lost' })).toBe('reconnecting');
  expect(lampOf({ ...live, state: 'ended' })).toBe('off');
});

test('a check without figures is running, never passed', () => {
  expect(rehearsalChecks(live, { plays: false, delaySeconds: undefined }).map((one) => one.verdict)).toEqual(Array(7).fill('running'));
});

test('failing checks come first', () => {
  const view = after([[0, {}], [1000, { droppedFrames: 3, sentBytes: 1 }], [2000, { droppedFrames: 3, sentBytes: 2 }]]);
  const checks = rehearsalChecks(view, { plays: true, delaySeconds: 3 });
  expect(checks[0]).toMatchObject({ id: 'dropped', verdict: 'fix' });
  expect(checks.slice(1).every((one) => one.verdict === 'pass')).toBe(true);
});

test('a meter rises at once, falls 20 dB in 1.7 s and holds its peak for 20 s', () => {
  const meter = new MeterBallistics();
  meter.push(-6, 0);
  expect(meter.level(0)).toBe(-6);
  expect(meter.level(1700)).toBeCloseTo(-26);
  expect(meter.level(60_000)).toBe(-60);
  meter.push(-30, 19_000);
  expect(meter.peak).toBe(-6);
  meter.push(-30, 20_001);
  expect(meter.peak).toBe(-30);
});

test('a clock shows hours and never negative time', () => {
  expect(clock(3661.9)).toBe('1:01:01');
  expect(clock(-1)).toBe('0:00:00');
});

test('a show that is cut off tells when it tries again, counted down from the figures', () => {
  const waiting = { ...stats({ state: 'waiting' }) };
  const cut = afterEvent(live, { ...waiting, connections: waiting.connections.map((one) => ({ ...one, retry: { inMs: 4000, failures: 2 } })) }, 10_000);
  expect(nextAttempt(cut, 11_500)).toEqual({ inSeconds: 2.5, failures: 2 });
  expect(nextAttempt(cut, 20_000)).toEqual({ inSeconds: 0, failures: 2 });
  expect(nextAttempt(after([[0, {}]]), 0)).toBeUndefined();
  expect(nextAttempt({ ...cut, link: 'lost' }, 11_500)).toBeUndefined();
});

test('cues are kept once each, latest first, whoever gave them', () => {
  const cue = (kind: 'out' | 'cancel', id: string) => ({ type: 'cue', kind, id, atSeconds: 1, atUtc: '2026-01-01T00:00:00Z', sentence: `${kind} ${id}` }) as const;
  const view = [cue('out', 'a'), cue('out', 'b'), cue('cancel', 'a'), cue('out', 'a')].reduce((before, event) => afterEvent(before, event, 0), live);
  expect(view.cues.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['out a', 'cancel a', 'out b']);
});
