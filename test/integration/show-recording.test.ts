// The recording of whole shows: off and on in the middle, its folder taken away, its own quality, and an engine that is killed.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingNotesSchema, type RecordingNotes } from '../../src/contract/recording.ts';
import { indexOf } from '../../src/main/record/fileIndex.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { processesWith } from '../support/processTree.ts';
import { spoilingFfmpeg } from '../support/spoilingFfmpeg.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
let home: string;
let out: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-recording-'));
  out = path.join(home, 'out');
  await mkdir(out);
});
afterAll(async () => rm(home, { recursive: true, force: true }));

const LIVE = ['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--json', '--record'];
const recordings = async (): Promise<RecordingNotes[]> => {
  const { stdout } = await startCli(['recordings', '--json'], { home, timeoutMs: 30_000 }).finished;
  return (JSON.parse(stdout) as { recordings: RecordingNotes[] }).recordings;
};
const control = async (...args: string[]): Promise<void> => {
  const { code, stderr } = await startCli(['control', ...args], { home, timeoutMs: 30_000 }).finished;
  expect(stderr).toBe('');
  expect(code).toBe(0);
};

describe('a show that is recorded', () => {
  it('is recorded where and when the operator wants it, and goes on in a new file when the folder was away', async () => {
    const cli = startCli([...LIVE, out, '--record-name', '{event} {rendition} {part}', '--event', 'taken'], { home, timeoutMs: 100_000 });
    await cli.event('state', ({ state }) => state === 'live');
    const growing = await cli.event('stats', ({ recording }) => recording?.state === 'recording' && recording.sizeBytes > 0);
    expect(growing.recording).toMatchObject({ path: path.join(out, 'taken 480p 01.mp4'), rendition: '480p', files: 1 });

    const capture = processesWith(home).find(({ name }) => name === 'ffmpeg capture')?.pid ?? expect.fail('no capture worker');
    process.kill(capture, 'SIGSTOP');
    await cli.event('alarm', ({ code, raised }) => code === 'NO_SIGNAL' && raised);
    process.kill(capture, 'SIGCONT');
    await cli.event('alarm', ({ code, raised }) => code === 'NO_SIGNAL' && !raised);

    await rename(out, `${out} away`);
    await cli.event('warning', ({ failure }) => failure.code === 'RECORD_FILE_GONE');
    const alarm = await cli.event('alarm', ({ code, raised }) => code === 'RECORD_STALLED' && raised);
    expect(alarm.message).toContain('has not grown');
    await mkdir(out);
    await cli.event('warning', ({ failure }) => failure.code === 'RECORD_RESUMED');
    await cli.event('alarm', ({ code, raised }) => code === 'RECORD_STALLED' && !raised);

    await control('record', 'off');
    await cli.event('stats', ({ recording }) => recording?.state === 'stopped');
    const other = path.join(home, 'other');
    await mkdir(other);
    await control('record', 'on', '--dir', other);
    await cli.event('stats', ({ recording }) => recording?.state === 'recording' && recording.path.startsWith(other) && recording.sizeBytes > 0);
    cli.child.kill('SIGINT');
    const { report } = await cli.finished;
    expect(report).toMatchObject({ outcome: 'ended', verified: true, undelivered: [] });

    const [later, earlier, ...more] = await recordings();
    expect(more).toEqual([]);
    expect(earlier?.files.map(({ path: file, state }) => [path.basename(file), state])).toEqual([['taken 480p 01.mp4', 'fragmented'], [expect.stringMatching(/^taken 480p \d\d\.mp4$/), 'finished']]);
    expect(later).toMatchObject({ isOver: true, undelivered: [], files: [{ path: path.join(other, 'taken 480p 01.mp4'), state: 'finished' }] });
    // The notes travel with the recording.
    const beside = (await readdir(other)).find((name) => name.endsWith('.json')) ?? '';
    expect(recordingNotesSchema.parse(JSON.parse(await readFile(path.join(other, beside), 'utf8')))).toEqual(later);
    for (const { path: file, firstFrame, endFrame } of [...(later?.files ?? []), ...(earlier?.files.slice(1) ?? [])]) {
      expect(await indexOf(file)).toMatchObject({ isFragmented: false, hasTablesFirst: true, samples: { video: (endFrame ?? 0) - firstFrame } });
      expect((await run('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-'])).stderr).toBe('');
    }
  }, 110_000);

  it('loses no frame when the encoder of its own picture writes garbage, is killed, and hangs, and the show does not notice', async () => {
    await mkdir(out, { recursive: true });
    const ffmpeg = await spoilingFfmpeg(home);
    // The encoder of the recording is the first that is started.
    await ffmpeg.spoilNext('video');
    const cli = startCli([...LIVE, out, '--record-quality', '3000', '--event', 'own'], { home, timeoutMs: 90_000, env: { FIELDCAST_FFMPEG: ffmpeg.binary } });
    const failures = (): string[] => cli.events.flatMap((event) => (event.type === 'warning' && event.failure.code === 'RECORD_ENCODER_FAILED' ? [event.failure.message] : []));
    const own = (): number[] => processesWith(home).filter(({ name, pid }) => name === 'ffmpeg video encoder' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('3000k')).map(({ pid }) => pid);
    await until(() => failures().length === 1 && own().length === 1, 'another encoder after the garbage', 40_000);
    const [spoiled] = own();
    process.kill(spoiled!, 'SIGKILL');
    await until(() => failures().length === 2 && own().some((pid) => pid !== spoiled), 'another encoder after the kill');
    const [hung] = own();
    process.kill(hung!, 'SIGSTOP');
    await until(() => failures().length === 3 && own().some((pid) => pid !== hung), 'another encoder after the hang');
    const size = (): number => cli.events.filter((event) => event.type === 'stats').at(-1)?.recording?.sizeBytes ?? 0;
    const before = size();
    await until(() => size() > before + 400_000, 'the recording to grow again');
    cli.child.kill('SIGINT');
    const { report } = await cli.finished;
    expect(failures()).toEqual([expect.stringContaining('sent what cannot be used'), expect.stringContaining('was ended from outside'), expect.stringContaining('gave nothing for')]);
    expect(report).toMatchObject({ outcome: 'ended', verified: true, undelivered: [], encoder: { failures: 0 } });
    const [notes] = await recordings();
    expect(notes).toMatchObject({ event: 'own', isOver: true, files: [{ state: 'finished' }] });
    const { path: file = '', firstFrame = 0, endFrame } = notes?.files[0] ?? {};
    expect(await indexOf(file)).toMatchObject({ isFragmented: false, samples: { video: (endFrame ?? 0) - firstFrame } });
    expect((await run('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-'])).stderr).toBe('');
    process.stdout.write(`measured: garbage, kill -9 and kill -STOP of the recording's own encoder: 0 of ${(endFrame ?? 0) - firstFrame} frames missing in the recording, ${report?.recording?.replacedFrames} pictures replaced\n`);
  }, 110_000);

  it('has a picture of its own where one is asked for, and leaves a file that plays when the engine is killed', async () => {
    await mkdir(out, { recursive: true });
    const cli = startCli([...LIVE, out, '--record-quality', '3000', '--event', 'killed'], { home, timeoutMs: 90_000 });
    await cli.event('stats', ({ recording }) => (recording?.sizeBytes ?? 0) > 400_000);
    const pidOf = (wanted: string): number => processesWith(home).filter(({ name }) => name === wanted).map(({ pid }) => pid).sort((one, other) => one - other).at(-1) ?? expect.fail(`no ${wanted}`);
    const engine = pidOf('engine.ts');
    const hasAlarm = (wanted: string): boolean => cli.events.some((event) => event.type === 'alarm' && event.code === wanted && event.raised);
    // The engine is held for most of its time.
    await until(async () => {
      process.kill(engine, 'SIGSTOP');
      await new Promise((resolve) => { setTimeout(resolve, 80); });
      process.kill(engine, 'SIGCONT');
      await new Promise((resolve) => { setTimeout(resolve, 30); });
      return hasAlarm('CLOCK_LATE');
    }, 'the clock to be late', 15_000);
    // The encoder of the recording was started before that of the show.
    const encoder = pidOf('ffmpeg video encoder');
    process.kill(encoder, 'SIGSTOP');
    await cli.event('alarm', ({ code, raised }) => code === 'ENCODER_LAG' && raised);
    process.kill(encoder, 'SIGCONT');
    process.kill(engine, 'SIGKILL');
    await cli.finished;
    await until(() => !processesWith(home).some((one) => one.name.startsWith('ffmpeg')), 'the end of every FFmpeg');
    const [notes] = await recordings();
    expect(notes).toMatchObject({ event: 'killed', isOver: false, rendition: 'recording', files: [{ state: 'recording' }] });
    const file = notes?.files[0]?.path ?? '';
    const left = await indexOf(file);
    expect(left.isFragmented).toBe(true);
    expect(left.samples.video % 60).toBe(0);
    // libx264 writes its options into the first picture: those of the recording, not of the top rendition.
    expect((await readFile(file)).includes('bitrate=3000')).toBe(true);

    const repaired = await startCli(['recordings', '--repair', '--json'], { home, timeoutMs: 60_000 }).finished;
    expect(JSON.parse(repaired.stdout)).toEqual({ type: 'repaired', files: expect.arrayContaining([{ path: file, state: 'finished' }]) as unknown });
    expect(await indexOf(file)).toMatchObject({ isFragmented: false, samples: left.samples });
    expect((await run('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-'])).stderr).toBe('');
    const [list] = (JSON.parse((await startCli(['resume', '--json'], { home, timeoutMs: 30_000 }).finished).stdout) as { shows: { showId: string }[] }).shows;
    await startCli(['resume', list?.showId ?? '', '--end', '--json'], { home, timeoutMs: 60_000 }).finished;
  }, 110_000);
});
