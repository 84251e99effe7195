import { expect, it } from 'vitest';
import type { MixEvent } from '../../../src/contract/report.ts';
import type { PreviewEvent } from '../../../src/contract/sourcePreview.ts';
import { afterLook, useSourceLook } from '../../../src/renderer/sourceLook.ts';

const atUtc = '2026-01-01T00:00:00Z';
const mix = (...ids: string[]): MixEvent => ({ type: 'mix', picture: '1', sound: '1', slate: false, muted: false, sources: ids.map((id) => ({ id, label: `source ${id}`, gainDb: 0, offsetMs: 0 })), sentence: '', atUtc });

it('knows of each source whether it is open, why not, how it fares, and which alarms stand', () => {
  const failure = { code: 'SOURCE_DEVICE_MISSING', message: 'It is not there.', action: 'Connect it.' };
  const alarm = (raised: boolean): PreviewEvent => ({ type: 'alarm', code: 'SILENCE', raised, message: 'Nothing is heard.', action: 'Look.', atUtc });
  const told: PreviewEvent[] = [mix('1'), { type: 'unopened', source: '2', failure, atUtc }, { type: 'source', source: '1', state: 'held', sentence: '', atUtc }, alarm(true)];
  const seen = told.reduce(afterLook, useSourceLook.getInitialState());
  expect(seen).toMatchObject({ labels: [{ id: '1', label: 'source 1' }], unopened: { 2: failure }, states: { 1: 'held' }, alarms: [{ code: 'SILENCE' }] });
  const after = [mix('1', '2'), { type: 'source', source: '1', state: 'live', sentence: '', atUtc } as const, alarm(false)].reduce(afterLook, seen);
  expect(after).toMatchObject({ unopened: {}, states: { 1: 'live' }, alarms: [] });
  expect(after.labels.map(({ id }) => id)).toEqual(['1', '2']);
});
