import { describe, expect, it } from 'vitest';
import type { ShowEvent } from '../../../src/contract/report.ts';
import { EventLog } from '../../../src/main/show/eventLog.ts';

const alarm = (code: string, raised: boolean): ShowEvent => ({ type: 'alarm', code, raised, message: `${code}.`, action: 'Look.', atUtc: '2026-01-01T00:00:00Z' });

async function first(log: EventLog, count: number): Promise<ShowEvent[]> {
  const stop = new AbortController();
  const seen: ShowEvent[] = [];
  for await (const event of log.watch(stop.signal)) {
    seen.push(event);
    if (seen.length === count) break;
  }
  stop.abort();
  return seen;
}

describe('the event log', () => {
  it('tells a client that comes late how each alarm stands, and every warning', async () => {
    const log = new EventLog();
    const warning = (code: string): ShowEvent => ({ type: 'warning', failure: { code, message: '', action: '' } });
    for (const event of [alarm('BLACK', true), warning('A'), alarm('SILENCE', true), warning('B'), alarm('BLACK', false)]) log.publish(event);
    expect(await first(log, 4)).toEqual([warning('A'), alarm('SILENCE', true), warning('B'), alarm('BLACK', false)]);
  });

  it('tells it the cues that were given, each once, the latest of very many, and how each side output stands', async () => {
    const log = new EventLog();
    const cue = (id: string, atSeconds = 1): ShowEvent => ({ type: 'cue', kind: 'out', id, atSeconds, atUtc: '2026-01-01T00:00:00Z', sentence: id });
    const output = (name: string, state: 'connecting' | 'publishing'): ShowEvent => ({ type: 'sideOutput', name, state, sentence: '', atUtc: '2026-01-01T00:00:00Z' });
    for (const event of [cue('a'), output('x', 'connecting'), output('y', 'connecting'), cue('b'), output('x', 'publishing'), cue('a', 2)]) log.publish(event);
    expect(await first(log, 4)).toEqual([output('y', 'connecting'), cue('b'), output('x', 'publishing'), cue('a', 2)]);
    for (let index = 0; index < 60; index += 1) log.publish(cue(`many-${index}`));
    const kept = await first(log, 52);
    expect(kept.filter(({ type }) => type === 'cue').map((one) => (one.type === 'cue' ? one.id : ''))).toEqual(Array.from({ length: 50 }, (_none, index) => `many-${index + 10}`));
  });
});
