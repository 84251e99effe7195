// The few edits that our fragments need after the muxer: ISO base media boxes (ISO/IEC 14496-12 §4.2) walked and patched in place.
import { viewOf, wholeBoxesIn, type Mp4Box } from '../../media/mp4Boxes.ts';

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'moof', 'traf']);

/**
 * Boxes of `bytes` in document order, containers before what they contain.
 * @throws MediaFormatError when a box does not fit into the one around it.
 */
export function* boxesOf(bytes: Uint8Array, from = 0, to = bytes.length): Generator<Mp4Box> {
  for (const box of wholeBoxesIn(bytes, from, to)) {
    yield box;
    if (CONTAINERS.has(box.type)) yield* boxesOf(bytes, box.contentStart, box.end);
  }
}

/**
 * The segment without its `sidx`, and with the fragment's number in `mfhd`.
 * The index carries times in a timescale of its own, rounded, and FFmpeg believes it before the exact `tfdt`.
 */
export function withoutSegmentIndex(segment: Uint8Array, sequence: number): Uint8Array {
  const kept: Uint8Array[] = [];
  for (const box of boxesOf(segment)) {
    if (box.type === 'mfhd') viewOf(segment).setUint32(box.contentStart + 4, sequence % 2 ** 32);
    if (box.type === 'styp' || box.type === 'moof' || box.type === 'mdat') kept.push(segment.subarray(box.start, box.end));
  }
  return Buffer.concat(kept);
}

/** Zeroes creation and modification times, so that the same encoder gives the same header bytes before and after a restart. */
export function withoutCreationTimes(init: Uint8Array): Uint8Array {
  const result = init.slice();
  for (const { type, contentStart } of boxesOf(result)) {
    if (type !== 'mvhd' && type !== 'tkhd' && type !== 'mdhd') continue;
    const timeBytes = result[contentStart] === 1 ? 8 : 4;
    result.fill(0, contentStart + 4, contentStart + 4 + 2 * timeBytes);
  }
  return result;
}
