// A show whose encoder becomes too slow for all renditions: the top one is left out before a frame is lost, and comes back when it can. Its
// process is stopped for most of the time, in a whole show to the embedded service; what counts is the archive. `npm run bench overload`.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startCli } from '../support/fieldcastCli.ts';
import { numbersInArchive } from '../support/numbersInArchive.ts';
import { processesWith } from '../support/processTree.ts';
import { throttle } from '../support/throttle.ts';
import { until } from '../support/until.ts';
import type { BenchRow } from './benchRow.ts';

/** Of the time. */
const SHARE = 0.06;
const FRAMES_PER_GOP = 60;
const STEP_UP_WITHIN_MS = 60_000;

export async function run(): Promise<BenchRow[]> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-overload-'));
  const show = startCli(
    // The fastest preset: the next step is to leave the top rendition out.
    ['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--encoder', 'libx264:ultrafast', '--json'], { home, timeoutMs: 180_000 },
  );
  const encoders = (): number[] => processesWith(home).filter((one) => one.name === 'ffmpeg video encoder').map((one) => one.pid);
  const warned = (code: string): boolean => show.events.some((event) => event.type === 'warning' && event.failure.code === code);
  let release = (): void => undefined;
  try {
    await show.event('state', (event) => event.state === 'live');
    const [first] = encoders();
    await until(() => show.events.filter((event) => event.type === 'stats').length >= 3, 'some seconds of the whole ladder', 20_000);
    const throttledMs = performance.now();
    ({ release } = throttle(() => first, SHARE));
    await until(() => warned('ENCODER_STEPPED_DOWN'), 'the step down', 20_000);
    const steppedDownMs = performance.now() - throttledMs;
    // What takes over is left alone: it has less to do.
    await until(() => encoders().some((pid) => pid !== first), 'the smaller worker', 10_000);
    release();
    await until(() => warned('ENCODER_STEPPED_UP'), 'the step up', STEP_UP_WITHIN_MS);
    const seen = show.events.filter((event) => event.type === 'stats').length;
    await until(() => show.events.filter((event) => event.type === 'stats').length >= seen + 6, 'some seconds of the whole ladder again', 20_000);
    show.child.kill('SIGINT');
    const { report } = await show.finished;
    if (report === undefined) throw new Error('The show gave no report.');
    const [top, low] = await numbersInArchive(report, home);
    if (top === undefined || low === undefined) throw new Error('The ladder has two renditions.');
    const begin = low[0] ?? 0;
    const hole = top.findIndex((number, index) => index > 0 && number !== (top[index - 1] ?? 0) + 1);
    const [before, after] = [top[hole - 1] ?? Number.NaN, top[hole] ?? Number.NaN];
    const shed = (report.encoder?.missing ?? []).filter((one) => one.cause === 'shed');
    const told = shed.reduce((sum, one) => sum + one.lastFrame - one.firstFrame + 1, 0);
    return [
      { name: 'step down after the encoder became slow', value: steppedDownMs / 1000, unit: 's', note: `at most ${report.encoder?.maxLagMs} ms behind` },
      { name: 'pictures replaced by the one before', value: report.encoder?.replacedFrames ?? Number.NaN, unit: 'frames', atMost: 0 },
      { name: 'kept rendition: frames missing or twice', value: gapsOf(low) , unit: 'frames', atMost: 0, note: `of ${low.length}` },
      { name: 'top rendition: holes', value: holesOf(top), unit: '', atMost: 1, note: `without ${after - before - 1} frames, ${told} told in the report` },
      { name: 'top rendition: frames that the report tells wrongly', value: Math.abs(after - before - 1 - told), unit: 'frames', atMost: 0 },
      { name: 'top rendition: leaves and comes back beside a GOP boundary', value: (((after - begin) % FRAMES_PER_GOP) + ((before + 1 - begin) % FRAMES_PER_GOP)), unit: 'frames', atMost: 0 },
      { name: 'keyframes aligned', value: report.keyframesAligned ? 0 : 1, unit: '', atMost: 0, note: report.verification.join(' ') },
    ];
  } finally {
    release();
    show.child.kill('SIGKILL');
    await show.finished;
    await rm(home, { recursive: true, force: true });
  }
}

function holesOf(numbers: readonly number[]): number {
  return numbers.filter((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1).length;
}

/** Frames by which each number is not the one after the number before it. */
function gapsOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number, index) => sum + (index === 0 ? 0 : Math.abs(number - (numbers[index - 1] ?? 0) - 1)), 0);
}
