// A worker whose raw pictures are read straight into pooled buffers: every byte arrives, in order, with pauses and after a kill.
import { describe, expect, it } from 'vitest';
import { openDirectPipe, readInto, type DirectPipe } from '../../src/main/ffmpeg/directPipe.ts';
import { outputFd, startWorker, type FfmpegWorker } from '../../src/main/ffmpeg/worker.ts';
import { FrameAssembler, FramePool } from '../../src/main/media/framePool.ts';
import { until } from '../support/until.ts';

const BYTES = 320 * 180;
/** Luma of testsrc2 as FFmpeg's own file output gives it is compared with what came through the pipe, by checksum of each frame. */
const picture = (frames: number): string[] => ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=30', '-frames:v', String(frames), '-pix_fmt', 'gray'];
const sum = (bytes: Uint8Array): number => bytes.reduce((total, value, index) => (total * 31 + value + index) % 2_147_483_647, 7);

function start(assembler: FrameAssembler, direct: DirectPipe | undefined, frames: number): FfmpegWorker {
  const worker = startWorker({
    name: 'picture', binary: 'ffmpeg', stdin: 'control', outputs: 1, upTimeoutMs: 20_000, direct,
    args: [...picture(frames), '-f', 'rawvideo', `pipe:${outputFd(0)}`],
  });
  if (direct === undefined && worker.pipes[0] !== undefined) readInto(worker.pipes[0], assembler);
  return worker;
}

async function sumsOf(isDirect: boolean, frames: number): Promise<number[]> {
  const sums: number[] = [];
  let worker: FfmpegWorker | undefined;
  const assembler = new FrameAssembler(new FramePool(BYTES), ({ bytes, lease }) => {
    sums.push(sum(bytes));
    lease.release();
    // A pause after every third frame, as a full queue makes it.
    if (sums.length % 3 !== 0) return;
    worker?.pipes[0]?.pause();
    setImmediate(() => worker?.pipes[0]?.resume());
  });
  worker = start(assembler, isDirect ? await openDirectPipe(assembler) : undefined, frames);
  worker.pipes[0]?.resume();
  await worker.up;
  expect(await worker.exit).toMatchObject({ reason: 'ended' });
  await until(() => sums.length >= frames, 'the last frame');
  return sums;
}

describe.skipIf(process.platform === 'win32')('direct pipe', () => {
  it('gives the bytes that an ordinary pipe gives', async () => {
    const direct = await sumsOf(true, 40);
    expect(direct).toHaveLength(40);
    expect(new Set(direct).size).toBe(40);
    expect(direct).toEqual(await sumsOf(false, 40));
  });

  it('holds the writer back while it is paused', async () => {
    let count = 0;
    const assembler = new FrameAssembler(new FramePool(BYTES), ({ lease }) => {
      count += 1;
      lease.release();
    });
    const worker = start(assembler, await openDirectPipe(assembler), 400);
    const [pipe] = worker.pipes;
    pipe?.resume();
    await until(() => count > 2, 'the first frames');
    pipe?.pause();
    // 23 MB take FFmpeg a tenth of a second when somebody reads them.
    let last = -1;
    let polls = 0;
    await until(() => {
      polls = count === last ? polls + 1 : 0;
      last = count;
      return polls > 60;
    }, 'a pause in what arrives');
    expect(count).toBeLessThan(400);
    pipe?.resume();
    expect(await worker.exit).toMatchObject({ reason: 'ended' });
    await until(() => count === 400, 'all frames');
  });

  it('closes when the process is killed, and leaves no writer waiting when it is stopped while paused', async () => {
    const assembler = new FrameAssembler(new FramePool(BYTES), ({ lease }) => lease.release());
    const worker = start(assembler, await openDirectPipe(assembler), 100_000);
    let isClosed = false;
    worker.pipes[0]?.once('close', () => { isClosed = true; });
    worker.pipes[0]?.resume();
    await worker.up;
    worker.kill();
    await worker.exit;
    await until(() => isClosed, 'the end of the pipe');
    const second = start(assembler, await openDirectPipe(assembler), 100_000);
    second.pipes[0]?.resume();
    await second.up;
    second.pipes[0]?.pause();
    expect(await second.stop({ discardOutput: true })).toMatchObject({ reason: 'asked', step: 'quit' });
  });

  it('is closed by a stop after the process was killed with output unread', async () => {
    const assembler = new FrameAssembler(new FramePool(BYTES), ({ lease }) => lease.release());
    const worker = start(assembler, await openDirectPipe(assembler), 100_000);
    worker.pipes[0]?.resume();
    await worker.up;
    worker.pipes[0]?.pause();
    process.kill(worker.pid!, 'SIGKILL');
    await worker.exit;
    await worker.stop({ discardOutput: true });
    await until(() => worker.pipes[0]?.closed === true, 'the pipe to be closed');
  });

  it('ends when the process cannot be started', async () => {
    const assembler = new FrameAssembler(new FramePool(BYTES), ({ lease }) => lease.release());
    const direct = await openDirectPipe(assembler);
    const worker = startWorker({ name: 'none', binary: '/nonexistent/ffmpeg', stdin: 'control', outputs: 1, upTimeoutMs: 1000, args: [], direct });
    expect(await worker.exit).toMatchObject({ reason: 'not-started' });
    await until(() => direct?.pipe.destroyed === true && direct.childEnd.destroyed, 'both ends to close');
  });
});
