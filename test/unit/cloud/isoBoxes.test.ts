// Fragment headers: defaults and flags by the book, and nothing but damage from any bytes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxAt, readInit, readMovieFragment, type InitTrack } from '../../../src/main/cloud/isoBoxes.ts';
import { MediaDamage } from '../../../src/main/cloud/mediaFetch.ts';

const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, index * 4));
  return bytes;
};
const box = (type: string, ...bodies: Buffer[]): Buffer => Buffer.concat([u32(8 + bodies.reduce((sum, body) => sum + body.length, 0)), Buffer.from(type, 'latin1'), ...bodies]);
const track: InitTrack = { id: 7, kind: 'video', timescale: 90_000, mediaStart: 0, defaults: { duration: 3000, size: 10, flags: 0x1_0000 } };
const moof = (...boxes: Buffer[]): Buffer => box('moof', box('mfhd', u32(0, 1)), box('traf', ...boxes));
const initOf = (handler: string, ...extra: Buffer[]): Buffer => Buffer.concat([box('ftyp', u32(0)), box('moov',
  box('trak', box('tkhd', u32(0, 0, 0, 7)), box('mdia', box('mdhd', u32(0, 0, 0, 90_000)), box('hdlr', u32(0, 0), Buffer.from(handler, 'latin1'))), ...extra),
  box('mvex', box('trex', u32(0, 7, 1, 3000, 10, 0x1_0000))))]);

describe('readInit', () => {
  it('finds the track, its defaults and its edit list', () => {
    expect(readInit(initOf('vide'))).toEqual([track]);
    expect(readInit(initOf('soun', box('edts', box('elst', u32(0, 2, 100, 0xffff_ffff, 0x1_0000, 500, 1024, 0x1_0000)))))).toEqual([{ ...track, kind: 'audio', mediaStart: 1024 }]);
    expect(readInit(initOf('vide', box('edts', box('elst', u32(0x0100_0000, 1, 0, 0, 1, 5, 0x1_0000)))))[0]?.mediaStart).toBe(2 ** 32 + 5);
  });

  it.each([initOf('text'), box('moov'), box('free'), Buffer.alloc(0), initOf('vide').subarray(0, 60)])('refuses an initialisation segment without a track', (bytes) => {
    expect(() => readInit(bytes)).toThrow(MediaDamage);
  });
});

describe('readMovieFragment', () => {
  it('takes what a run does not say from the fragment, then from the track', () => {
    const [byTrack] = readMovieFragment(moof(box('tfhd', u32(0, 7)), box('tfdt', u32(0, 9000)), box('trun', u32(0, 3))), [track]);
    expect(byTrack).toMatchObject({ decodeTime: 9000, firstShown: 9000, lastShown: 15_000, startsWithSync: false, sizeBytes: 30 });
    expect([...byTrack?.durations ?? []]).toEqual([3000, 3000, 3000]);
    const [byFragment] = readMovieFragment(moof(box('tfhd', u32(0x0002_0038, 7, 1500, 20, 0)), box('tfdt', u32(0x0100_0000, 0x100, 0)), box('trun', u32(0, 2))), [track]);
    expect(byFragment).toMatchObject({ decodeTime: 0x100 * 2 ** 32, startsWithSync: true, sizeBytes: 40 });
    const [bySample] = readMovieFragment(moof(
      box('tfhd', u32(0x1, 7, 0, 0)), box('tfdt', u32(0, 0)),
      box('trun', u32(0x0100_0f01, 2, 0, 100, 5, 0x1_0000, 200, 100, 6, 0, -50)), box('trun', u32(0x4, 1, 0)),
    ), [track]);
    expect(bySample).toMatchObject({ firstShown: 50, lastShown: 200, startsWithSync: false, sizeBytes: 21 });
    const [firstSync] = readMovieFragment(moof(box('tfhd', u32(0, 7)), box('tfdt', u32(0, 0)), box('trun', u32(0x4, 2, 0x0200_0000))), [track]);
    expect(firstSync?.startsWithSync).toBe(true);
  });

  it('passes over tracks that it does not know and fragments without samples', () => {
    expect(readMovieFragment(moof(box('tfhd', u32(0, 8)), box('tfdt', u32(0, 0)), box('trun', u32(0, 3))), [track])).toEqual([]);
    expect(readMovieFragment(moof(box('tfhd', u32(0, 7)), box('tfdt', u32(0, 0)), box('trun', u32(0, 0))), [track])).toEqual([]);
  });

  it.each([
    ['a count that no run can hold', moof(box('tfhd', u32(0, 7)), box('tfdt', u32(0, 0)), box('trun', u32(0x100, 1000, 1)))],
    ['a count beyond all measure', moof(box('tfhd', u32(0, 7)), box('tfdt', u32(0, 0)), box('trun', u32(0, 0xffff_ffff)))],
    ['no time', moof(box('tfhd', u32(0, 7)), box('trun', u32(0, 1)))],
    ['a time beyond 2^53', moof(box('tfhd', u32(0, 7)), box('tfdt', u32(0x0100_0000, 0xffff_ffff, 0)), box('trun', u32(0, 1)))],
    ['no header', moof(box('tfdt', u32(0, 0)))],
  ])('refuses %s', (_name, bytes) => {
    expect(() => readMovieFragment(bytes, [track])).toThrow(MediaDamage);
  });

  it('throws only damage: any bytes, and a good fragment with any byte changed or cut anywhere', () => {
    const good = moof(box('tfhd', u32(0x1, 7, 0, 0)), box('tfdt', u32(0, 0)), box('trun', u32(0x0100_0f01, 2, 0, 100, 5, 0, 0, 100, 6, 0, 0)));
    const init = initOf('vide', box('edts', box('elst', u32(0, 1, 100, 0, 0x1_0000))));
    const onlyDamage = (work: () => unknown): void => {
      try {
        work();
      } catch (error) {
        expect(error).toBeInstanceOf(MediaDamage);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(400), fc.nat(255), (noise, at, value) => {
      onlyDamage(() => readMovieFragment(Buffer.from(noise), [track]));
      onlyDamage(() => readInit(Buffer.from(noise)));
      onlyDamage(() => boxAt(Buffer.from(noise), at, at + 1000));
      for (const whole of [good, init]) {
        const changed = Buffer.from(whole);
        changed[at % whole.length] = value;
        onlyDamage(() => readMovieFragment(changed, [track]));
        onlyDamage(() => readInit(changed));
        onlyDamage(() => readMovieFragment(whole.subarray(0, at % whole.length), [track]));
      }
    }), { numRuns: 1000 });
  });
});
