// Content keys of streaming locators and the encryption of segments with them: AES-128 of whole segments (RFC 8216 §4.3.2.4). Pure.
import { createCipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';

export type ContentKey = {
  /** GUID by which players and tokens name it. */
  readonly id: string;
  /** 16 bytes, base64. */
  readonly value: string;
};

export function newContentKey(): ContentKey {
  return { id: randomUUID(), value: randomBytes(16).toString('base64') };
}

/** What the origin needs of a key. */
export type SegmentEncryption = { /** Where players get the key, where that is not this service. */ readonly keyUrl?: string; readonly keyId: string; readonly key: Uint8Array; readonly iv: Uint8Array };

/** The IV is the same for all segments of a locator, as the real service has it, and follows from the key's id. */
export function encryptionWith({ id, value }: ContentKey): SegmentEncryption {
  return { keyId: id, key: Buffer.from(value, 'base64'), iv: createHash('sha256').update(`fieldcast iv\n${id.toLowerCase()}`).digest().subarray(0, 16) };
}

/** CBC with PKCS #7: the whole segment, its boxes included. */
export function encryptSegment(bytes: Uint8Array, { key, iv }: SegmentEncryption): Uint8Array {
  const cipher = createCipheriv('aes-128-cbc', key, iv);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

/** Length of a segment of this many bytes once it is encrypted: padded to the next whole block, always by one byte at least. */
export function encryptedLength(sizeBytes: number): number {
  return (Math.floor(sizeBytes / 16) + 1) * 16;
}
