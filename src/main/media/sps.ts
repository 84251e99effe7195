// Picture size and profile from a sequence parameter set (ITU-T H.264 §7.3.2.1.1). Reads up to the cropping; never the VUI.
import { BitReader } from './bitReader.ts';
import { MediaFormatError } from './formatError.ts';
import { NalType, nalTypeOf } from './h264.ts';

export type SpsFacts = { readonly profile: number; readonly level: number; readonly width: number; readonly height: number };

/** Profiles whose SPS carries chroma_format_idc and scaling matrices. */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
/** Far above level 6.2 (§A.3); a larger number is a lie or damage. */
const MAX_MACROBLOCKS_A_SIDE = 2048;

/** @param sps the NAL unit with its header byte. @throws MediaFormatError */
export function parseSps(sps: Uint8Array): SpsFacts {
  if (nalTypeOf(sps) !== NalType.sps) throw new MediaFormatError('invalid', 'This NAL unit is no sequence parameter set.');
  const bits = new BitReader(withoutEmulationPrevention(sps.subarray(1)));
  const profile = bits.bits(8);
  bits.bits(8);
  const level = bits.bits(8);
  bits.unsignedExpGolomb();
  const chromaFormat = HIGH_PROFILES.has(profile) ? skipHighProfileFields(bits) : 1;
  bits.unsignedExpGolomb();
  skipPictureOrderCount(bits);
  bits.unsignedExpGolomb();
  bits.bit();
  const widthMacroblocks = bits.unsignedExpGolomb() + 1;
  const heightMapUnits = bits.unsignedExpGolomb() + 1;
  const frameMacroblocksOnly = bits.bit();
  if (frameMacroblocksOnly === 0) bits.bit();
  bits.bit();
  if (widthMacroblocks > MAX_MACROBLOCKS_A_SIDE || heightMapUnits > MAX_MACROBLOCKS_A_SIDE) {
    throw new MediaFormatError('unsupported', 'The picture is larger than any level of H.264 allows.');
  }
  const crop = bits.bit() === 1
    ? { left: bits.unsignedExpGolomb(), right: bits.unsignedExpGolomb(), top: bits.unsignedExpGolomb(), bottom: bits.unsignedExpGolomb() }
    : { left: 0, right: 0, top: 0, bottom: 0 };
  // CropUnitX and CropUnitY, equations 7-19 to 7-22.
  const cropUnitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const cropUnitY = (chromaFormat === 1 ? 2 : 1) * (2 - frameMacroblocksOnly);
  const width = widthMacroblocks * 16 - cropUnitX * (crop.left + crop.right);
  const height = heightMapUnits * 16 * (2 - frameMacroblocksOnly) - cropUnitY * (crop.top + crop.bottom);
  if (width <= 0 || height <= 0) throw new MediaFormatError('invalid', 'The cropping leaves no picture.');
  return { profile, level, width, height };
}

function skipHighProfileFields(bits: BitReader): number {
  const chromaFormat = bits.unsignedExpGolomb();
  if (chromaFormat > 3) throw new MediaFormatError('invalid', 'chroma_format_idc is above 3.');
  if (chromaFormat === 3) bits.bit();
  bits.unsignedExpGolomb();
  bits.unsignedExpGolomb();
  bits.bit();
  if (bits.bit() === 1) {
    const lists = chromaFormat === 3 ? 12 : 8;
    for (let list = 0; list < lists; list += 1) if (bits.bit() === 1) skipScalingList(bits, list < 6 ? 16 : 64);
  }
  return chromaFormat;
}

/** §7.3.2.1.1.1: a next scale of 0 ends the list. */
function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let index = 0; index < size; index += 1) {
    if (next !== 0) next = (((last + bits.signedExpGolomb()) % 256) + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function skipPictureOrderCount(bits: BitReader): void {
  const type = bits.unsignedExpGolomb();
  if (type > 2) throw new MediaFormatError('invalid', 'pic_order_cnt_type is above 2.');
  if (type === 0) bits.unsignedExpGolomb();
  if (type !== 1) return;
  bits.bit();
  bits.signedExpGolomb();
  bits.signedExpGolomb();
  const cycle = bits.unsignedExpGolomb();
  if (cycle > 255) throw new MediaFormatError('invalid', 'num_ref_frames_in_pic_order_cnt_cycle is above 255.');
  for (let index = 0; index < cycle; index += 1) bits.signedExpGolomb();
}

/** §7.4.1.1: 00 00 03 stands for 00 00. */
function withoutEmulationPrevention(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length);
  let length = 0;
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    result[length] = byte;
    length += 1;
  }
  return result.subarray(0, length);
}
