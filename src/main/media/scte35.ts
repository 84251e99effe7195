// SCTE-35 splice information sections: the messages that say where a break begins and ends. Reads what a show needs to know of
// any valid section, and builds splice_insert and time_signal. Never guesses: a section with a wrong checksum is none.
import { BitReader } from './bitReader.ts';
import { MediaFormatError } from './formatError.ts';

/** What a section means for the viewer: the network is left (`out`) or rejoined (`in`), an announced event is withdrawn, or something else. */
export type SpliceMeaning = 'out' | 'in' | 'cancel' | 'other';

export type SpliceInfo = {
  readonly meaning: SpliceMeaning;
  /** splice_command_type (SCTE 35 2019 §9.6.1): 5 is splice_insert, 6 time_signal. */
  readonly commandType: number;
  /** splice_event_id or segmentation_event_id. */
  readonly eventId: number | undefined;
  /** Of the break or segment, where the section says it. */
  readonly durationSeconds: number | undefined;
};

export type SpliceToBuild = {
  readonly meaning: 'out' | 'in' | 'cancel';
  /** 32 bits; the same in all messages about one break. */
  readonly eventId: number;
  /** Presentation time of the splice, s; written modulo 2^33 ticks of 90 kHz. */
  readonly seconds: number;
  /** Length of the break, for `out`. */
  readonly durationSeconds: number | undefined;
  readonly command: 'spliceInsert' | 'timeSignal';
};

/** section_length has 12 bits and the standard stops at 4093 (§9.6). */
export const MAX_SECTION_BYTES = 4096;
const TABLE_ID = 0xfc;
const CRC_BYTES = 4;
const SPLICE_INSERT = 0x05;
const TIME_SIGNAL = 0x06;
const SEGMENTATION_DESCRIPTOR = 0x02;
/** "CUEI" */
const IDENTIFIER = 0x43_55_45_49;
/** Starts of breaks and of placement opportunities (§10.3.3.1); each end has the number after its start. */
const OUT_SEGMENTATIONS: ReadonlySet<number> = new Set([0x22, 0x30, 0x32, 0x34, 0x36, 0x38, 0x3a, 0x44, 0x46]);
const PLACEMENT_START = 0x34;
const TICKS_PER_SECOND = 90_000;

/**
 * What a splice_info_section() says.
 * @throws MediaFormatError when it is cut, has a wrong checksum, or contradicts itself
 */
export function parseSplice(section: Uint8Array): SpliceInfo {
  if (section.length < 17 || section[0] !== TABLE_ID) throw new MediaFormatError('invalid', 'These bytes are no SCTE-35 section: it begins with FC.');
  const header = new BitReader(section.subarray(1));
  header.bits(4);
  if (header.bits(12) !== section.length - 3) throw new MediaFormatError('invalid', 'The SCTE-35 section has another length than it says.');
  if (crc32Mpeg(section) !== 0) throw new MediaFormatError('invalid', 'The SCTE-35 section has a wrong checksum.');
  if (header.bits(8) !== 0) throw new MediaFormatError('unsupported', 'The SCTE-35 section has an unknown protocol version.');
  const isEncrypted = header.bits(1) === 1;
  header.bits(6);
  header.bits(1);
  header.bits(32);
  header.bits(20);
  const commandBytes = header.bits(12);
  const commandType = header.bits(8);
  const unread = { meaning: 'other', commandType, eventId: undefined, durationSeconds: undefined } as const;
  if (isEncrypted) return unread;
  const body = section.subarray(14, section.length - CRC_BYTES);
  if (commandType === SPLICE_INSERT) return spliceInsert(new BitReader(body));
  if (commandType !== TIME_SIGNAL) return unread;
  const signal = new BitReader(body);
  const hasTime = signal.bits(1) === 1;
  const ownBytes = hasTime ? 5 : 1;
  // 0xfff is what encoders of before 2007 wrote for "unknown" (§9.6.1).
  if (commandBytes !== 0xfff && commandBytes !== ownBytes) throw new MediaFormatError('invalid', 'The time_signal of the SCTE-35 section has a wrong length.');
  return segmentation(body.subarray(ownBytes)) ?? unread;
}

/** A whole section with its checksum. */
export function buildSplice(splice: SpliceToBuild): Uint8Array {
  const command = new BitWriter();
  const descriptors = new BitWriter();
  const ticks = ((Math.round(splice.seconds * TICKS_PER_SECOND) % 2 ** 33) + 2 ** 33) % 2 ** 33;
  if (splice.command === 'spliceInsert') writeSpliceInsert(command, splice, ticks);
  else {
    command.bits(1, 1).bits(0x3f, 6).bits(ticks, 33);
    writeSegmentation(descriptors, splice);
  }
  const [commandBytes, descriptorBytes] = [command.bytes(), descriptors.bytes()];
  const section = new BitWriter();
  section.bits(TABLE_ID, 8).bits(0, 1).bits(0, 1).bits(3, 2).bits(11 + commandBytes.length + 2 + descriptorBytes.length + CRC_BYTES, 12)
    .bits(0, 8).bits(0, 1).bits(0, 6).bits(0, 33).bits(0xff, 8).bits(0xfff, 12).bits(commandBytes.length, 12)
    .bits(splice.command === 'spliceInsert' ? SPLICE_INSERT : TIME_SIGNAL, 8);
  for (const byte of commandBytes) section.bits(byte, 8);
  section.bits(descriptorBytes.length, 16);
  for (const byte of descriptorBytes) section.bits(byte, 8);
  return section.bits(crc32Mpeg(section.bytes()), 32).bytes();
}

/** §9.7.3 */
function spliceInsert(reader: BitReader): SpliceInfo {
  const eventId = reader.bits(32);
  const isCancelled = reader.bits(1) === 1;
  reader.bits(7);
  if (isCancelled) return { meaning: 'cancel', commandType: SPLICE_INSERT, eventId, durationSeconds: undefined };
  const isOut = reader.bits(1) === 1;
  const isWholeProgram = reader.bits(1) === 1;
  const hasDuration = reader.bits(1) === 1;
  const isImmediate = reader.bits(1) === 1;
  reader.bits(4);
  const components = isWholeProgram ? 1 : reader.bits(8);
  for (let index = 0; index < components; index += 1) {
    if (!isWholeProgram) reader.bits(8);
    if (!isImmediate) skipSpliceTime(reader);
  }
  let durationSeconds: number | undefined;
  if (hasDuration) {
    reader.bits(7);
    durationSeconds = ticksOf33(reader) / TICKS_PER_SECOND;
  }
  reader.bits(32);
  return { meaning: isOut ? 'out' : 'in', commandType: SPLICE_INSERT, eventId, durationSeconds };
}

function skipSpliceTime(reader: BitReader): void {
  const hasTime = reader.bits(1) === 1;
  if (!hasTime) reader.bits(7);
  else {
    reader.bits(6);
    ticksOf33(reader);
  }
}

/** The first segmentation descriptor behind a time_signal (§10.3.3). */
function segmentation(rest: Uint8Array): SpliceInfo | undefined {
  const loop = new BitReader(rest);
  const end = 2 + loop.bits(16);
  if (end > rest.length) throw new MediaFormatError('invalid', 'The descriptors of the SCTE-35 section are cut.');
  let at = 2;
  while (at + 6 <= end) {
    const descriptor = new BitReader(rest.subarray(at, end));
    const tag = descriptor.bits(8);
    const length = descriptor.bits(8);
    if (at + 2 + length > end) throw new MediaFormatError('invalid', 'A descriptor of the SCTE-35 section is cut.');
    if (tag === SEGMENTATION_DESCRIPTOR && descriptor.bits(32) === IDENTIFIER) return segmentationBody(new BitReader(rest.subarray(at + 6, at + 2 + length)));
    at += 2 + length;
  }
  return undefined;
}

function segmentationBody(reader: BitReader): SpliceInfo {
  const eventId = reader.bits(32);
  const isCancelled = reader.bits(1) === 1;
  reader.bits(7);
  if (isCancelled) return { meaning: 'cancel', commandType: TIME_SIGNAL, eventId, durationSeconds: undefined };
  const isWholeProgram = reader.bits(1) === 1;
  const hasDuration = reader.bits(1) === 1;
  reader.bits(6);
  if (!isWholeProgram) for (let left = reader.bits(8); left > 0; left -= 1) for (let byte = 0; byte < 6; byte += 1) reader.bits(8);
  const durationSeconds = hasDuration ? (reader.bits(8) * 2 ** 32 + reader.bits(32)) / TICKS_PER_SECOND : undefined;
  reader.bits(8);
  for (let left = reader.bits(8); left > 0; left -= 1) reader.bits(8);
  const type = reader.bits(8);
  const meaning = OUT_SEGMENTATIONS.has(type) ? 'out' : OUT_SEGMENTATIONS.has(type - 1) ? 'in' : 'other';
  return { meaning, commandType: TIME_SIGNAL, eventId, durationSeconds };
}

function ticksOf33(reader: BitReader): number {
  return reader.bits(1) * 2 ** 32 + reader.bits(32);
}

function writeSpliceInsert(out: BitWriter, { meaning, eventId, durationSeconds }: SpliceToBuild, ticks: number): void {
  out.bits(eventId, 32).bits(meaning === 'cancel' ? 1 : 0, 1).bits(0x7f, 7);
  if (meaning === 'cancel') return;
  out.bits(meaning === 'out' ? 1 : 0, 1).bits(1, 1).bits(durationSeconds === undefined ? 0 : 1, 1).bits(0, 1).bits(0xf, 4);
  out.bits(1, 1).bits(0x3f, 6).bits(ticks, 33);
  // auto_return: whoever misses the way back finds it by the duration.
  if (durationSeconds !== undefined) out.bits(1, 1).bits(0x3f, 6).bits(Math.round(durationSeconds * TICKS_PER_SECOND), 33);
  out.bits(0, 16).bits(0, 8).bits(0, 8);
}

function writeSegmentation(out: BitWriter, { meaning, eventId, durationSeconds }: SpliceToBuild): void {
  const body = new BitWriter();
  body.bits(IDENTIFIER, 32).bits(eventId, 32).bits(meaning === 'cancel' ? 1 : 0, 1).bits(0x7f, 7);
  if (meaning !== 'cancel') {
    body.bits(1, 1).bits(durationSeconds === undefined ? 0 : 1, 1).bits(1, 1).bits(0x1f, 5);
    if (durationSeconds !== undefined) body.bits(Math.round(durationSeconds * TICKS_PER_SECOND), 40);
    // No UPID; segment 0 of 0.
    body.bits(0, 16).bits(meaning === 'out' ? PLACEMENT_START : PLACEMENT_START + 1, 8).bits(0, 16);
  }
  const bytes = body.bytes();
  out.bits(SEGMENTATION_DESCRIPTOR, 8).bits(bytes.length, 8);
  for (const byte of bytes) out.bits(byte, 8);
}

/** CRC_32 of ISO/IEC 13818-1 Annex A; 0 over a section with its own checksum. */
function crc32Mpeg(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000_0000) === 0 ? crc << 1 : (crc << 1) ^ 0x04c1_1db7;
  }
  return crc >>> 0;
}

class BitWriter {
  readonly #bytes: number[] = [];
  #used = 0;

  /** The low `count` bits of `value`, up to 53. */
  bits(value: number, count: number): this {
    for (let left = count - 1; left >= 0; left -= 1) {
      const bit = Math.floor(value / 2 ** left) % 2;
      if (this.#used % 8 === 0) this.#bytes.push(0);
      const last = this.#bytes.length - 1;
      this.#bytes[last] = (this.#bytes[last] ?? 0) | (bit << (7 - (this.#used % 8)));
      this.#used += 1;
    }
    return this;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
