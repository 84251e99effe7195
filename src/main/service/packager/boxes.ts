// The few edits that our fragments need after the muxer: ISO base media boxes (ISO/IEC 14496-12 §4.2) walked and patched in place.

export type Box = { readonly type: string; readonly at: number; readonly size: number; readonly bodyAt: number };

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'moof', 'traf']);
const HEADER_BYTES = 8;
const LARGE_HEADER_BYTES = 16;

/**
 * Boxes of `bytes` in document order, containers before what they contain.
 * @throws RangeError when a box does not fit into the one around it.
 */
export function* boxesOf(bytes: Uint8Array, from = 0, to = bytes.length): Generator<Box> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = from;
  while (at < to) {
    if (at + HEADER_BYTES > to) throw new RangeError('A box ends inside its header.');
    const small = view.getUint32(at);
    const bodyAt = at + (small === 1 ? LARGE_HEADER_BYTES : HEADER_BYTES);
    if (bodyAt > to) throw new RangeError('A box ends inside its header.');
    const size = small === 1 ? Number(view.getBigUint64(at + HEADER_BYTES)) : small;
    if (at + size > to || at + size < bodyAt) throw new RangeError('A box is larger than what holds it.');
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + HEADER_BYTES));
    yield { type, at, size, bodyAt };
    if (CONTAINERS.has(type)) yield* boxesOf(bytes, bodyAt, at + size);
    at += size;
  }
}

/**
 * The segment without its `sidx`, and with the fragment's number in `mfhd`.
 * The index carries times in a timescale of its own, rounded, and FFmpeg believes it before the exact `tfdt`.
 */
export function withoutSegmentIndex(segment: Uint8Array, sequence: number): Uint8Array {
  const kept: Uint8Array[] = [];
  for (const box of boxesOf(segment)) {
    if (box.type === 'mfhd') new DataView(segment.buffer, segment.byteOffset).setUint32(box.bodyAt + 4, sequence % 2 ** 32);
    if (box.type === 'styp' || box.type === 'moof' || box.type === 'mdat') kept.push(segment.subarray(box.at, box.at + box.size));
  }
  return Buffer.concat(kept);
}

/** Zeroes creation and modification times, so that the same encoder gives the same header bytes before and after a restart. */
export function withoutCreationTimes(init: Uint8Array): Uint8Array {
  const result = init.slice();
  for (const { type, bodyAt } of boxesOf(result)) {
    if (type !== 'mvhd' && type !== 'tkhd' && type !== 'mdhd') continue;
    const timeBytes = result[bodyAt] === 1 ? 8 : 4;
    result.fill(0, bodyAt + 4, bodyAt + 4 + 2 * timeBytes);
  }
  return result;
}
