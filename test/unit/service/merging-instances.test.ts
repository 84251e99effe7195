// Two instances with cameras of their own on one channel: one is shown until it fails, another from a GOP boundary on, never a mix.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AudioCutter, type CutRun } from '../../../src/main/service/packager/audioCutter.ts';
import { GopMerger } from '../../../src/main/service/packager/gopMerger.ts';
import type { TimedGop } from '../../../src/main/service/packager/gopTiming.ts';
import { SourceChoice } from '../../../src/main/service/packager/sourceChoice.ts';

type Gop = TimedGop & { readonly by: string };
const gop = (index: number, by: string, frames = 60): Gop => ({
  startTicks: index * 60, endTicks: index * 60 + frames, isWhole: frames === 60, frameTicks: 1, by,
  samples: Array.from({ length: frames }, (_, frame) => ({ ptsTicks: index * 60 + frame, durationTicks: 1, isSync: frame === 0, data: new Uint8Array(1) })),
});

function track(choice = new SourceChoice()) {
  const out: string[] = [];
  const merger = new GopMerger<Gop>(0, (one) => { out.push(`${one.startTicks / 60}${one.by}${one.isWhole ? '' : '!'}`); }, choice);
  const sources: Record<string, number> = { a: 1, b: 2, c: 3 };
  return {
    out, merger,
    /** An instance has delivered a GOP and the beginning of the next. */
    send: (index: number, by: string, nowMs: number, frames = 60) => {
      merger.progress(sources[by]!, index * 60 + 60, by);
      merger.offer(gop(index, by, frames), 'nextIdr', nowMs, by);
    },
    gone: (by: string, nowMs: number) => { merger.sourceGone(sources[by]!, nowMs); },
  };
}

describe('the picture of two instances', () => {
  it('is that of one as long as it delivers, whichever is first', () => {
    const { out, merger, send } = track();
    merger.progress(1, 0, 'a');
    merger.progress(2, 0, 'b');
    send(0, 'a', 0);
    for (let index = 1; index < 6; index += 1) {
      send(index, 'b', index * 2000);
      send(index, 'a', index * 2000 + 300);
    }
    expect(out).toEqual(['0a', '1a', '2a', '3a', '4a', '5a']);
  });

  it('is that of the other at once when the one is killed or breaks a GOP, and from then on', () => {
    const { out, send, gone } = track();
    send(0, 'a', 0);
    send(0, 'b', 0);
    send(1, 'b', 2000);
    expect(out).toEqual(['0a']);
    gone('a', 2100);
    expect(out).toEqual(['0a', '1b']);
    send(2, 'b', 4000);
    send(3, 'a', 6000);
    send(3, 'b', 6100);
    expect(out).toEqual(['0a', '1b', '2b', '3b']);
    send(4, 'a', 8000);
    send(4, 'b', 8100, 40);
    expect(out.at(-1)).toBe('4a');
  });

  it('waits for the one that is shown only so long while it sends', () => {
    const { out, merger, send } = track();
    send(0, 'a', 0);
    send(0, 'b', 0);
    merger.progress(1, 70, 'a');
    send(1, 'b', 2000);
    merger.drain(2700);
    expect(out).toEqual(['0a']);
    merger.drain(2900);
    expect(out).toEqual(['0a', '1b']);
  });

  it('changes in all renditions once one has to change, and not to and fro', () => {
    const choice = new SourceChoice();
    const top = track(choice);
    const low = track(choice);
    for (const one of [top, low]) for (const by of ['a', 'b']) one.send(0, by, 0);
    top.gone('a', 1000);
    top.send(1, 'b', 2000);
    low.send(1, 'a', 2000);
    low.send(1, 'b', 2100);
    expect(top.out.at(-1)).toBe('1b');
    expect(low.out.at(-1)).toBe('1b');
    // Now the other lacks the lower rendition: each track shows what it has.
    low.gone('b', 3000);
    low.send(2, 'a', 4000);
    top.send(2, 'b', 4000);
    expect([top.out.at(-1), low.out.at(-1)]).toEqual(['2b', '2a']);
  });

  it('has every GOP once and in order, whole wherever anybody has it whole in time', () => {
    const arrival = fc.record({ delayMs: fc.integer({ min: 0, max: 700 }), isTorn: fc.boolean() });
    fc.assert(fc.property(fc.array(fc.tuple(arrival, arrival), { minLength: 1, maxLength: 30 }), (gops) => {
      const { out, merger, send } = track();
      merger.progress(1, 0, 'a');
      merger.progress(2, 0, 'b');
      const events = gops.flatMap((pair, index) => pair.map(({ delayMs, isTorn }, who) => ({ atMs: index * 2000 + delayMs, index, by: 'ab'[who]!, frames: isTorn ? 40 : 60 })));
      for (const { index, by, atMs, frames } of events.toSorted((one, other) => one.atMs - other.atMs)) send(index, by, atMs, frames);
      merger.drain(gops.length * 2000 + 10_000);
      expect(out.map((one) => Number.parseInt(one, 10))).toEqual(gops.map((_, index) => index));
      out.forEach((one, index) => { expect(one.endsWith('!')).toBe(gops[index]!.every(({ isTorn }) => isTorn)); });
    }));
  });

  it('keeps few copies and few bytes, whatever arrives', () => {
    const { out, merger } = track();
    merger.progress(9, 0, 'z');
    merger.offer(gop(0, 'z'), 'nextIdr', 0, 'z');
    const big: Gop = { ...gop(2, 'a'), samples: [{ ptsTicks: 120, durationTicks: 60, isSync: true, data: new Uint8Array(70 * 1024 * 1024) }] };
    merger.offer(big, 'nextIdr', 0, 'a');
    expect(out).toEqual(['0z']);
    merger.offer({ ...big, by: 'b' }, 'nextIdr', 0, 'b');
    expect(out).toEqual(['0z', '2a']);
  });
});

describe('the sound of two instances', () => {
  const cutter = (): { runs: CutRun[]; audio: AudioCutter } => {
    const runs: CutRun[] = [];
    return { runs, audio: new AudioCutter(48_000, (run) => { runs.push(run); }) };
  };
  const A = Uint8Array.of(1);
  const B = Uint8Array.of(2);
  const first = Math.round((4 * 48_000) / 1024);
  const second = Math.round((6 * 48_000) / 1024);
  const third = Math.round((8 * 48_000) / 1024);
  const heard = (run: CutRun | undefined): number[] => [...new Set(run?.samples.map(({ data }) => data[0] ?? 0))];

  it('is never mixed: the one that is heard is heard on, frame by frame interleaved as they may arrive', () => {
    const { runs, audio } = cutter();
    for (let frame = first; frame < third + 3; frame += 1) {
      for (const [source, origin, data] of frame % 2 === 0 ? [[1, 'a', A], [2, 'b', B]] as const : [[2, 'b', B], [1, 'a', A]] as const) audio.add(source, frame, data, origin);
    }
    for (const seconds of [4, 6, 8]) audio.cutAt(seconds, 0);
    expect(runs).toHaveLength(2);
    expect(heard(runs[0])).toHaveLength(1);
    expect(heard(runs[1])).toEqual(heard(runs[0]));
  });

  it('goes over to the other at a GOP boundary when the one is gone in the middle', () => {
    const { runs, audio } = cutter();
    for (let frame = first; frame < third + 3; frame += 1) {
      if (frame < second + 40) audio.add(1, frame, A, 'a');
      audio.add(2, frame, B, 'b');
    }
    audio.sourceGone(1);
    for (const seconds of [4, 6, 8]) audio.cutAt(seconds, 0);
    expect(runs.map(heard)).toEqual([[1], [2]]);
    expect(runs[1]?.samples).toHaveLength(third - second);
  });

  it('is spliced once where neither has all of it, rather than silent', () => {
    const { runs, audio } = cutter();
    for (let frame = first; frame < second + 3; frame += 1) {
      if (frame < first + 60) audio.add(1, frame, A, 'a');
      if (frame >= first + 50) audio.add(2, frame, B, 'b');
    }
    audio.sourceGone(1);
    audio.cutAt(4, 0);
    audio.cutAt(6, 0);
    audio.drain(2600);
    expect(runs[0]?.samples).toHaveLength(second - first);
    expect(runs[0]?.samples.filter(({ data }, index, all) => index > 0 && data[0] !== all[index - 1]?.data[0])).toHaveLength(1);
  });
});
