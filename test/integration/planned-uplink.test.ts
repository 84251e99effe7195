// What an earlier show has measured of the uplink reaches the planner through the command line and the API that the window uses, and a whole
// show goes live with what was planned.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LadderPlan } from '../../src/contract/ladderPlan.ts';
import { startEngineProcess } from '../../src/main/cli/engineProcess.ts';
import { UplinkRecords } from '../../src/main/show/uplinkRecords.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { makeMedia } from '../support/mediaFiles.ts';

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
    const elsewhere = await planned('--destination', 'rtmp://127.0.0.1/live/key');
    expect(elsewhere.totalKbps).toBeGreaterThan(1500);
    expect(elsewhere.reasons.map((one) => one.about)).not.toContain('uplink');
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

describe('a show whose ladder is planned', () => {
  it('says why, keeps within the uplink and the picture of its source, upright at 25 fps, and is verified', async () => {
    await measured(2400, true);
    const film = makeMedia('ffmpeg', [
      '-f', 'lavfi', '-i', 'testsrc2=size=540x960:rate=25:duration=3', '-f', 'lavfi', '-i', 'sine=duration=3', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac',
    ], path.join(home, 'upright.mp4'));
    const record = path.join(home, 'recordings');
    await mkdir(record);
    const run = startCli(['live', '--source', `file:${film}`, '--destination', 'embedded', '--ladder', 'auto', '--record', record, '--for', '5s', '--json'], { home, timeoutMs: 120_000 });
    const { code, report = expect.fail('no report'), stderr } = await run.finished;
    expect({ code, verified: report.verified, verification: report.verification }).toMatchObject({ code: 0, verified: true });
    for (const reason of ['The uplink carried 2400 kbit/s; half of it is planned with', 'Every rendition declares a bitrate of its own', '25 fps', 'libx264']) expect(stderr).toContain(reason);
    const { renditions } = report;
    expect(renditions.length).toBeGreaterThan(0);
    for (const { width, height, fps, frames } of renditions) {
      expect(fps).toBe(25);
      expect(frames).toBeGreaterThan(100);
      expect(width).toBeLessThanOrEqual(540);
      expect(height).toBeLessThanOrEqual(960);
      expect(Math.abs(width / height - 540 / 960)).toBeLessThan(0.01);
    }
    expect(renditions.reduce((sum, { declaredKbps }) => sum + declaredKbps, 0)).toBeLessThan(1200);
    // The pixels themselves, not what the plan says of them.
    const { stdout: probed } = await promisify(execFile)('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=width,height,avg_frame_rate', '-of', 'csv=p=0', report.recording?.path ?? '']);
    expect(probed.trim()).toBe(`${renditions[0]?.width},${renditions[0]?.height},25/1`);
  }, 130_000);

  it('is planned for the type of its event', async () => {
    const { code, stderr } = await startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', 'auto', '--event-type', 'Standard', '--for', '5s', '--json'], { home, timeoutMs: 90_000 }).finished;
    expect(code).toBe(1);
    // One rendition, as such an event takes; then the embedded service says that it has none of them.
    expect(stderr).toContain('An event of type Standard makes the ladder itself, so one rendition is sent');
  }, 100_000);
});
