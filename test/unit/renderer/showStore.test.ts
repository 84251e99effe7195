import { expect, test } from 'vitest';
import type { ShowEvent } from '../../../src/contract/report.ts';
import { afterEvent, nothingYet, type ShowView } from '../../../src/renderer/showView.ts';

const NOW = Date.UTC(2026, 0, 1);
const follow = (events: readonly ShowEvent[], from: ShowView = nothingYet): ShowView => events.reduce((view, event) => afterEvent(view, event, NOW), from);
const preparing: ShowEvent = { type: 'state', state: 'preparing', sentence: 'Creating the live event.', atUtc: '2026-01-01T00:00:00Z' };
const silence = { type: 'alarm', code: 'SILENCE', message: 'No sound.', action: 'Check the cable.', atUtc: '2026-01-01T00:00:30Z' } as const;

test('the page follows what the engine says, in order', () => {
  const view = follow([
    preparing,
    { type: 'progress', sentence: 'Starting the live event, 10 s so far.' },
    { type: 'playback', playback: { hls: 'https://localhost/hls' } },
    { type: 'state', state: 'live', sentence: 'On air.', atUtc: '2026-01-01T00:00:20Z' },
    { type: 'warning', failure: { code: 'UPLINK_SLOW', message: 'The uplink is slow.', action: 'Check the cable.' } },
  ]);
  expect(view.state).toBe('live');
  expect(view.stateSinceMs).toBe(Date.UTC(2026, 0, 1, 0, 0, 20));
  expect(view.playback.hls).toBe('https://localhost/hls');
  expect(view.warnings.map((one) => one.failure?.code)).toEqual(['UPLINK_SLOW']);
  expect(view.log.map((one) => one.text)).toEqual(['Creating the live event.', 'Starting the live event, 10 s so far.', 'On air.', 'The uplink is slow.']);
});

test('a new show starts with a clean page', () => {
  const before = follow([preparing, { type: 'playback', playback: { hls: 'https://localhost/old' } }, { ...silence, raised: true }]);
  const view = follow([preparing], before);
  expect(view).toMatchObject({ playback: {}, alarms: [], warnings: [], samples: [] });
  expect(view.log).toHaveLength(1);
});

test('an alarm lasts until it is cleared with its own code', () => {
  const raised = follow([preparing, { ...silence, raised: true }, { ...silence, code: 'BLACK', raised: true }]);
  expect(raised.alarms.map((one) => one.code)).toEqual(['SILENCE', 'BLACK']);
  expect(follow([{ ...silence, raised: false }], raised).alarms.map((one) => one.code)).toEqual(['BLACK']);
});

test('what a newcomer is told of the past has no time of its own', () => {
  const warning: ShowEvent = { type: 'warning', failure: { code: 'A', message: 'Earlier.', action: '' } };
  expect(follow([warning], { ...nothingYet, pastUntilMs: NOW + 1 }).log[0]?.atMs).toBeUndefined();
  expect(follow([warning], { ...nothingYet, pastUntilMs: NOW }).log[0]?.atMs).toBe(NOW);
});

test('the log and the samples stay bounded', () => {
  const view = Array.from({ length: 1000 }).reduce<ShowView>((before, _, index) => afterEvent(
    afterEvent(before, { type: 'progress', sentence: String(index) }, NOW + index * 1000),
    { type: 'stats', state: 'live', onAirSeconds: index, programSeconds: index, renditions: [], connections: [], encoderLagFrames: 0 } as unknown as ShowEvent, NOW + index * 1000,
  ), nothingYet);
  expect(view.log.length).toBeLessThanOrEqual(200);
  expect(view.samples.length).toBeLessThanOrEqual(62);
  expect(view.log.at(-1)?.text).toBe('999');
});

test('figures that come faster than they can be shown do not fill the window', () => {
  const stats = (index: number): ShowEvent => ({ type: 'stats', state: 'live', onAirSeconds: index, programSeconds: index, renditions: [], connections: [], encoderLagFrames: index } as unknown as ShowEvent);
  const view = Array.from({ length: 5000 }, (_, index) => index).reduce((before, index) => afterEvent(before, stats(index), NOW + index * 2), nothingYet);
  expect(view.samples.length).toBeLessThanOrEqual(22);
  expect(view.samples.at(-1)?.stats.encoderLagFrames).toBe(4999);
  // At their usual pace every one is kept.
  const usual = Array.from({ length: 30 }, (_, index) => index).reduce((before, index) => afterEvent(before, stats(index), NOW + index * 1000), nothingYet);
  expect(usual.samples).toHaveLength(30);
});
