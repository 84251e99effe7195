// The recorder with packets of the real encoders; what it wrote is read by ffprobe and decoded by FFmpeg.
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EncodedPacketSink, FilePathSource, Input, MP4 } from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperatorError } from '../../src/contract/errors.ts';
import { Recorder } from '../../src/main/record/recorder.ts';
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

async function open(event: string, failures: OperatorError[] = [], folder = dir): Promise<Recorder> {
  return Recorder.open({ dir: folder, event, nameTemplate: '{event}', rendition: 'top', onFailure: (error) => failures.push(error) });
}

function feed(recorder: Recorder, items: SmallShow['items']): void {
  for (const item of items) {
    if ('data' in item) recorder.add(item);
    else recorder.configure(item);
  }
}

/** Presentation times as the boxes say. FFmpeg adds the largest negative composition offset to every one (mov.c, dts_shift). */
async function timesOf(path: string, type: 'video' | 'audio'): Promise<number[]> {
  const input = new Input({ source: new FilePathSource(path), formats: [MP4] });
  const track = type === 'video' ? await input.getPrimaryVideoTrack() : await input.getPrimaryAudioTrack();
  const times: number[] = [];
  if (track !== null) for await (const packet of new EncodedPacketSink(track).packets()) times.push(packet.timestamp);
  input.dispose();
  return times.sort((a, b) => a - b);
}

type Packet = { readonly pts_time: string; readonly dts_time: string; readonly duration_time: string };
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
    const { path, sizeBytes } = await recorder.close();
    expect(failures).toEqual([]);
    expect((await stat(path)).size).toBe(sizeBytes);
    expect(recorder.fragments).toBe(5);
    const times = await timesOf(path, 'video');
    expect(times).toHaveLength(125);
    times.forEach((time, index) => expect(time).toBeCloseTo(index / 30, 4));
    const video = await packetsOf(path, 'v:0');
    const probed = video.map((one) => Number(one.pts_time)).sort((a, b) => a - b);
    probed.forEach((time, index) => expect(time - (probed[0] ?? 0)).toBeCloseTo(index / 30, 4));
    // Decode times rise over fragments too.
    const decodeTimes = video.map((one) => Number(one.dts_time));
    expect(decodeTimes.every((time, index) => index === 0 || time > (decodeTimes[index - 1] ?? 0))).toBe(true);
    expect(await framesOf(path)).toEqual(sequence(show.startFrame % 2 ** 24, 125));
    const audio = await packetsOf(path, 'a:0');
    const audioGiven = show.items.filter((item) => item.kind === 'audio' && 'data' in item);
    expect(audio).toHaveLength(audioGiven.length);
    const first = Number(audio[0]?.pts_time);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThan(0.0214);
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
    const { path, sizeBytes } = await recorder.close();
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
    const { path } = await recorder.close();
    const times = await timesOf(path, 'video');
    expect(times).toHaveLength(65);
    times.forEach((time, index) => expect(time).toBeCloseTo((index * 1001) / 30_000, 5));
    expect(await framesOf(path)).toEqual(sequence(fractional.startFrame % 2 ** 24, 65));
  });

  it('records the picture alone where there is no sound, and begins at the next IDR where it comes late', async () => {
    const recorder = await open('silent');
    const video = show.items.filter((item) => item.kind === 'video');
    const config = video.find((item) => !('data' in item))!;
    feed(recorder, [config, ...video.filter((item) => 'data' in item).slice(7)]);
    const { path } = await recorder.close();
    expect(await framesOf(path)).toEqual(sequence((show.startFrame + 30) % 2 ** 24, 95));
    const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_type', '-of', 'csv=p=0', path]);
    expect(stdout.trim()).toBe('video');
  });

  it('says once that the disk is full, keeps what it has, and closes', async (context) => {
    const full = await mkdtemp(join(tmpdir(), 'fieldcast-full-'));
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=70m', 'none', full]);
    } catch {
      context.skip('needs the right to mount a small tmpfs');
    }
    try {
      const failures: OperatorError[] = [];
      const recorder = await open('full', failures, full);
      const isSecondIdr = show.items.findIndex((item) => 'data' in item && item.kind === 'video' && item.isIdr && item.frame > show.startFrame);
      feed(recorder, show.items.slice(0, isSecondIdr + 1));
      await until(() => recorder.fragments === 1, 'the first fragment');
      await writeFile(join(full, 'fill'), Buffer.alloc(80 * 1024 * 1024)).catch(() => {});
      feed(recorder, show.items.slice(isSecondIdr + 1));
      await until(() => failures.length > 0, 'the failure');
      const { path, sizeBytes } = await recorder.close();
      expect(failures.map((one) => one.code)).toEqual(['DISK_FULL']);
      expect((await stat(path)).size).toBe(sizeBytes);
      expect(await framesOf(path)).toEqual(sequence(show.startFrame % 2 ** 24, 30));
      await expect(Recorder.open({ dir: full, event: 'x', rendition: 'top', onFailure: () => {} })).rejects.toMatchObject({ code: 'DISK_FULL' });
    } finally {
      await run('umount', ['-l', full]).catch(() => {});
      await rm(full, { recursive: true, force: true });
    }
  });
});
