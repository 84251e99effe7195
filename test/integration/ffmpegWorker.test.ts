import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeAll, afterAll, describe, expect, test } from 'vitest';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { outputFd, startWorker, type FfmpegWorker, type WorkerSpec } from '../../src/main/ffmpeg/worker.ts';
import { WorkerFailedError } from '../../src/main/ffmpeg/workerExit.ts';
import { writeExecutable } from '../support/executables.ts';
import { isAlive } from '../support/processes.ts';
import { until } from '../support/until.ts';

let binary = '';
let directory = '';
const started: FfmpegWorker[] = [];

beforeAll(async () => {
  binary = (await locateFfmpeg()).path;
  directory = await mkdtemp(join(tmpdir(), 'fieldcast-worker-'));
});
afterEach(() => { for (const worker of started.splice(0)) worker.kill(); });
afterAll(async () => { await rm(directory, { recursive: true, force: true }); });

function start(over: Partial<WorkerSpec> & Pick<WorkerSpec, 'args'>): FfmpegWorker {
  const worker = startWorker({ name: 'test', binary, stdin: 'control', outputs: 1, upTimeoutMs: 20_000, ...over });
  started.push(worker);
  return worker;
}

const endless = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25,realtime'];
const raw = (index: number): string[] => ['-map', '0:v', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', `pipe:${outputFd(index)}`];
const FRAME_BYTES = 64 * 64 * 1.5;

test('three outputs, progress, and an end by q', async () => {
  const worker = start({ args: [...endless, ...raw(0), ...raw(1), ...raw(2)], outputs: 3 });
  const bytes = [0, 0, 0];
  worker.pipes.forEach((pipe, index) => pipe.on('data', (chunk: Buffer) => { bytes[index]! += chunk.length; }));
  await worker.up;
  await until(() => (worker.progress?.frame ?? 0) >= 10, 'ten frames reported');
  const exit = await worker.stop();
  expect(exit).toMatchObject({ reason: 'asked', step: 'quit', code: 0 });
  expect(worker.progress?.isLast).toBe(true);
  await until(() => worker.pipes.every((pipe) => pipe.readableEnded), 'all outputs at their end');
  expect(bytes[0]).toBeGreaterThanOrEqual(10 * FRAME_BYTES);
  expect(bytes[0]! % FRAME_BYTES).toBe(0);
  expect(bytes[1]).toBe(bytes[0]);
  expect(bytes[2]).toBe(bytes[0]);
});

test('up is the first byte, and a reader that came before or after gets it', async () => {
  const early = start({ args: [...endless, ...raw(0)] });
  let first = 0;
  early.pipes[0]!.once('data', (chunk: Buffer) => { first = chunk.length; });
  await early.up;
  await until(() => first > 0, 'the early reader has data');

  const late = start({ args: [...endless, '-frames:v', '3', ...raw(0)] });
  await late.up;
  let total = 0;
  late.pipes[0]!.on('data', (chunk: Buffer) => { total += chunk.length; });
  await once(late.pipes[0]!, 'end');
  expect(total).toBe(3 * FRAME_BYTES);
  expect(await late.exit).toMatchObject({ reason: 'ended' });
});

test('media in, media out, an end by the end of stdin loses nothing', async () => {
  const worker = start({
    stdin: 'media',
    args: ['-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', '64x64', '-framerate', '25', '-i', 'pipe:0', ...raw(0)],
  });
  let total = 0;
  worker.pipes[0]!.on('data', (chunk: Buffer) => { total += chunk.length; });
  for (let index = 0; index < 40; index += 1) worker.stdin!.write(Buffer.alloc(FRAME_BYTES, index));
  expect(await worker.stop()).toMatchObject({ reason: 'asked', step: 'quit', code: 0 });
  await until(() => worker.pipes[0]!.readableEnded, 'the output at its end');
  expect(total).toBe(40 * FRAME_BYTES);
});

test('writing to a worker that has died is no unhandled error', async () => {
  const worker = start({ stdin: 'media', args: ['-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', '64x64', '-i', 'pipe:0', ...raw(0)] });
  worker.stdin!.write(Buffer.alloc(FRAME_BYTES * 2));
  await until(() => worker.pid !== undefined && isAlive(worker.pid), 'alive');
  process.kill(worker.pid!, 'SIGKILL');
  expect(await worker.exit).toMatchObject({ reason: 'killed', signal: 'SIGKILL' });
  worker.stdin!.write(Buffer.alloc(FRAME_BYTES * 50));
  await until(() => worker.stdin!.destroyed, 'stdin is closed');
});

describe('an end is bounded', () => {
  test('SIGTERM for one that reads nothing from stdin, SIGKILL for one that is stopped', async () => {
    const waiting = start({ args: [...endless, ...raw(0)] });
    await waiting.up;
    // Nobody reads its output, so it waits in write() and never sees the q.
    await until(() => waiting.pipes[0]!.readableLength > 0, 'output waits');
    process.kill(waiting.pid!, 'SIGSTOP');
    const exit = await waiting.stop({ quitMs: 100, terminateMs: 100 });
    expect(exit).toMatchObject({ reason: 'asked', step: 'kill' });
    expect(isAlive(waiting.pid!)).toBe(false);
  });

  test('a process that ignores q and SIGTERM, and its child', async () => {
    const stubborn = await writeExecutable(join(directory, 'stubborn'), "trap '' TERM INT\nprintf x\nsleep 300 &\necho $! >&2\nwhile :; do sleep 1; done");
    const worker = start({ binary: stubborn, args: [] });
    worker.pipes[0]!.resume();
    await worker.up;
    await until(() => worker.stderrTail().length > 0, 'the child is named');
    const child = Number(worker.stderrTail()[0]);
    expect(isAlive(child)).toBe(true);
    expect(await worker.stop({ quitMs: 100, terminateMs: 100 })).toMatchObject({ reason: 'asked', step: 'kill' });
    await until(() => !isAlive(child), 'the child is gone');
  });

  test('one that gives no output is ended in time', async () => {
    const hung = await writeExecutable(join(directory, 'hung'), 'sleep 300');
    const worker = start({ binary: hung, args: [], upTimeoutMs: 200 });
    await expect(worker.up).rejects.toMatchObject({ code: 'FFMPEG_NO_OUTPUT' });
    expect(isAlive(worker.pid!)).toBe(false);
  });

  test('stop may be called twice and after the end', async () => {
    const worker = start({ args: [...endless, ...raw(0)] });
    worker.pipes[0]!.resume();
    await worker.up;
    const [first, second] = await Promise.all([worker.stop(), worker.stop()]);
    expect(second).toEqual(first);
    expect(await worker.stop()).toEqual(first);
  });
});

test('no secret in the command, the last lines or the error', async () => {
  const secret = 'str3am-key';
  const worker = start({ args: ['-i', `/nowhere/${secret}/x.mp4`, ...raw(0)], secrets: [secret] });
  const error: unknown = await worker.up.catch((one: unknown) => one);
  expect(error).toBeInstanceOf(WorkerFailedError);
  expect(error).toMatchObject({ code: 'FFMPEG_NO_SUCH_FILE' });
  const said = [worker.command, ...worker.stderrTail(), (error as Error).message, JSON.stringify(await worker.exit)].join('\n');
  expect(said).toContain('/nowhere/***/x.mp4');
  expect(said).not.toContain(secret);
});

test('a binary that is not there is an exit, not an exception', async () => {
  const worker = start({ binary: '/nowhere/ffmpeg', args: [] });
  expect(await worker.exit).toMatchObject({ reason: 'not-started' });
  await expect(worker.up).rejects.toMatchObject({ code: 'FFMPEG_NOT_STARTED' });
  expect(await start({ args: ['a\0b'] }).exit).toMatchObject({ reason: 'not-started' });
});

test('a crash is a crash', async () => {
  const worker = start({ args: [...endless, ...raw(0)] });
  worker.pipes[0]!.resume();
  await worker.up;
  process.kill(worker.pid!, 'SIGSEGV');
  expect(await worker.exit).toMatchObject({ reason: 'crashed', signal: 'SIGSEGV' });
});
