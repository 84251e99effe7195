// What an earlier show has measured of the uplink reaches the planner through the command line and the API that the window uses.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LadderPlan } from '../../src/contract/ladderPlan.ts';
import { startEngineProcess } from '../../src/main/cli/engineProcess.ts';
import { UplinkRecords } from '../../src/main/show/uplinkRecords.ts';
import { startCli } from '../support/fieldcastCli.ts';

const ENGINE = fileURLToPath(new URL('../../src/main/engine.ts', import.meta.url));
const EMBEDDED = { kind: 'embedded' } as const;

let home: string;
beforeAll(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-planned-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

async function measured(carriesKbps: number, isLimit: boolean): Promise<void> {
  await new UplinkRecords(home).note(EMBEDDED, { arrivingKbps: 3000, neededKbps: 3000, carriesKbps, isLimit, verdicts: [{ rendition: '720p', verdict: 'fits', sentence: '' }] });
}
async function planned(...more: string[]): Promise<LadderPlan> {
  const { code, stdout, stderr } = await startCli(['ladder', '--estimate', '--size', '1280x720', '--json', ...more], { home, timeoutMs: 60_000 }).finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as LadderPlan;
}

describe('the uplink that was measured', () => {
  it('bounds the planned ladder where it was the limit, and only there', async () => {
    const free = await planned('--destination', 'embedded');
    expect(free.totalKbps).toBeGreaterThan(3000);
    expect(free.reasons.map((one) => one.about)).not.toContain('uplink');
    await measured(3000, true);
    const bounded = await planned('--destination', 'embedded');
    expect(bounded.totalKbps).toBeLessThanOrEqual(1500);
    expect(bounded.reasons.map((one) => one.about)).toContain('uplink');
    // The operator knows better, and another destination has another way there.
    expect((await planned('--destination', 'embedded', '--uplink', '50000')).totalKbps).toBe(free.totalKbps);
    expect((await planned('--destination', 'rtmp://127.0.0.1/live/key')).totalKbps).toBe(free.totalKbps);
    await measured(3000, false);
    expect((await planned('--destination', 'embedded')).totalKbps).toBe(free.totalKbps);
  });

  it('is used by the API, as the window asks it', async () => {
    await measured(2000, true);
    const engine = await startEngineProcess({ entry: ENGINE, home });
    try {
      const plan = await engine.api.ladder.plan.query({ source: { width: 1280, height: 720, frameRate: { num: 30, den: 1 } }, destination: EMBEDDED });
      expect(plan.totalKbps).toBeLessThanOrEqual(1000);
      expect(await engine.api.engine.uplink.query(EMBEDDED)).toMatchObject({ carriesKbps: 2000, isLimit: true });
    } finally {
      await engine.shutdown();
      await engine.close();
    }
  });
});
