import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameWriter } from '../../../src/main/encode/frameWriter.ts';

/** A pipe that takes one write whenever `take` is called. */
function slowPipe(): { readonly pipe: Writable; readonly written: number[]; readonly take: () => void } {
  const written: number[] = [];
  let pending: (() => void) | undefined;
  const pipe = new Writable({
    highWaterMark: 1,
    writev(chunks, done) {
      for (const { chunk } of chunks) written.push(...(chunk as Buffer));
      pending = done;
    },
    write(chunk: Buffer, _encoding, done) {
      written.push(...chunk);
      pending = done;
    },
  });
  return { pipe, written, take: () => { const done = pending; pending = undefined; done?.(); } };
}
const turn = async (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
const frame = (index: number): Uint8Array[] => [Uint8Array.of(index), Uint8Array.of(index)];

describe('frame writer', () => {
  it('writes exactly as many frames as it was given, in order, whatever the pipe does', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), async (schedule) => {
      const { pipe, written, take } = slowPipe();
      const writer = new FrameWriter(pipe);
      let pushed = 0;
      for (const isPush of schedule) {
        if (isPush) {
          writer.push(frame(pushed));
          pushed += 1;
        } else {
          take();
          await turn();
        }
      }
      const drained = writer.drained();
      for (let round = 0; writer.queuedFrames > 0 && round < 200; round += 1) {
        take();
        await turn();
      }
      await drained;
      expect(written).toHaveLength(pushed * 2);
      const shown = written.filter((_, index) => index % 2 === 0);
      expect(written.filter((_, index) => index % 2 === 1)).toEqual(shown);
      expect(shown).toEqual(shown.map((_, index) => index));
      expect(writer.framesIn).toBe(pushed);
    }), { numRuns: 100 });
  });

  it('holds a picture that is given again and again once', () => {
    const { pipe } = slowPipe();
    const writer = new FrameWriter(pipe);
    const holds = { count: 0 };
    const lease = { hold: () => { holds.count += 1; }, release: () => { holds.count -= 1; } };
    for (let index = 0; index < 3; index += 1) writer.push(frame(index), lease);
    const picture = frame(3);
    for (let index = 0; index < 97; index += 1) writer.push(picture, lease);
    expect(writer.queuedFrames).toBe(100);
    // Two are in the pipe, one waits, and the picture.
    expect(holds.count).toBe(4);
  });

  it('does not wait for a pipe that has gone', async () => {
    const { pipe } = slowPipe();
    const writer = new FrameWriter(pipe);
    writer.push(frame(0));
    pipe.destroy();
    await writer.drained();
    writer.push(frame(1));
    const none = new FrameWriter(undefined);
    none.push(frame(0));
    await none.drained();
    expect(none.framesIn).toBe(1);
  });
});
