// What becomes of a show when the process, the file, the server or the display behind its source goes away: it goes on, and the source comes back.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SourceHealth } from '../../src/contract/report.ts';
import type { SourceSpec } from '../../src/contract/source.ts';
import { createSource } from '../../src/main/capture/createSource.ts';
import type { ProgramFormat } from '../../src/main/capture/pictureFilter.ts';
import { drawSlate } from '../../src/main/capture/slate.ts';
import { watchTimes } from '../../src/main/capture/sourceWatch.ts';
import { openSupervised, type SupervisedSource } from '../../src/main/capture/supervisedSource.ts';
import { locateFfmpeg, type FfmpegInstall } from '../../src/main/ffmpeg/locate.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { processesWith } from '../support/processTree.ts';
import { startPulseAudio } from '../support/pulseAudio.ts';
import { runProgram, type ProgramRun } from '../support/supervisedProgram.ts';
import { throttle } from '../support/throttle.ts';
import { until } from '../support/until.ts';
import { startXvfb } from '../support/xvfb.ts';

const format: ProgramFormat = { width: 320, height: 180, frameRate: { num: 30, den: 1 } };
const SLATE_LUMA = 40;
const has = (command: string): boolean => spawnSync('which', [command], { stdio: 'ignore' }).status === 0;
let ffmpeg: FfmpegInstall;
let directory = '';
const opened: { stop(): unknown }[] = [];

beforeAll(async () => {
  ffmpeg = await locateFfmpeg();
  directory = await mkdtemp(join(tmpdir(), 'fieldcast-sources-'));
});
afterEach(async () => { for (const one of opened.splice(0).toReversed()) await one.stop(); });
afterAll(async () => rm(directory, { recursive: true, force: true }));

type Supervised = { readonly source: SupervisedSource; readonly changes: SourceHealth[]; readonly workers: () => number[] };

/** A supervised source whose processes are known by a mark in their environment. */
async function supervise(spec: SourceSpec, env: Readonly<Record<string, string>> = {}): Promise<Supervised> {
  const mark = `FIELDCAST_TEST_MARK=${randomUUID()}`;
  const changes: SourceHealth[] = [];
  const isDevice = spec.kind !== 'file';
  const source = await openSupervised({
    open: async () => {
      const [name = '', value = ''] = mark.split('=');
      process.env[name] = value;
      try {
        return { source: await createSource(spec, format, ffmpeg, isDevice ? { env: { ...env, [name]: value } } : {}) };
      } finally {
        delete process.env[name];
      }
    },
    times: ({ video, audio }) => watchTimes((video ?? audio)!.pacing, false, false),
    slate: [drawSlate('Be right back', format)],
    onChange: (health) => { changes.push(health); },
  });
  opened.push(source);
  return { source, changes, workers: () => processesWith(mark).filter((one) => one.name === 'ffmpeg capture').map((one) => one.pid) };
}

function run(sources: Parameters<typeof runProgram>[0]): ProgramRun {
  const started = runProgram(sources, format);
  opened.push(started.program);
  return started;
}

/** Ticks stand on the timeline without a hole, whatever happened. */
function expectWhole({ ticks }: ProgramRun): void {
  expect(ticks.every((tick, index) => index === 0 || tick.frame === ticks[index - 1]!.frame + 1)).toBe(true);
}

const isNear = (luma: number, wanted: number): boolean => Math.abs(luma - wanted) < 30;

/** A film whose luma is about `luma` throughout; its noise makes it larger than what FFmpeg reads at once. */
function film(name: string, luma: number, size = '320x180'): string {
  return makeMedia(ffmpeg.path, [
    '-f', 'lavfi', '-i', `color=gray:size=${size}:rate=30:duration=2,geq=lum=${luma}:cb=128:cr=128,noise=c0s=16:c0f=t`, '-f', 'lavfi', '-i', 'sine=duration=2',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '10', '-pix_fmt', 'yuv420p', '-c:a', 'aac',
  ], join(directory, name));
}

describe('a file', () => {
  test('whose worker is killed goes on within moments', async () => {
    const one = await supervise({ kind: 'file', path: film('killed.mp4', 180) });
    const shown = run({ video: one.source, audio: one.source });
    await until(() => shown.ticks.length > 15 && isNear(shown.ticks.at(-1)!.luma, 180), 'the film');
    process.kill(one.workers()[0]!, 'SIGKILL');
    await until(() => one.changes.at(-1) === 'live', 'the film again');
    const from = shown.ticks.length;
    await until(() => shown.ticks.length > from + 15, 'half a second more');
    expect(one.changes).toEqual(['held', 'restarting', 'live']);
    expectWhole(shown);
    // The last picture held: neither black nor slate.
    expect(shown.ticks.slice(15).every((tick) => isNear(tick.luma, 180))).toBe(true);
    expect(shown.ticks.at(-1)!.peak).toBeGreaterThan(0.05);
    expect(one.source.figures).toMatchObject({ restarts: 1, slateMs: 0 });
    process.stdout.write(`measured: file worker killed, held ${one.source.figures.heldMs} ms\n`);
  });

  test('whose worker hangs is held, gives way to the slate, and is started again', async () => {
    const one = await supervise({ kind: 'file', path: film('hung.mp4', 180) });
    const shown = run({ video: one.source, audio: one.source });
    await until(() => shown.ticks.length > 15, 'the film');
    const [hung = 0] = one.workers();
    process.kill(hung, 'SIGSTOP');
    await until(() => one.changes.at(-1) === 'live', 'the film again', 30_000);
    expect(one.changes).toEqual(['held', 'slate', 'restarting', 'live']);
    await until(() => isNear(shown.ticks.at(-1)!.luma, 180), 'its picture');
    expectWhole(shown);
    expect(shown.ticks.some((tick) => tick.luma === SLATE_LUMA && tick.peak === 0)).toBe(true);
    expect(one.workers()).not.toContain(hung);
    process.stdout.write(`measured: file worker stopped, ${JSON.stringify(one.source.figures)}\n`);
  });

  test('that is replaced by garbage, and then by another format, comes back with the new one', async () => {
    const path = film('replaced.mp4', 180);
    const one = await supervise({ kind: 'file', path });
    const shown = run({ video: one.source, audio: one.source });
    await until(() => shown.ticks.length > 15, 'the film');
    await writeFile(path, Buffer.alloc(50_000, 'no film at all'));
    await until(() => one.changes.filter((change) => change === 'restarting').length >= 2, 'two attempts', 30_000);
    const other = film('other.mp4', 100, '640x360');
    await rename(other, path);
    await until(() => one.changes.at(-1) === 'live' && isNear(shown.ticks.at(-1)!.luma, 100), 'the other film', 30_000);
    expectWhole(shown);
    process.stdout.write(`measured: file replaced, ${JSON.stringify(one.source.figures)}\n`);
  });
});

test.skipIf(!has('pulseaudio'))('a microphone whose sound server is restarted goes silent and comes back (skipped without PulseAudio)', async () => {
  const server = await startPulseAudio();
  opened.push(server);
  server.playTone(ffmpeg.path, 500);
  const microphone = await supervise({ kind: 'microphone', name: server.monitor }, server.env);
  const film1 = await supervise({ kind: 'file', path: film('beside.mp4', 180) });
  const shown = run({ video: film1.source, audio: microphone.source });
  await until(() => shown.ticks.at(-1)?.peak !== undefined && shown.ticks.at(-1)!.peak > 0.05, 'the tone');
  process.kill(server.pid, 'SIGKILL');
  await until(() => shown.ticks.at(-1)!.peak === 0 && microphone.changes.includes('restarting'), 'silence');
  const again = await startPulseAudio(server.directory);
  opened.push(again);
  again.playTone(ffmpeg.path, 500);
  await until(() => microphone.changes.at(-1) === 'live' && shown.ticks.at(-1)!.peak > 0.05, 'the tone again', 30_000);
  expect(microphone.changes[0]).toBe('silent');
  // The picture never noticed.
  expect(film1.changes).toEqual([]);
  expectWhole(shown);
  expect(shown.ticks.slice(10).every((tick) => isNear(tick.luma, 180))).toBe(true);
  process.stdout.write(`measured: PulseAudio restarted, ${JSON.stringify(microphone.source.figures)}\n`);
});

test.skipIf(!has('pulseaudio'))('a microphone whose worker is killed, hangs, and runs in fits comes back by itself each time (skipped without PulseAudio)', async () => {
  const server = await startPulseAudio();
  opened.push(server);
  server.playTone(ffmpeg.path, 500);
  const microphone = await supervise({ kind: 'microphone', name: server.monitor }, server.env);
  const shown = run({ audio: microphone.source });
  const isHeard = (): boolean => (shown.ticks.at(-1)?.peak ?? 0) > 0.05;
  /** Silent ticks since `from`, and how long that is. */
  const silenceSince = (from: number): string => `${Math.round((shown.ticks.slice(from).filter(({ peak }) => peak === 0).length * 1000) / 30)} ms of silence`;
  await until(isHeard, 'the tone');

  let from = shown.ticks.length;
  const [killed = 0] = microphone.workers();
  process.kill(killed, 'SIGKILL');
  await until(() => microphone.changes.at(-1) === 'live' && microphone.source.figures.restarts === 1 && isHeard(), 'the tone after a kill');
  expect(microphone.changes).toEqual(['silent', 'restarting', 'live']);
  process.stdout.write(`measured: microphone worker killed, ${silenceSince(from)}\n`);

  from = shown.ticks.length;
  const [hung = 0] = microphone.workers();
  expect(hung).not.toBe(killed);
  process.kill(hung, 'SIGSTOP');
  await until(() => microphone.changes.at(-1) === 'live' && microphone.source.figures.restarts === 2 && isHeard(), 'the tone after a hang', 30_000);
  expect(microphone.workers()).not.toContain(hung);
  process.stdout.write(`measured: microphone worker stopped, ${silenceSince(from)}\n`);

  from = shown.ticks.length;
  const { release } = throttle(() => microphone.workers()[0], 0.5);
  await until(() => shown.ticks.length > from + 120, 'four seconds in fits');
  release();
  // The sound server keeps what a slow worker has not taken, so it is heard late rather than not at all, and nothing is started again.
  expect(microphone.source.figures.restarts).toBe(2);
  expect(shown.ticks.slice(from).filter(({ peak }) => peak > 0.05).length).toBeGreaterThan(90);
  process.stdout.write(`measured: microphone worker in fits of 50 ms, ${silenceSince(from)} in 4 s\n`);
  expectWhole(shown);
}, 90_000);

test.skipIf(!has('Xvfb'))('a screen whose X server is restarted gives way to the slate and comes back (skipped without Xvfb)', async () => {
  const server = await startXvfb(320, 180);
  opened.push(server);
  const screen = await supervise({ kind: 'screen', display: server.display });
  const shown = run({ video: screen.source });
  await until(() => shown.ticks.at(-1)?.luma === 235, 'the white screen');
  await server.stop();
  await until(() => shown.ticks.at(-1)!.luma === SLATE_LUMA, 'the slate');
  // Another size than before, too.
  opened.push(await startXvfb(640, 360, server.display));
  await until(() => screen.changes.at(-1) === 'live' && shown.ticks.at(-1)!.luma === 235, 'the screen again', 30_000);
  expect(screen.changes.slice(0, 2)).toEqual(['held', 'restarting']);
  expectWhole(shown);
  process.stdout.write(`measured: Xvfb restarted, ${JSON.stringify(screen.source.figures)}\n`);
});

test('a whole show whose capture worker is killed ends verified, and the test picture stands on the timeline again', async () => {
  const home = await mkdtemp(join(tmpdir(), 'fieldcast-sourceshow-'));
  try {
    const show = startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--for', '10s', '--json'], { home, timeoutMs: 90_000 });
    await show.event('state', (event) => event.state === 'live');
    const [worker] = processesWith(home).filter((one) => one.name === 'ffmpeg capture');
    process.kill(worker!.pid, 'SIGKILL');
    await show.event('source', (event) => event.state === 'live');
    const { code, report } = await show.finished;
    expect(code).toBe(0);
    expect(report).toMatchObject({ outcome: 'ended', verified: true, sources: [{ source: '1', restarts: 1 }] });
    for (const rendition of report!.renditions) expect(rendition).toMatchObject({ frames: 300, droppedFrames: 0 });
    process.stdout.write(`measured: whole show, ${JSON.stringify(report!.sources)}\n`);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
