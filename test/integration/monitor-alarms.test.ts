// Alarms of real shows: a film that is black and silent, then stands still and clips, and then is well; a microphone that is withheld.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AlarmEvent } from '../../src/contract/report.ts';
import { textPrinter } from '../../src/main/cli/showPrinter.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { startPulseAudio } from '../support/pulseAudio.ts';

/** Raised where others keep the machine busy while the test runs. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['CLOCK_LATE', 'ENCODER_LAG']);
const has = (command: string): boolean => spawnSync('which', [command], { stdio: 'ignore' }).status === 0;
let home: string;
let film: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-alarms-'));
  const picture = 'color=black:s=320x180:r=30:d=7[black];smptebars=s=320x180:r=30:d=9.5[still];testsrc2=s=320x180:r=30:d=8[moving];[black][still][moving]concat=n=3';
  const sound = "aevalsrc=exprs='if(lt(t,7),0,if(lt(t,8),clip(4*sin(2*PI*440*t),-1,1),0.2*sin(2*PI*440*t)))|if(lt(t,7),0,0.2*sin(2*PI*440*t))':s=48000:d=25";
  film = makeMedia('ffmpeg', ['-filter_complex', `${picture}[v];${sound}[a]`, '-map', '[v]', '-map', '[a]', '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-c:a', 'pcm_s16le'], path.join(home, 'film.mov'));
});
afterAll(async () => rm(home, { recursive: true, force: true }));

it('are raised and cleared while it is live, and stand in its report', async () => {
  const run = startCli(['live', '--source', `file:${film}`, '--destination', 'embedded', '--ladder', '480p', '--for', '18s', '--json'], { home, timeoutMs: 90_000 });
  const { code, report } = await run.finished;
  expect(code).toBe(0);
  const alarms = run.events.filter((event): event is AlarmEvent => event.type === 'alarm' && !OF_THE_MACHINE.has(event.code));
  expect(alarms.map(({ code: name, raised }) => `${raised ? '+' : '−'}${name}`)).toEqual([
    '+BLACK', '+SILENCE', '+CLIPPING', '−BLACK', '−SILENCE', '−CLIPPING', '+FROZEN', '−FROZEN',
  ]);
  const utc = (name: string, raised: boolean): number => Date.parse(alarms.find((one) => one.code === name && one.raised === raised)?.atUtc ?? '');
  // Black and silence begin with the film, so their patience is what lies between them.
  expect((utc('SILENCE', true) - utc('BLACK', true)) / 1000).toBeCloseTo(2, 0);
  expect(utc('FROZEN', true) - utc('BLACK', false)).toBeGreaterThan(7000);
  expect(utc('FROZEN', true) - utc('BLACK', false)).toBeLessThan(9000);
  const reported = report?.alarms.filter((one) => !OF_THE_MACHINE.has(one.code));
  expect(reported?.map((one) => [one.code, one.clearedAtUtc !== undefined])).toEqual([['BLACK', true], ['SILENCE', true], ['CLIPPING', true], ['FROZEN', true]]);
  let printed = '';
  const printer = textPrinter({ write: (text) => { printed += text; } });
  for (const event of run.events) printer.print(event);
  expect(printed).toMatch(/ALARM {6}The picture is black\. Look for .*\[BLACK\]\n/);
  expect(printed).toMatch(/alarm at \d\d:\d\d:\d\d UTC to \d\d:\d\d:\d\d UTC: The picture is black\. \[BLACK\]/);
});

it.skipIf(!has('pulseaudio'))('tell a microphone that gives exact zeros, until it is heard (skipped without PulseAudio)', async () => {
  const server = await startPulseAudio();
  try {
    const run = startCli(
      ['live', '--source', 'test', '--audio', `microphone:${server.monitor}`, '--destination', 'embedded', '--ladder', '480p', '--for', '10s', '--json'],
      { home, timeoutMs: 90_000, env: server.env },
    );
    const raised = await run.event('alarm', (event) => event.code === 'DIGITAL_ZERO');
    expect(raised.raised).toBe(true);
    expect(raised.action).toMatch(/privacy settings/);
    server.playTone('ffmpeg', 440);
    const { report } = await run.finished;
    const reported = report?.alarms.filter((one) => !OF_THE_MACHINE.has(one.code));
    expect(reported?.map((one) => [one.code, one.clearedAtUtc !== undefined])).toEqual([['DIGITAL_ZERO', true]]);
  } finally {
    await server.stop();
  }
});
