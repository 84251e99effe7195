// What is in an MP4 file, from its boxes alone: whether it is in fragments, how many samples each track has, and where its last whole
// piece ends. Reads headers and tables, never media; a damaged file gives what could be read of it.
import { open, type FileHandle } from 'node:fs/promises';
import { boxAt, boxesIn, boxOn, viewOf, type Mp4Box } from '../media/mp4Boxes.ts';

/** A day of a file's sample tables is a tenth of this. */
const MAX_TABLE_BYTES = 256 * 1024 * 1024;

export type FileIndex = {
  readonly isFragmented: boolean;
  /** True for a plain file that can be played before all of it is there. */
  readonly hasTablesFirst: boolean;
  /** Samples by the kind of their track. */
  readonly samples: { readonly video: number; readonly audio: number };
  /** End of the last piece that is whole; less than the size of a file that was cut. */
  readonly wholeBytes: number;
  readonly sizeBytes: number;
};

/** @throws what the file system says, and for a file without a header */
export async function indexOf(path: string): Promise<FileIndex> {
  const handle = await open(path, 'r');
  try {
    return await read(handle);
  } finally {
    await handle.close();
  }
}

async function read(handle: FileHandle): Promise<FileIndex> {
  const { size: sizeBytes } = await handle.stat();
  const kinds = new Map<number, 'video' | 'audio'>();
  const samples = { video: 0, audio: 0 };
  let [isFragmented, hasMedia, hasTablesFirst, wholeBytes] = [false, false, false, 0];
  let fragment: { readonly bytes: Uint8Array } | undefined;
  for (let at = 0; at + 8 <= sizeBytes;) {
    const box = await headerAt(handle, at, sizeBytes);
    if (box === undefined || box.end > sizeBytes) break;
    if (box.type === 'moov') {
      const bytes = await contentOf(handle, box);
      isFragmented = boxOn(bytes, ['mvex']) !== undefined;
      hasTablesFirst = !hasMedia;
      for (const trak of boxesIn(bytes)) if (trak.type === 'trak') readTrack(bytes, trak, kinds, samples);
    } else if (box.type === 'moof') {
      fragment = { bytes: await contentOf(handle, box) };
    } else if (box.type === 'mdat') {
      hasMedia = true;
      if (fragment !== undefined) countFragment(fragment.bytes, kinds, samples);
      fragment = undefined;
    }
    at = box.end;
    if (fragment === undefined) wholeBytes = at;
  }
  if (kinds.size === 0) throw new Error('It has no header.');
  return { isFragmented, hasTablesFirst, samples, wholeBytes, sizeBytes };
}

async function headerAt(handle: FileHandle, at: number, sizeBytes: number): Promise<Mp4Box | undefined> {
  const header = new Uint8Array(16);
  const { bytesRead } = await handle.read(header, 0, 16, at);
  const box = bytesRead < 8 ? undefined : boxAt(viewOf(header.subarray(0, bytesRead)), 0, sizeBytes - at);
  return box === undefined ? undefined : { type: box.type, start: at, contentStart: at + box.contentStart, end: at + box.end };
}

async function contentOf(handle: FileHandle, { contentStart, end }: Mp4Box): Promise<Uint8Array> {
  if (end - contentStart > MAX_TABLE_BYTES) throw new Error('Its tables are larger than those of any recording.');
  const bytes = new Uint8Array(end - contentStart);
  await handle.read(bytes, 0, bytes.length, contentStart);
  return bytes;
}

function readTrack(moov: Uint8Array, trak: Mp4Box, kinds: Map<number, 'video' | 'audio'>, samples: { video: number; audio: number }): void {
  const view = viewOf(moov);
  const [tkhd, hdlr, stsz] = [['tkhd'], ['mdia', 'hdlr'], ['mdia', 'minf', 'stbl', 'stsz']].map((path) => boxOn(moov, path, trak.contentStart, trak.end));
  if (tkhd === undefined || hdlr === undefined) return;
  const handler = String.fromCharCode(...moov.subarray(hdlr.contentStart + 8, hdlr.contentStart + 12));
  if (handler !== 'vide' && handler !== 'soun') return;
  const kind = handler === 'vide' ? 'video' : 'audio';
  kinds.set(view.getUint32(tkhd.contentStart + (view.getUint8(tkhd.contentStart) === 1 ? 20 : 12)), kind);
  if (stsz !== undefined) samples[kind] += view.getUint32(stsz.contentStart + 8);
}

function countFragment(moof: Uint8Array, kinds: ReadonlyMap<number, 'video' | 'audio'>, samples: { video: number; audio: number }): void {
  const view = viewOf(moof);
  for (const traf of boxesIn(moof)) {
    const tfhd = traf.type === 'traf' ? boxOn(moof, ['tfhd'], traf.contentStart, traf.end) : undefined;
    const kind = tfhd === undefined ? undefined : kinds.get(view.getUint32(tfhd.contentStart + 4));
    if (kind === undefined) continue;
    for (const run of boxesIn(moof, traf.contentStart, traf.end)) if (run.type === 'trun') samples[kind] += view.getUint32(run.contentStart + 4);
  }
}
