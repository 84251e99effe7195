// Lip-sync through a killed worker and a switch, then offset, gain, mute and the slate while the show is on air: all measured in its recording, by
// the test picture's flash, click and tone.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodedSound } from '../support/archivedFrames.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { flashesAndClicks } from '../support/flashesAndClicks.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { processesWith } from '../support/processTree.ts';
import { until } from '../support/until.ts';

let home = '';
beforeAll(async () => { home = await mkdtemp(path.join(tmpdir(), 'fieldcast-desk-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

const RATE = 48_000;

/** Red, green and blue of the middle of the picture at this time of the file. */
function colourAt(file: string, seconds: number): number[] {
  const { stdout } = spawnSync('ffmpeg', ['-v', 'error', '-ss', String(seconds), '-i', file, '-frames:v', '1', '-vf', 'crop=64:64,scale=1:1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'], { timeout: 30_000 });
  return [...stdout];
}

it('keeps flash and click together through a restart and a switch; moves, turns down and takes away the sound by as much as was asked for, and shows the operator’s own slate', async () => {
  const red = makeMedia('ffmpeg', ['-f', 'lavfi', '-i', 'color=red:size=640x360,format=rgb24', '-frames:v', '1', '-update', '1'], path.join(home, 'red.png'));
  const record = path.join(home, 'recordings');
  await mkdir(record);
  const show = startCli(['live', '--source', 'test', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--record', record, '--slate-picture', red, '--json'], { home, timeoutMs: 90_000 });
  await show.event('state', (event) => event.state === 'live');
  const secondsNow = (): number => show.events.filter((event) => event.type === 'stats').at(-1)?.programSeconds ?? 0;
  /** The stretch of the program in which this holds, with a second to spare at both ends. */
  const during = async (...args: string[]): Promise<{ from: number; to: number }> => {
    expect((await startCli(['control', ...args], { home, timeoutMs: 30_000 }).finished).code).toBe(0);
    const from = secondsNow() + 1.5;
    await until(() => secondsNow() > from + 3.5, `some seconds of ${args.join(' ')}`, 20_000);
    return { from, to: from + 2.5 };
  };
  const [worker] = processesWith(home).filter((one) => one.name === 'ffmpeg capture');
  process.kill(worker!.pid, 'SIGKILL');
  await show.event('source', (event) => event.state === 'held' || event.state === 'restarting');
  await show.event('source', (event) => event.state === 'live');
  await until(() => secondsNow() > 5, 'some seconds as it is', 20_000);
  const before = { from: 1, to: secondsNow() };
  const switched = await during('switch', '2');
  const later = await during('offset', '2', '150');
  const earlier = await during('offset', '2', '--', '-150');
  const back = await during('offset', '2', '0');
  const softer = await during('gain', '2', '--', '-12');
  const muted = await during('mute', 'on');
  const slate = await during('slate', 'on');
  show.child.kill('SIGINT');
  const { report } = await show.finished;
  expect(report).toMatchObject({ outcome: 'ended', verified: true });
  const file = report!.recording!.path;
  const { width, height } = report!.renditions[0]!;
  const { flashes, clicks } = await flashesAndClicks(file, width, height, 30);
  // A click whose flash the restart has taken has none near it.
  const shiftIn = ({ from, to }: { from: number; to: number }): number[] => clicks.filter((click) => click >= from && click <= to).flatMap((click) => {
    const nearest = flashes.toSorted((a, b) => Math.abs(a - click) - Math.abs(b - click))[0] ?? Number.NaN;
    return Math.abs(click - nearest) > 0.4 ? [] : [(click - nearest) * 1000];
  });
  const [slateColour, pictureColour] = [colourAt(file, slate.from + 1), colourAt(file, before.to)];
  expect(slateColour.map((value, index) => Math.abs(value - [255, 0, 0][index]!) < 25)).toEqual([true, true, true]);
  expect(pictureColour).not.toEqual(slateColour);
  const sound = await decodedSound(file);
  const rmsIn = ({ from, to }: { from: number; to: number }): number => {
    const part = sound.subarray(Math.round(from * RATE) * 2, Math.round(to * RATE) * 2);
    return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);
  };
  const shifts = { before: shiftIn(before), switched: shiftIn(switched), later: shiftIn(later), earlier: shiftIn(earlier), back: shiftIn(back) };
  const softerDb = 20 * Math.log10(rmsIn(softer) / rmsIn(back));
  process.stdout.write(`measured: click after flash, ms: ${Object.entries(shifts).map(([name, values]) => `${name} ${values.map((ms) => ms.toFixed(1)).join(' ')}`).join('; ')}; gain ${softerDb.toFixed(2)} dB; muted ${rmsIn(muted).toExponential(1)}\n`);
  for (const [values, wanted] of [[shifts.before, 0], [shifts.switched, 0], [shifts.later, 150], [shifts.earlier, -150], [shifts.back, 0]] as const) {
    expect(values.length).toBeGreaterThanOrEqual(2);
    for (const ms of values) expect(Math.abs(ms - wanted)).toBeLessThan(20);
  }
  expect(Math.abs(softerDb + 12)).toBeLessThan(0.5);
  expect(rmsIn(muted)).toBeLessThan(1e-4);
}, 120_000);
