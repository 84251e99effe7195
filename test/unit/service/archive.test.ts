// An archive survives its process: whatever byte was the last to reach the disk, what is whole stays and what is torn goes.
import { appendFile, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OperatorError } from '../../../src/contract/errors.ts';
import { AssetArchive } from '../../../src/main/service/archive/assetArchive.ts';
import { decodeIndex, decodeIndexRecord, encodeIndexRecord, INDEX_RECORD_BYTES } from '../../../src/main/service/archive/indexRecord.ts';
import { recoverTrack, readTrustedRecords } from '../../../src/main/service/archive/recovery.ts';
import { loadStoredAsset } from '../../../src/main/service/archive/storedAsset.ts';
import type { OutputSpec } from '../../../src/main/service/mediaPlane.ts';
import { fragmentOf } from '../../support/archivedFragments.ts';
import { until } from '../../support/until.ts';

let assetDir = '';
beforeEach(async () => { assetDir = await mkdtemp(path.join(tmpdir(), 'fieldcast-archive-')); });
afterEach(async () => { await rm(assetDir, { recursive: true, force: true }); });

const specOf = (outputName = 'output'): OutputSpec => (
  { eventName: 'event', outputName, assetName: 'asset', assetDir, manifestName: 'output', archiveWindowSeconds: 60 }
);
const channel = { zeroUtcMs: 1_700_000_000_000, expectedTracks: [] };
const filesOf = (dir = assetDir): { data: string; index: string } => ({ data: path.join(dir, 'video_400000.cmf'), index: path.join(dir, 'video_400000.index') });

async function openArchive(failures: OperatorError[] = []): Promise<AssetArchive> {
  return AssetArchive.open(specOf(), channel, (error) => { failures.push(error); });
}

async function archiveOf(count: number): Promise<void> {
  const archive = await openArchive();
  for (let sequence = 0; sequence < count; sequence += 1) archive.append(fragmentOf(sequence, { bytes: 30 + sequence }));
  await archive.close();
}

const sequencesOnDisk = async (): Promise<number[]> => (
  (await loadStoredAsset(assetDir))?.tracks.find((track) => track.identity.kind === 'video')?.segments.map((segment) => segment.sequence) ?? []
);

describe('index records', () => {
  it('come back as they were written', () => {
    const natural = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
    fc.assert(fc.property(fc.record({
      sequence: natural(Number.MAX_SAFE_INTEGER), startTicks: natural(Number.MAX_SAFE_INTEGER), durationTicks: natural(0xffff_ffff), formatId: natural(0xffff),
      frames: natural(0xffff_ffff), offset: natural(Number.MAX_SAFE_INTEGER), sizeBytes: natural(0xffff_ffff), dataCrc: natural(0xffff_ffff),
    }), (record) => { expect(decodeIndexRecord(encodeIndexRecord(record))).toEqual(record); }));
  });

  it('are refused with any bit changed', () => {
    const bytes = encodeIndexRecord({ sequence: 7, startTicks: 420_000, durationTicks: 60_000, formatId: 0, frames: 60, offset: 0, sizeBytes: 40, dataCrc: 5 });
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeIndexRecord(damaged)).toBeUndefined();
    }
  });

  it('are read from any bytes without an exception', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => { expect(decodeIndex(bytes)).toEqual([]); }));
  });
});

describe('recovery', () => {
  it('keeps exactly the whole fragments for every length of the data file', async () => {
    await archiveOf(4);
    const data = await readFile(filesOf().data);
    const index = await readFile(filesOf().index);
    const ends = decodeIndex(index).map((record) => record.offset + record.sizeBytes);
    expect(ends).toHaveLength(4);
    for (let length = 0; length <= data.length; length += 1) {
      await writeFile(filesOf().data, data.subarray(0, length));
      await writeFile(filesOf().index, index);
      const whole = ends.filter((end) => end <= length).length;
      expect(await recoverTrack(filesOf())).toHaveLength(whole);
      expect((await stat(filesOf().data)).size).toBe(whole === 0 ? 0 : ends[whole - 1]);
      expect((await stat(filesOf().index)).size).toBe(whole * INDEX_RECORD_BYTES);
    }
  }, 30_000);

  it('keeps exactly the recorded fragments for every length of the index', async () => {
    await archiveOf(4);
    const data = await readFile(filesOf().data);
    const index = await readFile(filesOf().index);
    for (let length = 0; length <= index.length; length += 1) {
      await writeFile(filesOf().data, data);
      await writeFile(filesOf().index, index.subarray(0, length));
      const records = await recoverTrack(filesOf());
      expect(records.map((record) => record.sequence)).toEqual([0, 1, 2, 3].slice(0, Math.floor(length / INDEX_RECORD_BYTES)));
    }
  }, 30_000);

  it('goes on behind any cut as if it had never happened', async () => {
    await archiveOf(3);
    const data = await readFile(filesOf().data);
    for (const cut of [data.length - 1, 31, 30, 29, 1]) {
      await rm(assetDir, { recursive: true });
      assetDir = await mkdtemp(path.join(tmpdir(), 'fieldcast-archive-'));
      await archiveOf(3);
      await truncate(filesOf().data, cut);
      const kept = await sequencesOnDisk();
      const archive = await openArchive();
      archive.append(fragmentOf(9));
      await archive.end();
      expect(await sequencesOnDisk()).toEqual([...kept, 9]);
      const stored = (await loadStoredAsset(assetDir))!;
      const segments = stored.tracks[0]!.segments;
      expect(Buffer.from((await stored.read('video_400000', segments.at(-1)!, undefined))!)).toEqual(Buffer.alloc(40, 10));
      expect(Buffer.from((await stored.read('video_400000', segments.at(-1)!, { start: 2, end: 4 }))!)).toEqual(Buffer.alloc(3, 10));
    }
  });

  it('cuts at the first fragment whose bytes a power cut has torn', async () => {
    await archiveOf(40);
    const records = decodeIndex(await readFile(filesOf().index));
    const data = await readFile(filesOf().data);
    for (const torn of [39, 20, 8]) {
      const damaged = Buffer.from(data);
      damaged.fill(0, records[torn]!.offset, records[torn]!.offset + 3);
      await writeFile(filesOf().data, damaged);
      expect(await readTrustedRecords(filesOf())).toHaveLength(torn);
    }
    // Torn for longer than what is looked at first: it looks further back.
    await writeFile(filesOf().data, Buffer.concat([data.subarray(0, records[3]!.offset), Buffer.alloc(data.length - records[3]!.offset)]));
    expect(await readTrustedRecords(filesOf())).toHaveLength(3);
  });

  it('takes garbage behind the files for what it is', async () => {
    await archiveOf(2);
    await appendFile(filesOf().data, Buffer.alloc(500, 7));
    await appendFile(filesOf().index, Buffer.alloc(500, 7));
    expect(await sequencesOnDisk()).toEqual([0, 1]);
  });
});

describe('an archive', () => {
  it('shows a fragment at once and reads the same bytes from memory and from disk', async () => {
    const archive = await openArchive();
    archive.append(fragmentOf(5));
    archive.append(fragmentOf(5, { kind: 'audio', timescale: 48_000 }));
    const read = async (): Promise<Uint8Array[]> => Promise.all(archive.tracks.map(async (track) => (
      Buffer.from((await archive.read(track.identity.name, track.segments[0]!, undefined))!)
    )));
    const fresh = await read();
    expect(fresh).toEqual([Buffer.alloc(40, 6), Buffer.alloc(40, 6)]);
    await until(() => archive.tracks.every((track) => (track.segments[0] as { place?: { offset?: number } }).place?.offset === 0), 'the fragments on disk');
    expect(await read()).toEqual(fresh);
    await archive.end();
  });

  it('leaves out what it has already, and keeps each format of a track', async () => {
    const archive = await openArchive();
    for (const sequence of [1, 2, 2, 1, 3]) archive.append(fragmentOf(sequence));
    archive.append(fragmentOf(4, { config: 2 }));
    await archive.end();
    const [track] = (await loadStoredAsset(assetDir))!.tracks;
    expect(track!.segments.map(({ sequence, formatId }) => [sequence, formatId])).toEqual([[1, 0], [2, 0], [3, 0], [4, 1]]);
    expect(track!.formats.map((format) => [...format.decoderConfig])).toEqual([[1], [2]]);
    expect(track!.formats[0]?.video).toEqual({ width: 320, height: 180, frameRate: { num: 30, den: 1 } });
  });

  it('refuses a folder that holds another output, and one that cannot be written', async () => {
    await archiveOf(1);
    await expect(AssetArchive.open(specOf('other'), channel, () => {})).rejects.toMatchObject({ code: 'ASSET_IN_USE' });
    await expect(AssetArchive.open({ ...specOf(), assetDir: path.join(assetDir, 'missing') }, channel, () => {})).rejects.toMatchObject({ code: 'ARCHIVE_REFUSED' });
  });

  it.skipIf(process.platform !== 'linux')('tells once that the disk is full (/dev/full) and goes on in memory, bounded', async () => {
    await symlink('/dev/full', filesOf().data);
    const failures: OperatorError[] = [];
    const archive = await openArchive(failures);
    archive.append(fragmentOf(0));
    await until(() => failures.length > 0, 'the failure');
    for (let sequence = 1; sequence < 100; sequence += 1) archive.append(fragmentOf(sequence));
    expect(failures.map((failure) => failure.code)).toEqual(['ARCHIVE_WRITE_FAILED']);
    expect(failures[0]?.message).toContain('the disk is full');
    expect(archive.failure).toBe(failures[0]);
    const { segments } = archive.tracks[0]!;
    expect(segments.at(-1)?.sequence).toBe(99);
    expect(segments).toHaveLength(31);
    expect(await archive.read('video_400000', segments.at(-1)!, undefined)).toEqual(Buffer.alloc(40, 100));
    await archive.end();
  });

  it('says that the encoder came back with another time base instead of mixing them', async () => {
    const failures: OperatorError[] = [];
    const archive = await openArchive(failures);
    archive.append(fragmentOf(0));
    archive.append(fragmentOf(1, { timescale: 90_000 }));
    await archive.end();
    expect(failures).toHaveLength(1);
    expect(await sequencesOnDisk()).toEqual([0]);
  });
});
