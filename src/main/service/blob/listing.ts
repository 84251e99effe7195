// "List Blobs": one page of names under a prefix, folded at a delimiter, as XML. Pure.
import { xmlText } from './blobError.ts';
import type { StoredBlob } from './containerFiles.ts';

export type ListQuery = { readonly prefix: string; readonly delimiter: string; readonly marker: string; readonly maxResults: number };
export type ListedName = { readonly name: string; readonly isPrefix: boolean };

/** One page of `names` (sorted by bytes). `next` is the marker of the page after it, '' for the last. */
export function pageOfNames(names: readonly string[], { prefix, delimiter, marker, maxResults }: ListQuery): { readonly items: readonly ListedName[]; readonly next: string } {
  const items: ListedName[] = [];
  let lastPrefix: string | undefined;
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    const shown = cut < 0 ? name : name.slice(0, cut + delimiter.length);
    if (shown === lastPrefix || Buffer.compare(Buffer.from(shown), Buffer.from(marker)) < 0) continue;
    if (items.length === maxResults) return { items, next: shown };
    if (cut >= 0) lastPrefix = shown;
    items.push({ name: shown, isPrefix: cut >= 0 });
  }
  return { items, next: '' };
}

/** The answer; `blobs` by name, for those items that are no prefix. */
export function listXml(query: ListQuery, items: readonly ListedName[], next: string, blobs: ReadonlyMap<string, StoredBlob>, withMetadata: boolean): string {
  const entries = items.map(({ name, isPrefix }) => {
    const blob = blobs.get(name);
    return isPrefix || !blob ? `<BlobPrefix><Name>${xmlText(name)}</Name></BlobPrefix>` : blobXml(name, blob, withMetadata);
  });
  return `<?xml version="1.0" encoding="utf-8"?><EnumerationResults>${element('Prefix', query.prefix)}${element('Marker', query.marker)}`
    + `<MaxResults>${query.maxResults}</MaxResults>${element('Delimiter', query.delimiter)}<Blobs>${entries.join('')}</Blobs><NextMarker>${xmlText(next)}</NextMarker></EnumerationResults>`;
}

function blobXml(name: string, blob: StoredBlob, withMetadata: boolean): string {
  const modified = new Date(blob.modifiedMs).toUTCString();
  const metadata = Object.entries(blob.metadata).map(([key, value]) => `<${key}>${xmlText(value)}</${key}>`).join('');
  return `<Blob><Name>${xmlText(name)}</Name><Properties><Creation-Time>${modified}</Creation-Time><Last-Modified>${modified}</Last-Modified>`
    + `<Etag>${xmlText(blob.etag.slice(1, -1))}</Etag><Content-Length>${blob.sizeBytes}</Content-Length>${element('Content-Type', blob.contentType)}`
    + `${blob.contentMd5 === null ? '' : `<Content-MD5>${blob.contentMd5}</Content-MD5>`}<BlobType>BlockBlob</BlobType>`
    + `<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState><ServerEncrypted>false</ServerEncrypted></Properties>${
      withMetadata ? `<Metadata>${metadata}</Metadata>` : ''}</Blob>`;
}

function element(name: string, text: string): string {
  return text === '' ? '' : `<${name}>${xmlText(text)}</${name}>`;
}
