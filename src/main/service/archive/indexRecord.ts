// The index of an archived track: one record of fixed size for each fragment, written after the fragment's bytes. Pure codec.
import { crc32 } from 'node:zlib';

export type IndexRecord = {
  readonly sequence: number;
  readonly startTicks: number;
  readonly durationTicks: number;
  readonly formatId: number;
  readonly frames: number;
  /** Where the fragment lies in the track's data file. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** CRC-32 of the fragment's bytes. */
  readonly dataCrc: number;
};

/**
 * Layout, big-endian: magic u32, formatId u16, reserved u16, sequence u64, startTicks u64, durationTicks u32, frames u32,
 * offset u64, size u32, dataCrc u32, reserved 12 bytes, CRC-32 of the first 60 bytes u32.
 */
export const INDEX_RECORD_BYTES = 64;
const MAGIC = 0x46_43_49_31;
const CRC_AT = 60;

export function encodeIndexRecord(record: IndexRecord): Uint8Array {
  const bytes = new Uint8Array(INDEX_RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint16(4, record.formatId);
  view.setBigUint64(8, BigInt(record.sequence));
  view.setBigUint64(16, BigInt(record.startTicks));
  view.setUint32(24, record.durationTicks);
  view.setUint32(28, record.frames);
  view.setBigUint64(32, BigInt(record.offset));
  view.setUint32(40, record.sizeBytes);
  view.setUint32(44, record.dataCrc);
  view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)));
  return bytes;
}

/** Undefined for anything but a whole, undamaged record. */
export function decodeIndexRecord(bytes: Uint8Array): IndexRecord | undefined {
  if (bytes.length < INDEX_RECORD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== MAGIC || view.getUint32(CRC_AT) !== crc32(bytes.subarray(0, CRC_AT))) return undefined;
  return {
    formatId: view.getUint16(4),
    sequence: Number(view.getBigUint64(8)),
    startTicks: Number(view.getBigUint64(16)),
    durationTicks: view.getUint32(24),
    frames: view.getUint32(28),
    offset: Number(view.getBigUint64(32)),
    sizeBytes: view.getUint32(40),
    dataCrc: view.getUint32(44),
  };
}

/** The records of an index up to the first that is cut, damaged, or does not follow the one before it. */
export function decodeIndex(index: Uint8Array): IndexRecord[] {
  const records: IndexRecord[] = [];
  let end = 0;
  for (let at = 0; at + INDEX_RECORD_BYTES <= index.length; at += INDEX_RECORD_BYTES) {
    const record = decodeIndexRecord(index.subarray(at, at + INDEX_RECORD_BYTES));
    if (record?.offset !== end) break;
    records.push(record);
    end = record.offset + record.sizeBytes;
  }
  return records;
}
