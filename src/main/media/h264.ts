// H.264 access units as they travel inside Fieldcast: NAL units behind 4-byte lengths (ISO/IEC 14496-15 §5.3). Never decodes a picture.
import { MediaFormatError } from './formatError.ts';

/** nal_unit_type values that matter to a stream (ITU-T H.264 table 7-1). */
export const NalType = { slice: 1, idrSlice: 5, sei: 6, sps: 7, pps: 8, accessUnitDelimiter: 9, fillerData: 12 } as const;

/** Bytes of the length in front of each NAL unit. */
const LENGTH_BYTES = 4;

/** nal_unit_type of a NAL unit (§7.3.1). */
export function nalTypeOf(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 0x1f;
}

/** nal_ref_idc: 0 when no other picture refers to this one (§7.4.1). */
export function nalRefIdcOf(nal: Uint8Array): number {
  return ((nal[0] ?? 0) >> 5) & 3;
}

/**
 * The NAL units of an access unit in order, as views into it.
 * @throws MediaFormatError when a length is zero or points beyond the end.
 */
export function* nalUnitsOf(accessUnit: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(accessUnit.buffer, accessUnit.byteOffset, accessUnit.byteLength);
  let at = 0;
  while (at < accessUnit.length) {
    if (at + LENGTH_BYTES > accessUnit.length) throw new MediaFormatError('truncated', 'An access unit ends inside the length of a NAL unit.');
    const length = view.getUint32(at);
    at += LENGTH_BYTES;
    if (length === 0) throw new MediaFormatError('invalid', 'A NAL unit is empty.');
    if (length > accessUnit.length - at) throw new MediaFormatError('truncated', 'A NAL unit is longer than its access unit.');
    yield accessUnit.subarray(at, at + length);
    at += length;
  }
}

export type AccessUnitFacts = {
  readonly isIdr: boolean;
  /** True when any slice may be referred to by another picture. */
  readonly isReference: boolean;
  /** False for an access unit that holds no slice at all. */
  readonly hasSlice: boolean;
};

/** What a sender must know of an access unit. @throws MediaFormatError */
export function inspectAccessUnit(accessUnit: Uint8Array): AccessUnitFacts {
  let isIdr = false;
  let isReference = false;
  let hasSlice = false;
  for (const nal of nalUnitsOf(accessUnit)) {
    const type = nalTypeOf(nal);
    if (type < NalType.slice || type > NalType.idrSlice) continue;
    hasSlice = true;
    isIdr ||= type === NalType.idrSlice;
    isReference ||= nalRefIdcOf(nal) > 0;
  }
  return { isIdr, isReference, hasSlice };
}

/**
 * The access unit without NAL units of the given types: itself when it has none, else a copy.
 * Parameter sets live in the decoder configuration ('avc1'), and files must not hold filler data (ISO/IEC 14496-15 §5.2.2).
 * @throws MediaFormatError
 */
export function withoutNalTypes(accessUnit: Uint8Array, unwanted: readonly number[]): Uint8Array {
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  for (const nal of nalUnitsOf(accessUnit)) {
    if (unwanted.includes(nalTypeOf(nal))) continue;
    kept.push(nal);
    keptBytes += LENGTH_BYTES + nal.length;
  }
  if (keptBytes === accessUnit.length) return accessUnit;
  const result = new Uint8Array(keptBytes);
  const view = new DataView(result.buffer);
  let at = 0;
  for (const nal of kept) {
    view.setUint32(at, nal.length);
    result.set(nal, at + LENGTH_BYTES);
    at += LENGTH_BYTES + nal.length;
  }
  return result;
}
