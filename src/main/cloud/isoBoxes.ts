// The few boxes of ISO/IEC 14496-12 that tell when each frame of a fragment is shown. Bytes in, numbers out; trusts no length.
import { boxAt as headerAt, viewOf, type Mp4Box } from '../media/mp4Boxes.ts';
import { MediaDamage } from './mediaFetch.ts';

export type InitTrack = {
  readonly id: number;
  readonly kind: 'video' | 'audio';
  /** Ticks in a second. */
  readonly timescale: number;
  /** Of the edit list: media time that is shown at 0, ticks. */
  readonly mediaStart: number;
  readonly defaults: { readonly duration: number; readonly size: number; readonly flags: number };
};

/** The samples of one track in one fragment. */
export type FragmentSamples = {
  readonly trackId: number;
  /** Decode time of the first sample, ticks. */
  readonly decodeTime: number;
  /** Ticks, one for each sample. */
  readonly durations: Uint32Array;
  /** Earliest and latest start of presentation, ticks. */
  readonly firstShown: number;
  readonly lastShown: number;
  readonly startsWithSync: boolean;
  /** All samples together. */
  readonly sizeBytes: number;
};

const MAX_SAMPLES = 1_000_000;
/** sample_is_non_sync_sample, §8.8.3.1. */
const NON_SYNC = 0x1_0000;

/** Type and extent of the box at `at`; `bytes` may end before the box does. @throws MediaDamage */
export function boxAt(bytes: Buffer, at: number, limit: number): Mp4Box {
  if (at + 8 > bytes.length) throw new MediaDamage('a box is cut off');
  const type = bytes.toString('latin1', at + 4, at + 8);
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) throw new MediaDamage('the bytes are no MP4 boxes');
  const box = headerAt(viewOf(bytes), at, limit);
  if (box === undefined || box.end > limit) throw new MediaDamage(`the box “${type}” is longer than what holds it, or shorter than its header`);
  return box;
}

/** @throws MediaDamage where there is no track of video or audio. */
export function readInit(bytes: Buffer): InitTrack[] {
  const moov = find(bytes, 0, bytes.length, 'moov');
  const defaults = new Map<number, InitTrack['defaults']>();
  const mvex = children(bytes, moov).find((box) => box.type === 'mvex');
  for (const trex of mvex === undefined ? [] : children(bytes, mvex).filter((box) => box.type === 'trex')) {
    const read = reader(bytes, trex);
    read.skip(4);
    const id = read.u32();
    read.skip(4);
    defaults.set(id, { duration: read.u32(), size: read.u32(), flags: read.u32() });
  }
  const tracks = children(bytes, moov).filter((box) => box.type === 'trak').flatMap((trak) => {
    const mdia = find(bytes, trak.contentStart, trak.end, 'mdia');
    const handler = reader(bytes, find(bytes, mdia.contentStart, mdia.end, 'hdlr'));
    handler.skip(8);
    const type = handler.text(4);
    if (type !== 'vide' && type !== 'soun') return [];
    const id = trackIdOf(reader(bytes, find(bytes, trak.contentStart, trak.end, 'tkhd')));
    const timescale = timescaleOf(reader(bytes, find(bytes, mdia.contentStart, mdia.end, 'mdhd')));
    if (timescale === 0) throw new MediaDamage('a track has the timescale 0');
    const kind = type === 'vide' ? 'video' : 'audio';
    return [{ id, kind, timescale, mediaStart: mediaStartOf(bytes, trak), defaults: defaults.get(id) ?? { duration: 0, size: 0, flags: 0 } } satisfies InitTrack];
  });
  if (tracks.length === 0) throw new MediaDamage('the initialisation segment has no track');
  return tracks;
}

/** @throws MediaDamage where the fragment contradicts itself. */
export function readMovieFragment(bytes: Buffer, tracks: readonly InitTrack[]): FragmentSamples[] {
  const moof = boxAt(bytes, 0, bytes.length);
  return children(bytes, moof).filter((box) => box.type === 'traf').flatMap((traf) => {
    const found = readTrackFragment(bytes, traf, tracks);
    return found === undefined ? [] : [found];
  });
}

function readTrackFragment(bytes: Buffer, traf: Mp4Box, tracks: readonly InitTrack[]): FragmentSamples | undefined {
  const header = reader(bytes, find(bytes, traf.contentStart, traf.end, 'tfhd'));
  const flags = header.u32() & 0xff_ffff;
  const trackId = header.u32();
  const track = tracks.find((one) => one.id === trackId);
  if (track === undefined) return undefined;
  if ((flags & 0x1) !== 0) header.skip(8);
  if ((flags & 0x2) !== 0) header.skip(4);
  const defaults = {
    duration: (flags & 0x8) !== 0 ? header.u32() : track.defaults.duration,
    size: (flags & 0x10) !== 0 ? header.u32() : track.defaults.size,
    flags: (flags & 0x20) !== 0 ? header.u32() : track.defaults.flags,
  };
  const time = reader(bytes, find(bytes, traf.contentStart, traf.end, 'tfdt'));
  const decodeTime = time.u32() >>> 24 === 1 ? time.u64() : time.u32();
  const durations: number[] = [];
  let [at, sizeBytes, firstShown, lastShown, startsWithSync] = [decodeTime, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false];
  for (const trun of children(bytes, traf).filter((box) => box.type === 'trun')) {
    for (const sample of samplesOf(reader(bytes, trun), defaults)) {
      if (durations.length === 0) startsWithSync = (sample.flags & NON_SYNC) === 0;
      durations.push(sample.duration);
      if (durations.length > MAX_SAMPLES) throw new MediaDamage('a fragment claims more samples than it can hold');
      firstShown = Math.min(firstShown, at + sample.offset);
      lastShown = Math.max(lastShown, at + sample.offset);
      at += sample.duration;
      sizeBytes += sample.size;
    }
  }
  if (durations.length === 0) return undefined;
  return { trackId, decodeTime, durations: Uint32Array.from(durations), firstShown, lastShown, startsWithSync, sizeBytes };
}

type Sample = { duration: number; size: number; flags: number; offset: number };

/** §8.8.8: what a run does not say for each sample comes from the fragment's or the track's defaults. */
function* samplesOf(run: BoxReader, defaults: { duration: number; size: number; flags: number }): Generator<Sample> {
  const head = run.u32();
  const flags = head & 0xff_ffff;
  const count = run.u32();
  if ((flags & 0x1) !== 0) run.skip(4);
  const firstFlags = (flags & 0x4) !== 0 ? run.u32() : undefined;
  for (let index = 0; index < count; index += 1) {
    const duration = (flags & 0x100) !== 0 ? run.u32() : defaults.duration;
    const size = (flags & 0x200) !== 0 ? run.u32() : defaults.size;
    const own = (flags & 0x400) !== 0 ? run.u32() : defaults.flags;
    // Signed in version 1; some makers write signed values in version 0 too, and no real offset is so large.
    const offset = (flags & 0x800) !== 0 ? run.u32() | 0 : 0;
    yield { duration, size, flags: index === 0 && firstFlags !== undefined ? firstFlags : own, offset };
  }
}

function trackIdOf(tkhd: BoxReader): number {
  tkhd.skip(tkhd.u32() >>> 24 === 1 ? 16 : 8);
  return tkhd.u32();
}

function timescaleOf(mdhd: BoxReader): number {
  mdhd.skip(mdhd.u32() >>> 24 === 1 ? 16 : 8);
  return mdhd.u32();
}

/** `media_time` of the first edit that shows media (§8.6.6); 0 without an edit list. */
function mediaStartOf(bytes: Buffer, trak: Mp4Box): number {
  const edts = children(bytes, trak).find((box) => box.type === 'edts');
  const elst = edts === undefined ? undefined : children(bytes, edts).find((box) => box.type === 'elst');
  if (elst === undefined) return 0;
  const read = reader(bytes, elst);
  const wide = read.u32() >>> 24 === 1;
  const count = read.u32();
  for (let index = 0; index < Math.min(count, 16); index += 1) {
    read.skip(wide ? 8 : 4);
    // -1 is an empty edit.
    const high = wide ? read.u32() | 0 : 0;
    const low = read.u32();
    read.skip(4);
    const mediaTime = wide ? high * 2 ** 32 + low : low | 0;
    if (mediaTime >= 0) return mediaTime;
  }
  return 0;
}

function children(bytes: Buffer, parent: Mp4Box): Mp4Box[] {
  const found: Mp4Box[] = [];
  for (let at = parent.contentStart; at < parent.end;) {
    const box = boxAt(bytes, at, parent.end);
    found.push(box);
    at = box.end;
  }
  return found;
}

function find(bytes: Buffer, start: number, end: number, type: string): Mp4Box {
  for (let at = start; at < end;) {
    const box = boxAt(bytes, at, end);
    if (box.type === type) return box;
    at = box.end;
  }
  throw new MediaDamage(`the box “${type}” is missing`);
}

type BoxReader = { u32(): number; u64(): number; text(length: number): string; skip(length: number): void };

/** Reads a box's body from its start; reading beyond its end is damage. */
function reader(bytes: Buffer, box: Mp4Box): BoxReader {
  let at = box.contentStart;
  const take = (length: number): number => {
    const from = at;
    at += length;
    if (at > box.end || at > bytes.length) throw new MediaDamage(`the box “${box.type}” is too short`);
    return from;
  };
  return {
    u32: () => bytes.readUInt32BE(take(4)),
    u64: () => uint64(bytes, take(8)),
    text: (length) => bytes.toString('latin1', take(length), at),
    skip: (length) => void take(length),
  };
}

function uint64(bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigUInt64BE(at));
  if (!Number.isSafeInteger(value)) throw new MediaDamage('a number in a box is beyond any real time or size');
  return value;
}
