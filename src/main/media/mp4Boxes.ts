// Walks the boxes of an MP4 in memory (ISO/IEC 14496-12 §4.2). Reads sizes and names, never media; mp4BoxWriter.ts writes them.
import { MediaFormatError } from './formatError.ts';

export type Mp4Box = { readonly type: string; readonly start: number; readonly contentStart: number; readonly end: number };

/** Boxes between two offsets, up to the first that does not fit. */
export function* boxesIn(bytes: Uint8Array, from = 0, to = bytes.length): Generator<Mp4Box> {
  const view = viewOf(bytes);
  for (let start = from; start + 8 <= to;) {
    const box = boxAt(view, start, to);
    if (box === undefined || box.end > to) return;
    yield box;
    start = box.end;
  }
}

/**
 * Boxes between two offsets, of which every one must fit. Fewer bytes behind the last one than a header has are padding.
 * @throws MediaFormatError
 */
export function* wholeBoxesIn(bytes: Uint8Array, from = 0, to = bytes.length): Generator<Mp4Box> {
  let end = from;
  for (const box of boxesIn(bytes, from, to)) {
    yield box;
    end = box.end;
  }
  if (end + 8 <= to) throw new MediaFormatError('invalid', 'A box is larger than what holds it, or smaller than its header.');
}

/** The first box on a path of names, such as `moov`, `trak`, `mdia`. */
export function boxOn(bytes: Uint8Array, path: readonly string[], from = 0, to = bytes.length): Mp4Box | undefined {
  const [type, ...rest] = path;
  for (const box of boxesIn(bytes, from, to)) {
    if (box.type === type) return rest.length === 0 ? box : boxOn(bytes, rest, box.contentStart, box.end);
  }
  return undefined;
}

/** The header at `start`; undefined where it is none. Its end may lie behind what is there. */
export function boxAt(view: DataView, start: number, fileEnd: number): Mp4Box | undefined {
  const size = view.getUint32(start);
  const type = String.fromCharCode(view.getUint8(start + 4), view.getUint8(start + 5), view.getUint8(start + 6), view.getUint8(start + 7));
  const isLarge = size === 1;
  if (isLarge && start + 16 > view.byteLength) return undefined;
  const length = isLarge ? Number(view.getBigUint64(start + 8)) : size === 0 ? fileEnd - start : size;
  const headerBytes = isLarge ? 16 : 8;
  return length < headerBytes ? undefined : { type, start, contentStart: start + headerBytes, end: start + length };
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
