// What is known of a blob besides its bytes: a small file beside it, believed only while it fits the content that is there.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const recordSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  sizeBytes: z.int().nonnegative(),
  /** Of the content, ms: content and record are two files, and a crash may leave the one without the other. */
  modifiedMs: z.number(),
  contentType: z.string(),
  cacheControl: z.string().nullable(),
  contentEncoding: z.string().nullable(),
  contentLanguage: z.string().nullable(),
  contentDisposition: z.string().nullable(),
  /** base64 */
  contentMd5: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
  blocks: z.array(z.object({ id: z.string(), sizeBytes: z.int().positive() })),
});
export type BlobRecord = z.infer<typeof recordSchema>;
export type BlobHeaders = Pick<BlobRecord, 'contentType' | 'cacheControl' | 'contentEncoding' | 'contentLanguage' | 'contentDisposition' | 'metadata'>;

export const PLAIN_HEADERS: BlobHeaders = {
  contentType: 'application/octet-stream', cacheControl: null, contentEncoding: null, contentLanguage: null, contentDisposition: null, metadata: {},
};

/** Changes with every change of the content. */
export function etagOf(content: { readonly sizeBytes: number; readonly modifiedMs: number }): string {
  return `"0x${createHash('sha256').update(`${content.sizeBytes} ${content.modifiedMs}`).digest('hex').slice(0, 16).toUpperCase()}"`;
}

/** The record in `file` if it belongs to content of this size and time; else what can be said of any file. */
export async function readRecord(file: string, name: string, content: { readonly sizeBytes: number; readonly modifiedMs: number }): Promise<BlobRecord> {
  const parsed = await readFile(file, 'utf8').then((text) => recordSchema.safeParse(JSON.parse(text)).data, () => undefined);
  if (parsed?.sizeBytes === content.sizeBytes && parsed.modifiedMs === content.modifiedMs) return parsed;
  return { version: 1, name, ...content, ...PLAIN_HEADERS, contentMd5: null, blocks: [] };
}
