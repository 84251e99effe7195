// Alarms of a whole show that come from its surroundings: a disk that is almost full, and a sound server that is gone. Each is raised, and
// cleared when that is over; the show goes on. Source, encoder, clock and recording have theirs in show-recording.test.ts.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCli, type CliRun } from '../support/fieldcastCli.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { startPulseAudio } from '../support/pulseAudio.ts';

const has = (command: string): boolean => spawnSync('which', [command], { stdio: 'ignore' }).status === 0;
let home: string;
let film: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-faults-'));
  film = makeMedia('ffmpeg', ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=30:d=20', '-c:v', 'libx264', '-preset', 'ultrafast'], path.join(home, 'film.mp4'));
});
afterAll(async () => rm(home, { recursive: true, force: true }));

const alarm = async (run: CliRun, code: string, raised: boolean) => run.event('alarm', (event) => event.code === code && event.raised === raised);

it.skipIf(!has('pulseaudio'))('are raised and cleared in turn (skipped without PulseAudio)', async (context) => {
  const disk = path.join(home, 'small-disk');
  spawnSync('mkdir', [disk]);
  let server = await startPulseAudio();
  try {
    // 15 minutes of 480p with its sound are some 150 MB.
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'none', disk]).status !== 0) context.skip('needs the right to mount a small tmpfs');
    server.playTone('ffmpeg', 440);
    const run = startCli(
      ['live', '--source', `file:${film}`, '--audio', `microphone:${server.monitor}`, '--destination', 'embedded', '--ladder', '480p', '--record', disk, '--json'],
      { home, timeoutMs: 150_000, env: server.env },
    );
    await run.event('state', (event) => event.state === 'live');
    expect(await alarm(run, 'DISK_LOW', true)).toMatchObject({ message: expect.stringMatching(/room for \d+ more minutes/) as unknown });
    expect(spawnSync('mount', ['-o', 'remount,size=2g', disk]).status).toBe(0);

    process.kill(server.pid, 'SIGKILL');
    await alarm(run, 'NO_SOUND', true);
    server = await startPulseAudio(server.directory);
    server.playTone('ffmpeg', 440);
    await alarm(run, 'NO_SOUND', false);
    await alarm(run, 'DISK_LOW', false);

    run.child.kill('SIGINT');
    const { code, report } = await run.finished;
    expect({ code, outcome: report?.outcome }).toEqual({ code: 0, outcome: 'ended' });
    const raised = ['DISK_LOW', 'NO_SOUND'];
    expect(report?.alarms.filter((one) => raised.includes(one.code) && one.clearedAtUtc !== undefined).map((one) => one.code)).toEqual(expect.arrayContaining(raised));
    const lasted = (one: { readonly raisedAtUtc: string; readonly clearedAtUtc?: string | undefined }): string => ((Date.parse(one.clearedAtUtc ?? '') - Date.parse(one.raisedAtUtc)) / 1000).toFixed(1);
    process.stdout.write(`measured: alarms ${report?.alarms.map((one) => `${one.code} ${lasted(one)} s`).join(', ')}\n`);
  } finally {
    await server.stop();
    spawnSync('umount', ['-l', disk]);
  }
}, 180_000);
