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
});
