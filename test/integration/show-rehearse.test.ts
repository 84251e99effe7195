// Rehearsal through the engine's API: nothing is public before `goLive`, and no connection changes when it comes.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShowEvent, ShowReport, ShowState } from '../../src/contract/report.ts';
import { startEngineProcess } from '../../src/main/cli/engineProcess.ts';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { processesWith } from '../support/processTree.ts';
import { until } from '../support/until.ts';

const ENTRY = fileURLToPath(new URL('../../src/main/engine.ts', import.meta.url));
let home: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-rehearse-'));
  process.env['FIELDCAST_SERVICE_LINGER_MS'] = '500';
});
afterAll(async () => rm(home, { recursive: true, force: true }));

describe('a rehearsal', () => {
  it('becomes public at once when asked, without a new connection, and is verified from there on', async () => {
    const engine = await startEngineProcess({ entry: ENTRY, home });
    try {
      const events: ShowEvent[] = [];
      await engine.api.show.start.mutate({
        video: { kind: 'test' }, audio: { kind: 'source' }, destination: { kind: 'embedded' }, ladder: ladderByName('480p'), rehearse: true, keepEvent: false,
      });
      const subscription = engine.api.show.watch.subscribe(undefined, { onData: (event) => events.push(event) });
      const stateSeen = async (state: ShowState): Promise<void> => until(() => events.some((event) => event.type === 'state' && event.state === state), state, 60_000);
      await stateSeen('rehearsing');
      expect(events.some((event) => event.type === 'playback' && event.playback.hls !== undefined)).toBe(false);
      await expect(engine.api.show.start.mutate({
        video: { kind: 'test' }, audio: { kind: 'source' }, destination: { kind: 'embedded' }, ladder: ladderByName('480p'), rehearse: true, keepEvent: false,
      })).rejects.toMatchObject({ data: { failure: { code: 'SHOW_RUNNING' } } });
      await engine.api.show.goLive.mutate();
      await stateSeen('live');
      await expect(engine.api.show.goLive.mutate()).rejects.toMatchObject({ data: { failure: { code: 'NOT_REHEARSING' } } });
      await engine.api.show.end.mutate();
      await stateSeen('ended');
      await until(() => events.some((event) => event.type === 'report'), 'the report');
      const report = events.find((event): event is ShowReport => event.type === 'report');
      expect(report).toMatchObject({ outcome: 'ended', verified: true });
      expect(report?.connections.map((one) => one.reconnects)).toEqual([0, 0]);
      const [received] = report?.received ?? [];
      expect(received?.frames).toBeLessThan(report?.renditions[0]?.frames ?? 0);
      expect(events.flatMap((event) => (event.type === 'state' ? [event.state] : []))).toEqual(['preparing', 'rehearsing', 'live', 'ending', 'ended']);
      subscription.unsubscribe();
    } finally {
      await engine.shutdown();
    }
    await until(() => processesWith(home).length === 0, 'the end of every process');
  });

  it('ends by itself after its time and leaves nothing public', async () => {
    const { code, report } = await startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--rehearse', '--for', '4s', '--json'], { home, timeoutMs: 60_000 }).finished;
    expect(code).toBe(0);
    expect(report).toMatchObject({ outcome: 'ended', verified: false, received: [] });
    expect(report?.playback.hls).toBeUndefined();
  });
});

describe('the engine', () => {
  it('ends its show in order when whoever started it is killed', async () => {
    const run = startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--json'], { home, timeoutMs: 60_000 });
    await run.event('state', (event) => event.state === 'live');
    run.child.kill('SIGKILL');
    await until(() => processesWith(home).length === 0, 'the end of every process', 40_000);
    const list = await startCli(['resume', '--json'], { home, timeoutMs: 30_000 }).finished;
    expect(JSON.parse(list.stdout)).toEqual({ type: 'unfinished', shows: [], operations: [] });
  });
});
