// Writes the body of a request to a file as it arrives, counted and checked. Never holds more of it than one piece.
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { BlobError } from './blobError.ts';
import { Crc64 } from './crc64.ts';

/** What the client says about its body; base64 where it is a digest. */
export type BodyPromise = { readonly sizeBytes: number; readonly md5: string | undefined; readonly crc64: string | undefined };

/**
 * @returns MD5 of what was written, base64.
 * @throws BlobError 400 `Md5Mismatch`, `Crc64Mismatch`, `IncompleteBody`.
 */
export async function writeBody(body: AsyncIterable<Uint8Array>, handle: FileHandle, promise: BodyPromise): Promise<string> {
  const md5 = createHash('md5');
  const crc = promise.crc64 === undefined ? undefined : new Crc64();
  let written = 0;
  for await (const piece of body) {
    if (written + piece.length > promise.sizeBytes) throw incomplete();
    md5.update(piece);
    crc?.update(piece);
    await writeAll(handle, piece);
    written += piece.length;
  }
  if (written !== promise.sizeBytes) throw incomplete();
  const digest = md5.digest('base64');
  if (promise.md5 !== undefined && promise.md5 !== digest) {
    throw new BlobError(400, 'Md5Mismatch', 'The MD5 value specified in the request did not match with the MD5 value calculated by the server.');
  }
  if (crc !== undefined && crc.digest().toString('base64') !== promise.crc64) {
    throw new BlobError(400, 'Crc64Mismatch', 'The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.');
  }
  return digest;
}

/** Appends at the file's position, all of it. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
}

function incomplete(): BlobError {
  return new BlobError(400, 'IncompleteBody', 'The request body is not as long as its Content-Length says.');
}
