// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1): the parameter sets that a decoder needs before the first picture.
import { MediaFormatError } from './formatError.ts';
import { NalType, nalTypeOf } from './h264.ts';

export type AvcDecoderConfig = {
  readonly profile: number;
  readonly constraints: number;
  readonly level: number;
  /** Bytes of the length in front of each NAL unit of the track. */
  readonly nalLengthBytes: number;
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  /** RFC 6381 `codecs` value, for example `avc1.64001f`. */
  readonly codec: string;
};

/**
 * Reads the record; views into `record`, nothing copied. What follows the parameter sets (chroma and bit depth) is left alone.
 * @throws MediaFormatError when it is cut short, of another version, or its parameter sets are none.
 */
export function parseAvcDecoderConfig(record: Uint8Array): AvcDecoderConfig {
  const cursor = { record, at: 0 };
  if (byte(cursor) !== 1) throw new MediaFormatError('unsupported', 'The decoder configuration is not of version 1.');
  const profile = byte(cursor);
  const constraints = byte(cursor);
  const level = byte(cursor);
  const nalLengthBytes = (byte(cursor) & 3) + 1;
  if (nalLengthBytes === 3) throw new MediaFormatError('invalid', 'NAL units with 3-byte lengths do not exist.');
  const sps = parameterSets(cursor, byte(cursor) & 0x1f, NalType.sps);
  const pps = parameterSets(cursor, byte(cursor), NalType.pps);
  if (sps.length === 0 || pps.length === 0) throw new MediaFormatError('invalid', 'The decoder configuration has no parameter sets.');
  const codec = `avc1.${[profile, constraints, level].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
  return { profile, constraints, level, nalLengthBytes, sps, pps, codec };
}

type Cursor = { readonly record: Uint8Array; at: number };

function byte(cursor: Cursor): number {
  const value = cursor.record[cursor.at];
  if (value === undefined) throw new MediaFormatError('truncated', 'The decoder configuration is cut short.');
  cursor.at += 1;
  return value;
}

function parameterSets(cursor: Cursor, count: number, type: number): Uint8Array[] {
  const sets: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const length = byte(cursor) * 256 + byte(cursor);
    if (cursor.at + length > cursor.record.length) throw new MediaFormatError('truncated', 'A parameter set is cut short.');
    const set = cursor.record.subarray(cursor.at, cursor.at + length);
    if (nalTypeOf(set) !== type) throw new MediaFormatError('invalid', `A parameter set is not of NAL type ${type}.`);
    sets.push(set);
    cursor.at += length;
  }
  return sets;
}
