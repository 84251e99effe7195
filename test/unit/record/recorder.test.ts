import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { VideoPacket } from '../../../src/main/media/packets.ts';
import type { FrameIndex } from '../../../src/main/media/timeline.ts';
import { Recorder } from '../../../src/main/record/recorder.ts';
import { RecordingFile } from '../../../src/main/record/recordingFile.ts';

let dir = '';
beforeEach(async () => { dir = await mkdtemp(join(tmpdir(), 'fieldcast-recorder-')); });
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await rm(dir, { recursive: true, force: true });
});

const rate = { num: 30, den: 1 };
const video = {
  kind: 'video', rendition: 'top', width: 320, height: 180, frameRate: rate, declaredKbps: 400,
  avcDecoderConfig: Buffer.from('0164000dffe1001a6764000dacd941419f9f0110000003001000000303c0f142996001000568ebecb22cfdf8f800', 'hex'),
} as const;
/** Frames of 100 kB, every fifth an IDR. */
function frame(index: number): VideoPacket {
  const data = Buffer.alloc(100_000, 1);
  data.writeUInt32BE(data.length - 4);
  data[4] = index % 5 === 0 ? 0x65 : 0x41;
  return { kind: 'video', rendition: 'top', frame: index as FrameIndex, decodeFrame: index as FrameIndex, isIdr: index % 5 === 0, isReference: true, data };
}

describe('recorder on a disk that hangs', () => {
  it('keeps a bounded part of it in memory, says so once, goes on with the same file when it answers, and never waits for it at the end', async () => {
    const problems: string[] = [];
    const resumed: string[] = [];
    const recorder = await Recorder.open({ dir, event: 'e', rendition: 'top', onProblem: ({ code }) => problems.push(code), onResumed: (path) => resumed.push(path) });
    const disk = Promise.withResolvers<void>();
    let waiting = 0;
    // oxlint-disable-next-line typescript/unbound-method -- Called with its own file below.
    const { append } = RecordingFile.prototype;
    const hanging = vi.spyOn(RecordingFile.prototype, 'append').mockImplementation(async function hang(this: RecordingFile, piece) {
      waiting += 1;
      await disk.promise;
      await append.call(this, piece);
    });
    recorder.configure(video);
    for (let index = 0; index < 2500; index += 1) recorder.add(frame(index));
    expect(problems).toEqual(['DISK_TOO_SLOW']);
    expect(recorder.problem?.code).toBe('DISK_TOO_SLOW');
    await vi.waitFor(() => expect(waiting).toBe(1));
    disk.resolve();
    await vi.waitFor(() => expect(resumed).toHaveLength(1), 10_000);
    expect(problems).toEqual(['DISK_TOO_SLOW']);
    expect(recorder.parts).toBe(1);
    // What was taken in: 96 MiB and the GOP that went over it, and the GOPs behind a gap.
    expect(recorder.fragments * 500_000).toBeLessThan(97 * 1024 * 1024 + 1_000_000);

    hanging.mockImplementation(async () => new Promise(() => {}));
    for (let index = 3000; index < 3020; index += 1) recorder.add(frame(index));
    vi.useFakeTimers();
    const closed = recorder.close();
    await vi.advanceTimersByTimeAsync(15_000);
    await closed;
  }, 30_000);
});
