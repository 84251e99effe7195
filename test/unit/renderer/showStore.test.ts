import { expect, test } from 'vitest';
import type { ShowEvent } from '../../../src/contract/report.ts';
import { afterEvent, useShow } from '../../../src/renderer/showStore.ts';

const idle = useShow.getInitialState();

test('the page follows what the engine says, in order', () => {
  const events: ShowEvent[] = [
    { type: 'state', state: 'preparing', sentence: 'Creating the live event.', atUtc: '2026-01-01T00:00:00Z' },
    { type: 'progress', sentence: 'Starting the live event, 10 s so far.' },
    { type: 'playback', playback: { hls: 'https://localhost/hls' } },
    { type: 'state', state: 'live', sentence: 'On air.', atUtc: '2026-01-01T00:00:20Z' },
    { type: 'warning', failure: { code: 'UPLINK_SLOW', message: 'The uplink is slow.', action: 'Check the cable.' } },
  ];
  const view = events.reduce(afterEvent, idle);
  expect(view.state).toBe('live');
  expect(view.playback.hls).toBe('https://localhost/hls');
  expect(view.sentence).toBe('The uplink is slow. Check the cable.');
});

test('a new show starts with a clean page', () => {
  const before = { ...idle, playback: { hls: 'https://localhost/old' } };
  const view = afterEvent(before, { type: 'state', state: 'preparing', sentence: 'Again.', atUtc: '2026-01-01T00:00:00Z' });
  expect(view.playback).toEqual({});
});
