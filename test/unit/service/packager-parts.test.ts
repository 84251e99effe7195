// The packager's parts on their own: grids, GOPs, merging, audio cuts, numbers, counting.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AudioCutter, type CutRun } from '../../../src/main/service/packager/audioCutter.ts';
import { MediaFormatError } from '../../../src/main/media/formatError.ts';
import { boxesOf, withoutSegmentIndex } from '../../../src/main/service/packager/boxes.ts';
import { recogniseFrameRate } from '../../../src/main/media/frameRate.ts';
import { snapToFrames, ticksPerFrame, timescaleFor } from '../../../src/main/service/packager/frameGrid.ts';
import { GopAssembler } from '../../../src/main/service/packager/gopAssembler.ts';
import { GopMerger } from '../../../src/main/service/packager/gopMerger.ts';
import { timeGop, type RawGop, type TimedGop } from '../../../src/main/service/packager/gopTiming.ts';
import { SequenceClock } from '../../../src/main/service/packager/sequenceClock.ts';
import { unwrapTimestamp, EncoderClocks } from '../../../src/main/service/ingest/timestampMapper.ts';
import { tokenOfApp, tracksOfMetadata, tracksOfStreamName } from '../../../src/main/service/ingest/declaredTracks.ts';
import { TrackMeter } from '../../../src/main/service/telemetry/trackMeter.ts';

describe('frame rates', () => {
  it.each([
    [30, { num: 30, den: 1 }], [25, { num: 25, den: 1 }], [29.97, { num: 30_000, den: 1001 }], [30_000 / 1001, { num: 30_000, den: 1001 }],
    [23.976, { num: 24_000, den: 1001 }], [23.98, { num: 24_000, den: 1001 }], [59.94, { num: 60_000, den: 1001 }], [12.5, { num: 25, den: 2 }],
    [14.85, undefined], [0, undefined], [Number.NaN, undefined], [1000, undefined], [undefined, undefined],
  ])('%s', (fps, rate) => { expect(recogniseFrameRate(fps)).toEqual(rate); });

  it('have timescales in which a frame is a whole number of ticks', () => {
    for (const fps of [12.5, 24, 25, 29.97, 30, 50, 59.94, 60, 120]) {
      const rate = recogniseFrameRate(fps)!;
      expect(ticksPerFrame(rate, timescaleFor(rate))! * rate.num).toBe(timescaleFor(rate) * rate.den);
    }
    expect(ticksPerFrame({ num: 30_000, den: 1001 }, 90_000)).toBe(3003);
    expect(ticksPerFrame({ num: 30_000, den: 1001 }, 30_000)).toBe(1001);
    expect(ticksPerFrame({ num: 7, den: 3 }, 30_000)).toBeUndefined();
  });

  it('are undone from rounded milliseconds for any run of frames, and only for the right rate', () => {
    const rates = [24, 25, 30, 50, 60].map((num) => ({ num, den: 1 })).concat([24_000, 30_000, 60_000].map((num) => ({ num, den: 1001 })));
    fc.assert(fc.property(fc.constantFrom(...rates), fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: -1, max: 1 }), (rate, first, phase) => {
      const frames = Array.from({ length: 120 }, (_, index) => first + index);
      const ms = frames.map((frame) => Math.round((frame * 1000 * rate.den) / rate.num) + (phase === 0 ? 0 : phase * 0.5));
      expect(snapToFrames(ms, rate)).toEqual(frames);
    }));
    const ntsc = Array.from({ length: 60 }, (_, frame) => Math.round((frame * 1001) / 30));
    expect(snapToFrames(ntsc, { num: 30, den: 1 })).toBeUndefined();
    expect(snapToFrames([0, 33, 33], { num: 30, den: 1 })).toBeUndefined();
  });
});

const rate = { num: 30, den: 1 };
const frameOf = (index: number, isIdr = false) => ({ dtsMs: Math.round(index * 1000 / 30), ptsMs: Math.round(index * 1000 / 30), isIdr, data: Uint8Array.of(index) });

describe('GOPs of one connection', () => {
  const collect = (): { gops: RawGop[]; assembler: GopAssembler } => {
    const gops: RawGop[] = [];
    return { gops, assembler: new GopAssembler(0, (gop) => { gops.push(gop); }) };
  };

  it('begin at an IDR, end at the next, and say whether frames were refused', () => {
    const { gops, assembler } = collect();
    expect(assembler.add(frameOf(5))).toBe('beforeFirstIdr');
    for (const index of [6, 7, 8, 9]) expect(assembler.add(frameOf(index, index % 2 === 0))).toBe('accepted');
    expect(assembler.add(frameOf(9))).toBe('nonIncreasing');
    expect(assembler.add({ ...frameOf(10), ptsMs: 200 })).toBe('leading');
    assembler.add(frameOf(11, true));
    assembler.end();
    expect(gops.map((gop) => [gop.frames.map((frame) => frame.data[0]), gop.nextIdrMs, gop.isIntact])).toEqual([
      [[6, 7], 267, true], [[8, 9], 367, false], [[11], undefined, true],
    ]);
  });

  it('are bounded in time', () => {
    const { assembler } = collect();
    assembler.add(frameOf(0, true));
    expect(() => { for (let index = 1; index < 700; index += 1) assembler.add(frameOf(index)); }).toThrow(/IDR/);
  });

  it('never throw anything else, whatever times arrive, and come out ascending', () => {
    fc.assert(fc.property(fc.array(fc.record({ dtsMs: fc.integer({ min: -50, max: 2000 }), cts: fc.integer({ min: -50, max: 100 }), isIdr: fc.boolean() }), { maxLength: 60 }), (frames) => {
      const { gops, assembler } = collect();
      for (const { dtsMs, cts, isIdr } of frames) assembler.add({ dtsMs, ptsMs: dtsMs + cts, isIdr, data: new Uint8Array(1) });
      assembler.end();
      let end = -1;
      for (const gop of gops) {
        const timed = timeGop(gop, rate, 30_000);
        expect(timed.samples[0]?.ptsTicks).toBe(timed.startTicks);
        expect(timed.samples.every((sample) => sample.durationTicks > 0 && sample.ptsTicks + sample.durationTicks <= timed.endTicks)).toBe(true);
        expect(timed.startTicks).toBeGreaterThan(end === -1 ? -1 : end - 31 * 3);
        end = timed.startTicks;
      }
    }));
  });
});

describe('merging', () => {
  const gopOf = (start: number, frames = 60, isWhole = frames === 60): TimedGop & { id: string } => (
    { startTicks: start, endTicks: start + frames, samples: Array.from({ length: frames }, (_, index) => ({ ptsTicks: start + index, durationTicks: 1, isSync: index === 0, data: new Uint8Array() })), isWhole, frameTicks: 1, id: `${start}/${frames}` }
  );
  const merge = (): { out: string[]; merger: GopMerger<ReturnType<typeof gopOf>> } => {
    const out: string[] = [];
    return { out, merger: new GopMerger(0, (gop) => { out.push(gop.id); }) };
  };

  it('gives out whole GOPs at once and once', () => {
    const { out, merger } = merge();
    for (const source of [1, 2]) merger.progress(source, 0);
    merger.offer(gopOf(0), 'nextIdr', 0);
    merger.offer(gopOf(0), 'nextIdr', 1);
    merger.offer(gopOf(60), 'nextIdr', 2);
    expect(out).toEqual(['0/60', '60/60']);
  });

  it('waits with a torn one for a connection that is behind, but only so long', () => {
    const { out, merger } = merge();
    merger.progress(1, 60);
    merger.progress(2, 10);
    merger.offer(gopOf(0, 40, false), 'nextIdr', 0);
    merger.offer(gopOf(60), 'nextIdr', 100);
    expect(out).toEqual([]);
    merger.drain(2400);
    expect(out).toEqual([]);
    merger.drain(2600);
    expect(out).toEqual(['0/40', '60/60']);
  });

  it('prefers the copy with more frames when none is whole', () => {
    const { out, merger } = merge();
    merger.progress(1, 100);
    merger.progress(2, 5);
    merger.offer(gopOf(0, 30, false), 'nextIdr', 0);
    merger.offer(gopOf(0, 50, false), 'nextIdr', 0);
    merger.offer(gopOf(0, 20, false), 'nextIdr', 0);
    merger.sourceGone(2, 1);
    expect(out).toEqual(['0/50']);
  });

  it('keeps the rest of a lost connection until the publisher has sent that GOP again, or has gone past it', () => {
    const again = merge();
    again.merger.offer(gopOf(0, 30, false), 'lost', 0);
    expect(again.out).toEqual([]);
    again.merger.offer(gopOf(0), 'nextIdr', 1000);
    expect(again.out).toEqual(['0/60']);
    const past = merge();
    past.merger.offer(gopOf(0, 30, false), 'lost', 0);
    past.merger.progress(2, 120);
    past.merger.offer(gopOf(60), 'nextIdr', 1000);
    expect(past.out).toEqual(['0/30', '60/60']);
    const never = merge();
    never.merger.offer(gopOf(0, 30, false), 'lost', 0);
    never.merger.drain(14 * 60_000);
    expect(never.out).toEqual([]);
    never.merger.drain(16 * 60_000);
    expect(never.out).toEqual(['0/30']);
  });

  it('gives everything out in order, without overlap and without waiting for ever, in any order of arrival', () => {
    const arrival = fc.record({ start: fc.integer({ min: 0, max: 12 }), frames: fc.integer({ min: 1, max: 60 }), source: fc.integer({ min: 1, max: 3 }), ending: fc.constantFrom('nextIdr' as const, 'unpublished' as const, 'lost' as const) });
    fc.assert(fc.property(fc.array(arrival, { maxLength: 40 }), (arrivals) => {
      const out: TimedGop[] = [];
      const merger = new GopMerger<TimedGop>(0, (gop) => { out.push(gop); });
      arrivals.forEach(({ start, frames, source, ending }, position) => {
        merger.progress(source, start * 60 + frames);
        merger.offer(gopOf(start * 60, frames), ending, position * 10);
      });
      merger.drain(arrivals.length * 10 + 16 * 60_000);
      out.forEach((gop, position) => { expect(gop.startTicks).toBeGreaterThanOrEqual(out[position - 1]?.endTicks ?? 0); });
      if (arrivals.length > 0) expect(out.length).toBeGreaterThan(0);
      const count = out.length;
      merger.flush();
      expect(out).toHaveLength(count);
    }));
  });
});

describe('audio cuts', () => {
  it('complete the only GOP behind a hole at once, though its first frame starts one after the nearest', () => {
    const { runs, audio } = cutter();
    // 14 s lie a quarter of a frame before frame 657, which is the first that an encoder sends for a GOP that begins there.
    for (let frame = 188; frame < 300; frame += 1) audio.add(1, frame, new Uint8Array(1));
    audio.cutAt(4, 0);
    audio.cutAt(6, 0);
    audio.sourceGone(1);
    for (let frame = 657; frame < 750; frame += 1) audio.add(2, frame, new Uint8Array(1));
    audio.sourceGone(2);
    audio.cutAt(14, 0);
    audio.cutAt(16, 0);
    expect(runs.at(-1)?.samples).toHaveLength(93);
  });

  const cutter = (): { runs: CutRun[]; audio: AudioCutter } => {
    const runs: CutRun[] = [];
    return { runs, audio: new AudioCutter(48_000, (run) => { runs.push(run); }) };
  };

  it('keep every frame once, contiguous, at the frame nearest to each boundary', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 3, max: 8 }), (firstGop, sources, gops) => {
      const { runs, audio } = cutter();
      const begin = Math.round((firstGop * 2 * 48_000) / 1024);
      const end = Math.round(((firstGop + gops) * 2 * 48_000) / 1024) + 5;
      for (let frame = begin; frame < end; frame += 1) {
        for (let source = 1; source <= sources; source += 1) {
          const ms = Math.round((frame * 1024) / 48);
          expect(audio.frameAt(ms, 0)).toBe(frame);
          expect(audio.add(source, frame, new Uint8Array(1))).toBe(source === 1);
        }
      }
      for (let gop = firstGop; gop <= firstGop + gops; gop += 1) audio.cutAt(gop * 2, 0);
      expect(runs).toHaveLength(gops);
      runs.forEach((run, position) => {
        expect(Math.abs(run.startTicks - (firstGop + position) * 96_000)).toBeLessThanOrEqual(512);
        expect(run.endTicks).toBe(runs[position + 1]?.startTicks ?? run.endTicks);
        expect(run.samples.length * 1024).toBe(run.endTicks - run.startTicks);
      });
      audio.flush();
      expect(runs.reduce((sum, run) => sum + run.samples.length, 0)).toBe(end - begin);
    }), { numRuns: 50 });
  });

  it('wait for a frame that another connection still brings, but only so long', () => {
    const { runs, audio } = cutter();
    const frames = Array.from({ length: 100 }, (_, frame) => frame);
    audio.cutAt(0, 0);
    for (const frame of frames.filter((one) => one !== 50)) audio.add(1, frame, new Uint8Array(1));
    audio.add(2, 10, new Uint8Array(1));
    audio.cutAt(2, 0);
    expect(runs).toHaveLength(0);
    audio.add(2, 50, new Uint8Array(1));
    audio.drain(10);
    expect(runs[0]?.samples).toHaveLength(94);
    for (let frame = 101; frame < 200; frame += 1) audio.add(1, frame, new Uint8Array(1));
    audio.cutAt(4, 20);
    audio.drain(100);
    expect(runs).toHaveLength(1);
    audio.drain(3000);
    expect(runs[1]?.samples).toHaveLength(93);
  });

  it('keep the phase of an encoder that begins anywhere', () => {
    const { audio } = cutter();
    expect(audio.frameAt(46, 0)).toBe(2);
    expect([67, 89, 110].map((ms) => audio.frameAt(ms, 0))).toEqual([3, 4, 5]);
    expect(audio.frameAt(46, 8)).toBe(2 + (8 * 48_000) / 1024);
  });
});

describe('numbers of GOPs', () => {
  it('are their index on the timeline, the same for all tracks and after a restart', () => {
    const clock = new SequenceClock();
    expect([100, 102, 102.003, 104].map((start) => clock.sequenceOf(start, start + 2, 2))).toEqual([50, 51, 51, 52]);
    expect(clock.sequenceOf(120, 122, 2)).toBe(60);
    expect(clock.sequenceOf(101.99, 104, undefined)).toBe(51);
    expect(new SequenceClock().sequenceOf(120, 122, 2)).toBe(60);
  });

  it('count on where GOPs are irregular, and go on behind an archive', () => {
    const clock = new SequenceClock();
    expect([[0, 8.3], [8.3, 9], [9, 17.3], [40, 48.3]].map(([start, end]) => clock.sequenceOf(start!, end!, end! - start!))).toEqual([0, 1, 2, 6]);
    const resumed = new SequenceClock();
    resumed.resume(40, 48.3, 6);
    expect(resumed.sequenceOf(48.3, 50, undefined)).toBe(7);
  });
});

describe('clocks of encoders', () => {
  it('are unwrapped to the nearest time', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: -(2 ** 30), max: 2 ** 30 }), (ms, off) => {
      expect(unwrapTimestamp(ms % 2 ** 32, ms + off)).toBe(ms);
    }));
    expect(unwrapTimestamp(2 ** 32 - 40, 0)).toBe(-40);
  });

  it('that begin at zero again are moved by whole seconds, all connections of one encoder alike', () => {
    const clocks = new EncoderClocks();
    expect(clocks.offsetSecondsFor(70, 70)).toBe(0);
    expect(clocks.offsetSecondsFor(70, 90)).toBe(0);
    expect(clocks.offsetSecondsFor(0, 61_200)).toBe(62);
    expect(clocks.offsetSecondsFor(33, 61_900)).toBe(62);
    expect(clocks.offsetSecondsFor(120_000, 120_500)).toBe(0);
  });
});

describe('declared tracks', () => {
  it('come from metadata, and from the query of the stream name', () => {
    const none = tracksOfStreamName('show');
    expect(none).toEqual({ videoBitrate: undefined, audioBitrate: undefined, frameRate: undefined });
    const query = tracksOfStreamName('show?videodatarate=5000&audiodatarate=192');
    expect(query).toMatchObject({ videoBitrate: 5_000_000, audioBitrate: 192_000 });
    expect(tracksOfMetadata({ videodatarate: 2500, audiodatarate: 0, framerate: 25 }, query)).toEqual({ videoBitrate: 2_500_000, audioBitrate: 192_000, frameRate: { num: 25, den: 1 } });
    expect(tracksOfMetadata({ videodatarate: 'x', audiodatarate: Number.POSITIVE_INFINITY, framerate: {} }, none)).toEqual(none);
  });

  it('belong to the app live/<token> alone', () => {
    const token = '0123456789abcdef0123456789abcdef';
    expect(tokenOfApp(`live/${token}`)).toBe(token);
    expect(tokenOfApp('/live/01234567-89AB-CDEF-0123-456789ABCDEF/')).toBe(token);
    for (const app of ['live', token, `live/${token}/x`, `live2/${token}`, `live/${'g'.repeat(32)}`, '']) expect(tokenOfApp(app)).toBeUndefined();
  });
});

describe('the meter', () => {
  it('counts each frame once, its bytes over 20 s, and holes', () => {
    const meter = new TrackMeter('video_1', 'video', 1);
    for (let second = 0; second < 40; second += 1) for (const copy of [0, 1]) meter.frame(second, second * 1000, copy === 0 ? 1000 : 5000, second * 1000);
    meter.packaged([{ startMs: 0, endMs: 2000 }, { startMs: 2000, endMs: 4000 }]);
    meter.packaged([{ startMs: 5000, endMs: 6000 }]);
    meter.nonIncreasing();
    expect(meter.snapshot(39_000)).toMatchObject({
      frames: 40, overlapCount: 40, nonIncreasingCount: 1, incomingBitrate: 8000, firstTimestampMs: 0, lastTimestampMs: 39_000,
      lastArrivalUtcMs: 39_000, gaps: [{ atMs: 4000, lengthMs: 1000 }],
    });
    expect(meter.snapshot(80_000).incomingBitrate).toBe(0);
  });

  it('forgets old frames without counting them anew', () => {
    const meter = new TrackMeter('audio_1', 'audio', 1);
    for (let key = 0; key < 20_000; key += 1) meter.frame(key, key, 1, key);
    for (let key = 0; key < 20_000; key += 1) meter.frame(key, key, 1, 20_000);
    expect(meter.snapshot(20_000)).toMatchObject({ frames: 20_000, overlapCount: 20_000 });
  });
});

describe('boxes', () => {
  it('are walked only inside their bounds, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        for (const box of boxesOf(bytes)) expect(box.end).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(MediaFormatError);
      }
    }));
  });

  it('are left out of a segment where nobody needs them', () => {
    const box = (type: string, body: number[]): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 8 + body.length]), Buffer.from(type, 'latin1'), Buffer.from(body)]);
    const moof = box('moof', [...box('mfhd', [0, 0, 0, 0, 0, 0, 0, 1])]);
    const segment = Buffer.concat([box('styp', [1]), box('sidx', [2, 3]), moof, box('mdat', [4])]);
    const result = withoutSegmentIndex(segment, 77);
    expect([...boxesOf(result)].map((one) => one.type)).toEqual(['styp', 'moof', 'mfhd', 'mdat']);
    expect(Buffer.from(result).includes(Buffer.from([0, 0, 0, 0, 0, 0, 0, 77]))).toBe(true);
  });
});
