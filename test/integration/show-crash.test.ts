// What an engine killed in the middle of a show leaves: no FFmpeg, a running event, and a journal from which it goes on or is closed.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli } from '../support/fieldcastCli.ts';
import { processesWith } from '../support/processTree.ts';
import { until } from '../support/until.ts';

const LIVE = ['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--json'];
let home: string;
beforeAll(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-crash-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

/** Goes live, kills the engine with SIGKILL, and returns the id of the show that it leaves. */
async function crash(): Promise<string> {
  const run = startCli(LIVE, { home, timeoutMs: 90_000 });
  await run.event('state', (event) => event.state === 'live');
  const engine = processesWith(home).find((one) => one.name === 'engine.ts');
  process.kill(engine?.pid ?? expect.fail('no engine'), 'SIGKILL');
  const { code, stderr } = await run.finished;
  expect(code).toBe(1);
  expect(stderr).toContain('ENGINE_DIED');
  await until(() => !processesWith(home).some((one) => one.name.startsWith('ffmpeg')), 'the end of every FFmpeg');
  const list = await startCli(['resume', '--json'], { home, timeoutMs: 30_000 }).finished;
  const { shows } = JSON.parse(list.stdout) as { shows: { showId: string }[] };
  expect(shows).toHaveLength(1);
  return shows[0]?.showId ?? expect.fail('no unfinished show');
}

describe('an engine killed while live', () => {
  it('is taken up again on the same event and timeline, and the archive goes on', async () => {
    const showId = await crash();
    const resumed = startCli(['resume', showId, '--json'], { home, timeoutMs: 90_000 });
    await resumed.event('state', (event) => event.state === 'live');
    resumed.child.kill('SIGINT');
    const { code, report } = await resumed.finished;
    expect(report).toMatchObject({ outcome: 'ended', verified: true, showId });
    expect(code).toBe(0);
    for (const track of report?.received.filter((one) => one.kind === 'video') ?? []) {
      const sent = report?.renditions[0]?.frames ?? 0;
      expect(track.frames, 'frames of both runs').toBeGreaterThan(sent);
      // Frames that were on their way when it died leave small holes before the long one.
      expect(track.gaps.filter((gap) => gap.lengthSeconds > 0.5), 'one gap, where the engine was dead').toHaveLength(1);
      expect(track.overlaps).toEqual([]);
    }
    await until(() => processesWith(home).length === 0, 'the end of every process');
  });

  it('can be closed instead: the event is stopped and removed', async () => {
    const showId = await crash();
    const ended = startCli(['resume', showId, '--end', '--json'], { home, timeoutMs: 60_000 });
    const { code, report } = await ended.finished;
    expect(report).toMatchObject({ outcome: 'ended', showId });
    expect(code).toBe(0);
    const list = await startCli(['resume', '--json'], { home, timeoutMs: 30_000 }).finished;
    expect(JSON.parse(list.stdout)).toEqual({ type: 'unfinished', shows: [], operations: [] });
    await until(() => processesWith(home).length === 0, 'the end of every process');
  });
});
