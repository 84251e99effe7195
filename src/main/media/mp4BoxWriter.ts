// Writes boxes of an MP4 (ISO/IEC 14496-12 §4.2): a name, fields, boxes inside. Knows no codec and keeps nothing.

/** A box; its size is 32 bits, so that what it holds must be smaller than 4 GiB. @param type four characters of Latin-1 */
export function box(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 8);
  return Buffer.concat([boxHead(type, sizeBytes), ...parts], sizeBytes);
}

/** A box with version and flags (§4.2.2). */
export function fullBox(type: string, version: number, flags: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return box(type, u32(version * 2 ** 24 + flags), ...parts);
}

/** A full box of a maker's own. @param uuid 32 hex digits */
export function uuidBox(uuid: string, version: number, flags: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return box('uuid', Buffer.from(uuid, 'hex'), u32(version * 2 ** 24 + flags), ...parts);
}

/** Size and name alone, for a box whose content is written by itself. */
export function boxHead(type: string, sizeBytes: number): Uint8Array {
  return Buffer.concat([u32(sizeBytes), Buffer.from(type, 'latin1')]);
}

export function u16(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint16(2 * index, value);
  return bytes;
}

/** Negative values are written as two's complement. */
export function u32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value);
  return bytes;
}

/** Whole numbers up to 2^53. */
export function u64(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setBigUint64(8 * index, BigInt.asUintN(64, BigInt(value)));
  return bytes;
}
