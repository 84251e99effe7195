// The recorder with packets of the real encoders; what it wrote is read by ffprobe and decoded by FFmpeg.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { EncodedPacketSink, FilePathSource, Input, MP4 } from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperatorError } from '../../src/contract/errors.ts';
import type { RecordingNotes } from '../../src/contract/recording.ts';
import type { AudioPacket } from '../../src/main/media/packets.ts';
import { DiskWatch } from '../../src/main/monitor/diskWatch.ts';
import { finishRecording } from '../../src/main/record/finishing.ts';
import { indexOf } from '../../src/main/record/fileIndex.ts';
import { GrowthWatch } from '../../src/main/record/growthWatch.ts';
import { Recorder, type EndedPart, type RecorderOptions } from '../../src/main/record/recorder.ts';
import { RecordingBook } from '../../src/main/record/recordingBook.ts';
import { encodeSmallShow, type SmallShow } from '../support/smallShow.ts';
import { readCount } from '../support/countedFrames.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
let dir = '';
let show: SmallShow;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fieldcast-record-'));
  show = await encodeSmallShow(125);
});
afterAll(async () => rm(dir, { recursive: true, force: true }));

async function open(event: string, failures: OperatorError[] = [], folder = dir, more: Partial<RecorderOptions> = {}): Promise<Recorder> {
  return Recorder.open({ dir: folder, event, nameTemplate: '{event}', rendition: 'top', onProblem: (error) => failures.push(error), ...more });
}

function feed(recorder: Recorder, items: SmallShow['items']): void {
  for (const item of items) {
    if ('data' in item) recorder.add(item);
    else recorder.configure(item);
  }
}

/** Presentation times as the boxes say. */
async function timesOf(path: string, type: 'video' | 'audio'): Promise<number[]> {
  const input = new Input({ source: new FilePathSource(path), formats: [MP4] });
  const track = type === 'video' ? await input.getPrimaryVideoTrack() : await input.getPrimaryAudioTrack();
  const times: number[] = [];
  if (track !== null) for await (const packet of new EncodedPacketSink(track).packets()) times.push(packet.timestamp);
  input.dispose();
  return times.sort((a, b) => a - b);
}

type Packet = { readonly pts_time: string; readonly dts_time: string; readonly size: string };
async function packetsOf(path: string, stream: 'v:0' | 'a:0'): Promise<readonly Packet[]> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', stream, '-show_packets', '-of', 'json', path], { maxBuffer: 1e8 });
  return (JSON.parse(stdout) as { packets: Packet[] }).packets;
}
async function framesOf(path: string): Promise<number[]> {
  const { stdout, stderr } = await run('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:v', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'], { maxBuffer: 1e9, encoding: 'buffer' });
  expect(stderr.toString()).toBe('');
  return Array.from({ length: stdout.length / (320 * 180) }, (_, index) => readCount(stdout.subarray(index * 320 * 180), 320, 180));
}
const sequence = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index);

describe('recorder', () => {
  it('writes every frame and all sound at their times', async () => {
    const failures: OperatorError[] = [];
    const recorder = await open('whole', failures);
    feed(recorder, show.items);
    await recorder.close();
    const { path, sizeBytes } = recorder;
    expect(failures).toEqual([]);
    expect((await stat(path)).size).toBe(sizeBytes);
    expect(recorder.fragments).toBe(5);
    const times = await timesOf(path, 'video');
    expect(times).toHaveLength(125);
    const delay = times[0] ?? 0;
    expect(delay).toBeCloseTo(show.reorderFrames / 30, 4);
    times.forEach((time, index) => expect(time - delay).toBeCloseTo(index / 30, 4));
    const video = await packetsOf(path, 'v:0');
    const probed = video.map((one) => Number(one.pts_time)).sort((a, b) => a - b);
    // FFmpeg sees the same times as the boxes say, so that picture and sound stay together in all that is built on it.
    probed.forEach((time, index) => expect(time).toBeCloseTo(delay + index / 30, 4));
    // Decode times rise over fragments too.
    const decodeTimes = video.map((one) => Number(one.dts_time));
    expect(decodeTimes.every((time, index) => index === 0 || time > (decodeTimes[index - 1] ?? 0))).toBe(true);
    expect(await framesOf(path)).toEqual(sequence(show.startFrame % 2 ** 24, 125));
    const audio = await packetsOf(path, 'a:0');
    const audioGiven = show.items.filter((item) => item.kind === 'audio' && 'data' in item);
    expect(audio).toHaveLength(audioGiven.length);
    const first = Number(audio[0]?.pts_time);
    const firstGiven = audioGiven[0] as AudioPacket;
    expect(first - delay).toBeCloseTo((firstGiven.frame * 1024) / 48_000 - show.startFrame / 30, 4);
    expect(first - delay).toBeLessThan(0.0214);
    audio.forEach((one, index) => expect(Number(one.pts_time)).toBeCloseTo(first + (index * 1024) / 48_000, 3));
    const { stderr } = await run('ffmpeg', ['-v', 'error', '-xerror', '-i', path, '-map', '0', '-f', 'null', '-']);
    expect(stderr).toBe('');
  });

  it('leaves a file that plays to its last whole GOP when it is never closed', async () => {
    const recorder = await open('crashed');
    feed(recorder, show.items);
    // Four GOPs are followed by another; the fifth is still in memory, as it would be at a kill.
    await until(() => recorder.fragments === 4, 'four fragments on disk');
    const copy = join(dir, 'copy.mp4');
    await copyFile(recorder.path, copy);
    expect(await framesOf(copy)).toEqual(sequence(show.startFrame % 2 ** 24, 120));
    await recorder.close();
  });

  it('plays to the last whole fragment when cut anywhere', async () => {
    const recorder = await open('cut');
    feed(recorder, show.items);
    await recorder.close();
    const { path, sizeBytes } = recorder;
    const bytes = await readFile(path);
    const moofs = [...bytes.toString('latin1').matchAll(/moof/g)].map((match) => match.index - 4);
    expect(moofs).toHaveLength(5);
    for (const [at, whole] of [[(moofs[3] ?? 0) + 20, 3], [(moofs[4] ?? 0) + 700, 4], [sizeBytes - 1000, 4]] as const) {
      const copy = join(dir, 'cut copy.mp4');
      await copyFile(path, copy);
      await truncate(copy, at);
      // It complains of the fragment that was cut, and may end with an error; what it decoded counts.
      const { stdout } = await run('ffmpeg', ['-v', 'quiet', '-i', copy, '-map', '0:v', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'], { maxBuffer: 1e9, encoding: 'buffer' })
        .catch((error: unknown) => error as { stdout: Buffer });
      expect(stdout.length / (320 * 180)).toBeGreaterThanOrEqual(whole * 30);
    }
  });

  it('keeps time at 30000/1001 frames per second', async () => {
    const rate = { num: 30_000, den: 1001 };
    const fractional = await encodeSmallShow(65, rate);
    const recorder = await open('fractional');
    feed(recorder, fractional.items);
    await recorder.close();
    const { path } = recorder;
    const times = await timesOf(path, 'video');
    expect(times).toHaveLength(65);
    times.forEach((time, index) => expect(time - (times[0] ?? 0)).toBeCloseTo((index * 1001) / 30_000, 5));
    expect(await framesOf(path)).toEqual(sequence(fractional.startFrame % 2 ** 24, 65));
  });

  it('records the picture alone where there is no sound, and begins at the next IDR where it comes late', async () => {
    const recorder = await open('silent');
    const video = show.items.filter((item) => item.kind === 'video');
    const config = video.find((item) => !('data' in item))!;
    feed(recorder, [config, ...video.filter((item) => 'data' in item).slice(7)]);
    await recorder.close();
    const { path } = recorder;
    expect(await framesOf(path)).toEqual(sequence((show.startFrame + 30) % 2 ** 24, 95));
    const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_type', '-of', 'csv=p=0', path]);
    expect(stdout.trim()).toBe('video');
  });

  it('splits at GOPs and loses no frame and no sample', async () => {
    const ended: EndedPart[] = [];
    const recorder = await open('split', [], dir, { nameTemplate: '{event} {part}', splitSeconds: 2, onPartEnded: (part) => ended.push(part) });
    feed(recorder, show.items);
    await recorder.close();
    expect(ended.map(({ path }) => basename(path))).toEqual(['split 01.mp4', 'split 02.mp4', 'split 03.mp4']);
    expect(ended.map(({ firstFrame, endFrame }) => [firstFrame - show.startFrame, endFrame - show.startFrame])).toEqual([[0, 60], [60, 120], [120, 125]]);
    const frames: number[] = [];
    for (const { path } of ended) frames.push(...await framesOf(path));
    expect(frames).toEqual(sequence(show.startFrame % 2 ** 24, 125));
    const sizes = (await Promise.all(ended.map(async ({ path }) => packetsOf(path, 'a:0')))).flatMap((packets) => packets.map(({ size }) => Number(size)));
    expect(sizes).toEqual(show.items.flatMap((item) => (item.kind === 'audio' && 'data' in item ? [item.data.length] : [])));
  });

  it('goes on in another file when the encoder changes the format', async () => {
    const other = await encodeSmallShow(60, undefined, { width: 256, height: 144 });
    const recorder = await open('format');
    feed(recorder, show.items.slice(0, show.items.length - 1));
    feed(recorder, other.items);
    await recorder.close();
    expect(recorder.parts).toBe(2);
    expect(recorder.problem).toBeUndefined();
    const sizes = await Promise.all(['format.mp4', 'format part 02.mp4'].map(async (name) =>
      (await run('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=width', '-of', 'csv=p=0', join(dir, name)])).stdout.trim()));
    expect(sizes).toEqual(['320', '256']);
  });

  it('leaves no empty file behind', async () => {
    const recorder = await open('empty');
    await recorder.close();
    await expect(stat(recorder.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('makes a plain seekable file of the same samples, and keeps the fragments where it cannot', async () => {
    const recorder = await open('plain');
    feed(recorder, show.items);
    await recorder.close();
    const { path } = recorder;
    const before = { video: await packetsOf(path, 'v:0'), audio: await packetsOf(path, 'a:0') };
    const fragmented = await readFile(path);
    await expect(finishRecording(path, { binary: '/nowhere/ffmpeg' })).rejects.toMatchObject({ code: 'RECORD_NOT_FINISHED' });
    await expect(finishRecording(path, { binary: 'ffmpeg', signal: AbortSignal.abort(new Error('enough')) })).rejects.toMatchObject({ code: 'RECORD_NOT_FINISHED' });
    // An FFmpeg that says that all went well and has copied nothing.
    const liar = join(dir, 'liar');
    await writeFile(liar, '#!/bin/sh\nfor last; do :; done\nhead -c 2000 "$0" > "${last#file:}"\n', { mode: 0o755 });
    await expect(finishRecording(path, { binary: liar })).rejects.toMatchObject({ code: 'RECORD_NOT_FINISHED' });
    expect(Buffer.compare(await readFile(path), fragmented)).toBe(0);

    expect(await finishRecording(path, { binary: 'ffmpeg' })).toBe(true);
    expect((await readdir(dir)).filter((name) => name.includes('draft'))).toEqual([]);
    expect(await indexOf(path)).toMatchObject({ isFragmented: false, hasTablesFirst: true, samples: { video: 125, audio: before.audio.length } });
    expect((await readFile(path)).includes('moof')).toBe(false);
    const after = { video: await packetsOf(path, 'v:0'), audio: await packetsOf(path, 'a:0') };
    for (const kind of ['video', 'audio'] as const) expect(after[kind].map(({ size }) => size)).toEqual(before[kind].map(({ size }) => size));
    // Picture and sound are as far apart as they were.
    const apart = ({ video, audio }: typeof before): number => Math.min(...video.map(({ pts_time }) => Number(pts_time))) - Number(audio[0]?.pts_time);
    expect(apart(after)).toBeCloseTo(apart(before), 2);
    expect(await framesOf(path)).toEqual(sequence(show.startFrame % 2 ** 24, 125));
    const { stdout } = await run('ffmpeg', ['-v', 'error', '-ss', '2.5', '-i', path, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'], { encoding: 'buffer' });
    const sought = readCount(stdout, 320, 180) - (show.startFrame % 2 ** 24);
    expect(sought).toBeGreaterThanOrEqual(73);
    expect(sought).toBeLessThanOrEqual(77);
    expect(await finishRecording(path, { binary: 'ffmpeg' })).toBe(false);
  });

  it('repairs what a crash has left, and leaves alone what is being recorded', async () => {
    const home = await mkdtemp(join(dir, 'home-'));
    const book = new RecordingBook(home);
    const recorder = await open('repair');
    feed(recorder, show.items);
    await recorder.close();
    const torn = join(dir, 'torn.mp4');
    await writeFile(torn, (await readFile(recorder.path)).subarray(0, -700));
    const notes = (id: string, path: string, pid: number): RecordingNotes => ({
      version: 1, id: `00000000-0000-0000-0000-00000000000${id}`, event: 'e', startedAtUtc: `2026-01-0${id}T00:00:00.000Z`, pid, isOver: false, rendition: 'top',
      timelineZeroUtcSeconds: 0, frameRate: show.ladder.frameRate, framesPerGop: 30, undelivered: [],
      files: [{ path, firstFrame: 0, sizeBytes: 0, state: 'recording' }],
    });
    await book.write(notes('1', torn, 1));
    await book.write(notes('2', join(dir, 'gone.mp4'), 1));
    await book.write(notes('3', recorder.path, 3));
    const result = await book.repair('ffmpeg', ({ pid }) => pid === 3);
    expect(result).toEqual([{ path: join(dir, 'gone.mp4'), state: 'missing' }, { path: torn, state: 'finished' }]);
    expect(await framesOf(torn)).toEqual(sequence(show.startFrame % 2 ** 24, 120));
    expect((await book.list()).map(({ isOver, files }) => [isOver, files[0]?.state])).toEqual([[false, 'recording'], [true, 'missing'], [true, 'finished']]);
    expect(await book.repair('ffmpeg', ({ pid }) => pid === 3)).toEqual([]);
    expect(JSON.parse(await readFile(join(dir, 'torn.json'), 'utf8'))).toMatchObject({ files: [{ state: 'finished' }] });
  });

  it('begins another file when its own is taken away, and when the folder is there again', async () => {
    const folder = join(dir, 'pulled');
    await mkdir(folder);
    const failures: OperatorError[] = [];
    const resumed: string[] = [];
    const recorder = await open('pulled', failures, folder, { maxRetryMs: 50, onResumed: (path) => resumed.push(path) });
    const watch = new GrowthWatch({ path: () => recorder.path, onVanished: (path) => recorder.fileVanished(path) });
    const idrs = show.items.flatMap((item, index) => ('data' in item && item.kind === 'video' && item.isIdr ? [index] : []));
    const gop = (index: number): SmallShow['items'] => show.items.slice(index === 0 ? 0 : idrs[index], idrs[index + 1]);
    feed(recorder, [...gop(0), ...gop(1)]);
    await until(() => recorder.fragments === 1, 'the first fragment');
    await watch.ask();
    await rename(folder, `${folder} away`);
    await watch.ask();
    expect(failures.map(({ code }) => code)).toEqual(['RECORD_FILE_GONE']);
    // The pause before the next attempt passes in real time.
    await until(() => { feed(recorder, gop(2)); return failures.length > 1; }, 'the folder to be missed');
    expect(failures.map(({ code }) => code)).toEqual(['RECORD_FILE_GONE', 'RECORD_FOLDER_MISSING']);
    await mkdir(folder);
    await until(() => { feed(recorder, gop(3)); return resumed.length > 0; }, 'the recording to go on');
    await recorder.close();
    watch.stop();
    expect(recorder.problem).toBeUndefined();
    const [file] = resumed;
    expect((await framesOf(file ?? ''))[0]).toBe((show.startFrame + 90) % 2 ** 24);
    expect(await framesOf(join(`${folder} away`, 'pulled.mp4'))).toEqual(sequence(show.startFrame % 2 ** 24, 30));
  });

  it('says once that the disk is full, keeps what it has, and goes on when there is room again', async (context) => {
    const full = await mkdtemp(join(tmpdir(), 'fieldcast-full-'));
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=70m', 'none', full]);
    } catch {
      context.skip('needs the right to mount a small tmpfs');
    }
    try {
      const failures: OperatorError[] = [];
      const resumed: string[] = [];
      const ended: EndedPart[] = [];
      const recorder = await open('full', failures, full, { maxRetryMs: 50, onResumed: (path) => resumed.push(path), onPartEnded: (part) => ended.push(part) });
      const idrs = show.items.flatMap((item, index) => ('data' in item && item.kind === 'video' && item.isIdr ? [index] : []));
      feed(recorder, show.items.slice(0, idrs[2]));
      await until(() => recorder.fragments === 1, 'the first fragment');
      await writeFile(join(full, 'fill'), Buffer.alloc(80 * 1024 * 1024)).catch(() => {});
      feed(recorder, show.items.slice(idrs[2]));
      await until(() => failures.length > 0, 'the failure');
      await expect(Recorder.open({ dir: full, event: 'x', rendition: 'top', onProblem: () => {} })).rejects.toMatchObject({ code: 'DISK_FULL' });
      await until(() => ended.length === 1, 'the end of the first file');
      await rm(join(full, 'fill'));
      let nowMs = 0;
      const disk = new DiskWatch(full, { recordedBytes: () => 1_000_000, nowMs: () => nowMs });
      nowMs = 10_000;
      await disk.ask();
      disk.stop();
      // 70 MiB at 100 kB a second.
      expect(disk.secondsLeft).toBeGreaterThan(600);
      expect(disk.secondsLeft).toBeLessThan(735);
      const more = await encodeSmallShow(60);
      await until(() => { feed(recorder, more.items); return resumed.length > 0; }, 'the recording to go on');
      await recorder.close();
      expect(failures.map((one) => one.code)).toEqual(['DISK_FULL']);
      expect((await stat(ended[0]?.path ?? '')).size).toBe(ended[0]?.sizeBytes);
      expect(await framesOf(ended[0]?.path ?? '')).toEqual(sequence(show.startFrame % 2 ** 24, 30));
      expect(ended.length).toBeGreaterThan(1);
    } finally {
      await run('umount', ['-l', full]).catch(() => {});
      await rm(full, { recursive: true, force: true });
    }
  });
});
