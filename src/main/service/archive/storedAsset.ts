// An asset that nothing writes any more: its archive read back from disk as on-demand video. Changes no file.
import { open } from 'node:fs/promises';
import type { ByteRange, Presentation, PresentedSegment, PresentedTrack } from '../origin/presentation.ts';
import { segmentAt } from '../origin/segmentSearch.ts';
import { readExactly } from './appendLog.ts';
import { readCues } from './cueFile.ts';
import { readAssetDescription, readTrackDescription, trackFilesOf } from './assetFiles.ts';
import { readTrustedRecords } from './recovery.ts';

type StoredSegment = PresentedSegment & { readonly offset: number };
type StoredTrack = { readonly presented: PresentedTrack; readonly segments: readonly StoredSegment[]; readonly inits: readonly Uint8Array[] };

/** Undefined when the folder holds no archive. @throws when what it holds cannot be read */
export async function loadStoredAsset(assetDir: string): Promise<Presentation | undefined> {
  const description = await readAssetDescription(assetDir);
  if (!description) return undefined;
  const tracks = new Map<string, StoredTrack>();
  for (const name of description.tracks) {
    const track = await loadTrack(assetDir, name);
    if (track) tracks.set(name, track);
  }
  const { cues } = await readCues(assetDir);
  return {
    cues,
    manifestName: description.manifestName,
    isLive: false,
    zeroUtcMs: description.zeroUtcMs ?? undefined,
    windowSeconds: description.archiveWindowSeconds,
    expectedTracks: [],
    tracks: [...tracks.values()].map((track) => track.presented),
    init: async (trackName, formatId) => tracks.get(trackName)?.inits[formatId],
    read: async (trackName, segment, range) => {
      const known = segmentAt(tracks.get(trackName)?.segments ?? [], segment.startTicks);
      return known && readPart(trackFilesOf(assetDir, trackName).data, known, range);
    },
  };
}

async function loadTrack(assetDir: string, name: string): Promise<StoredTrack | undefined> {
  const known = await readTrackDescription(assetDir, name);
  if (!known) return undefined;
  const records = await readTrustedRecords(trackFilesOf(assetDir, name));
  return { presented: { identity: known.identity, formats: known.formats, segments: records }, segments: records, inits: known.inits };
}

async function readPart(file: string, segment: StoredSegment, range: ByteRange | undefined): Promise<Uint8Array | undefined> {
  const { start, end } = range ?? { start: 0, end: segment.sizeBytes - 1 };
  const handle = await open(file, 'r').catch(() => undefined);
  // The asset was deleted meanwhile.
  if (!handle) return undefined;
  try {
    return await readExactly(handle, segment.offset + start, end + 1 - start);
  } finally {
    await handle.close();
  }
}
