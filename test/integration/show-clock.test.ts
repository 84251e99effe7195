// What happens to the time of a real show when the machine sleeps. Lip-sync is measured in show-sound-desk.test.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { suspendedShow } from '../support/suspendedShow.ts';

let home = '';
beforeAll(async () => { home = await mkdtemp(path.join(tmpdir(), 'fieldcast-clock-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

/** s; what an encoder may be behind before it gives up is three times as much (30 s: `npm run bench suspend`). */
const SLEEP_SECONDS = 4;

it(`a whole machine that sleeps for ${SLEEP_SECONDS} s goes on with the show: nothing is missing`, async () => {
  const { report, recoveredMs, processes } = await suspendedShow(home, SLEEP_SECONDS);
  expect(processes).toBeGreaterThanOrEqual(4);
  process.stdout.write(`measured: slept ${SLEEP_SECONDS} s, in time again after ${(recoveredMs / 1000).toFixed(1)} s, ${JSON.stringify({ clock: report.clock, sources: report.sources, rendition: report.renditions[0], silenceMs: report.audio.silenceMs, reconnects: report.connections.map(({ reconnects }) => reconnects), undelivered: report.undelivered })}\n`);
  expect(report).toMatchObject({ outcome: 'ended', verified: true, undelivered: [] });
  for (const rendition of report.renditions) expect(rendition.frames).toBe(report.renditions[0]!.frames);
}, 130_000);
