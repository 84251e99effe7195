// What a capture worker that has gone mad, or that stutters, does to the program: the clock goes on.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSource } from '../../src/main/capture/createSource.ts';
import { drawSlate } from '../../src/main/capture/slate.ts';
import { watchTimes } from '../../src/main/capture/sourceWatch.ts';
import { openSupervised } from '../../src/main/capture/supervisedSource.ts';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { processesWith } from '../support/processTree.ts';
import { runProgram } from '../support/supervisedProgram.ts';
import { until } from '../support/until.ts';

let home = '';
beforeAll(async () => { home = await mkdtemp(path.join(tmpdir(), 'fieldcast-clock-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

/** An FFmpeg that is a script: the real one for questions, the script's own output for a capture. */
async function scripted(name: string, capture: string): Promise<string> {
  const file = path.join(home, name);
  await writeFile(file, `#!/bin/sh\ncase "$*" in *rawvideo*) ${capture} ;; *) exec ffmpeg "$@" ;; esac\n`);
  await chmod(file, 0o755);
  return file;
}

it.each([
  ['random bytes without end', 'cat /dev/urandom >&4 & exec cat /dev/urandom'],
  ['one frame and a half, then nothing', 'head -c 129600 /dev/zero; sleep 60'],
  ['a burst of garbage, then its end', 'head -c 3000000 /dev/urandom; exit 3'],
])('a capture worker that gives %s does not stop the clock', async (_, capture) => {
  const ffmpeg = await locateFfmpeg();
  const format = { width: 320, height: 180, frameRate: { num: 30, den: 1 } };
  const path2 = await scripted(`mad-${Math.abs(capture.length)}`, capture);
  const changes: string[] = [];
  const source = await openSupervised({
    open: async () => ({ source: await createSource({ kind: 'test' }, format, { ...ffmpeg, path: path2 }) }),
    times: () => watchTimes('pull', false, false),
    slate: [drawSlate('Be right back', format)],
    onChange: (health) => changes.push(health),
  });
  const shown = runProgram({ video: source, audio: source }, format);
  try {
    await until(() => shown.ticks.length > 90, 'three seconds of ticks', 15_000);
    expect(shown.ticks.every((tick, index) => index === 0 || tick.frame === shown.ticks[index - 1]!.frame + 1)).toBe(true);
    // Noise as a float may be anything; what goes on to the encoder is sound.
    expect(shown.ticks.every(({ peak }) => Number.isFinite(peak) && peak <= 8)).toBe(true);
    if (!capture.includes('cat')) expect(changes).toContain('held');
  } finally {
    shown.program.stop();
    await source.stop();
  }
}, 60_000);

it('a capture worker that runs in fits gives every frame late rather than twice', async () => {
  const ffmpeg = await locateFfmpeg();
  const format = { width: 320, height: 180, frameRate: { num: 30, den: 1 } };
  const mark = `FIELDCAST_TEST_MARK=fits-${process.pid}`;
  process.env['FIELDCAST_TEST_MARK'] = mark.split('=')[1];
  const source = await openSupervised({
    open: async () => ({ source: await createSource({ kind: 'test' }, format, ffmpeg) }),
    times: () => watchTimes('pull', false, false),
    slate: [drawSlate('Be right back', format)],
    onChange: () => undefined,
  });
  delete process.env['FIELDCAST_TEST_MARK'];
  const shown = runProgram({ video: source, audio: source }, format);
  const [worker] = processesWith(mark).filter((one) => one.name === 'ffmpeg capture');
  let stopped = false;
  // Stopped for half of the time.
  const timer = setInterval(() => {
    stopped = !stopped;
    process.kill(worker!.pid, stopped ? 'SIGSTOP' : 'SIGCONT');
  }, 200);
  try {
    await until(() => shown.ticks.length > 120, 'four seconds of ticks', 20_000);
  } finally {
    clearInterval(timer);
    process.kill(worker!.pid, 'SIGCONT');
    shown.program.stop();
    await source.stop();
  }
  const repeated = shown.ticks.filter(({ isRepeated }) => isRepeated).length;
  process.stdout.write(`measured: capture worker in fits of 200 ms, ${repeated} of ${shown.ticks.length} ticks repeated, ${source.figures.restarts} restarts\n`);
  expect(repeated).toBeLessThan(shown.ticks.length / 4);
  expect(source.figures.restarts).toBe(0);
}, 60_000);
