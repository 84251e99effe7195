// Gives the pictures of a fragment decode times that lie before their presentation, by changing the numbers in its boxes. mediabunny lets
// decoding begin with presentation and writes negative composition offsets, which FFmpeg and what is built on it move by as much: sound
// and picture would be apart by the reorder delay.
import { boxOn, boxesIn, viewOf } from '../media/mp4Boxes.ts';

/** The first track is the picture's. */
const VIDEO_TRACK_ID = 1;
/** Flags of `tfhd`, `trun`: §8.8.7, §8.8.8. */
const HAS_DATA_OFFSET = 0x1;
const HAS_FIRST_SAMPLE_FLAGS = 0x4;
const HAS_DURATION = 0x100;
const HAS_SIZE = 0x200;
const HAS_FLAGS = 0x400;
const HAS_COMPOSITION_OFFSET = 0x800;

/** Units of the picture's track in a second. @param header `ftyp` and `moov` */
export function timescaleOf(header: Uint8Array): number {
  const mdhd = boxOn(header, ['moov', 'trak', 'mdia', 'mdhd']);
  if (mdhd === undefined) throw new Error('The header of the fragment has no media header.');
  const view = viewOf(header);
  return view.getUint32(mdhd.contentStart + (view.getUint8(mdhd.contentStart) === 1 ? 20 : 12));
}

/** Moves decoding forward in `moof` itself, and no presentation time. @param units by which decoding begins before presentation */
export function decodeEarlier(moof: Uint8Array, units: number): void {
  if (units === 0) return;
  const view = viewOf(moof);
  const outer = boxOn(moof, ['moof']);
  if (outer === undefined) throw new Error('The fragment has no moof.');
  for (const traf of boxesIn(moof, outer.contentStart, outer.end)) {
    const [tfhd, tfdt, trun] = ['tfhd', 'tfdt', 'trun'].map((type) => boxOn(moof, [type], traf.contentStart, traf.end));
    if (traf.type !== 'traf' || tfhd === undefined || tfdt === undefined || trun === undefined) continue;
    if (view.getUint32(tfhd.contentStart + 4) !== VIDEO_TRACK_ID) continue;
    const flags = view.getUint32(trun.contentStart) & 0xff_ff_ff;
    // Without offsets it is one picture, which may well be decoded when it is shown.
    if ((flags & HAS_COMPOSITION_OFFSET) === 0) continue;
    const decodeTime = view.getBigUint64(tfdt.contentStart + 4);
    view.setBigUint64(tfdt.contentStart + 4, decodeTime - BigInt(units));
    const before = countOf(flags, [HAS_DURATION, HAS_SIZE, HAS_FLAGS]) * 4;
    let at = trun.contentStart + 8 + countOf(flags, [HAS_DATA_OFFSET, HAS_FIRST_SAMPLE_FLAGS]) * 4 + before;
    for (; at < trun.end; at += before + 4) view.setInt32(at, view.getInt32(at) + units);
  }
}

function countOf(flags: number, wanted: readonly number[]): number {
  return wanted.filter((flag) => (flags & flag) !== 0).length;
}
