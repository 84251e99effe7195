// Block lists in XML: the one that a client commits and the one that it asks for ("Put Block List", "Get Block List"). Pure.
import { BlobError, xmlText } from './blobError.ts';

/** Where Put Block List looks for a block. */
export type BlockChoice = { readonly id: string; readonly from: 'Committed' | 'Uncommitted' | 'Latest' };
/** `id` is base64, as on the wire. */
export type Block = { readonly id: string; readonly sizeBytes: number };

/** Blob service limits. */
const MAX_BLOCKS = 50_000;
const MAX_ID_BYTES = 64;

/** @throws BlobError 400 unless `text` is the base64 of 1 to 64 bytes. */
export function checkBlockId(text: string): void {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length > MAX_ID_BYTES || bytes.toString('base64') !== text) {
    throw new BlobError(400, 'InvalidQueryParameterValue', 'The block id is not the base64 of 1 to 64 bytes.');
  }
}

/** @throws BlobError 400 for anything but a block list. */
export function parseBlockList(xml: string): readonly BlockChoice[] {
  const inner = /^\uFEFF?\s*(?:<\?xml[^>]*\?>)?\s*<BlockList\s*(?:\/>|>(?<blocks>.*)<\/BlockList>)\s*$/s.exec(xml);
  if (inner === null) throw badXml();
  const blocks: BlockChoice[] = [];
  const rest = (inner.groups?.['blocks'] ?? '').replaceAll(/\s*<(?<from>Committed|Uncommitted|Latest)>(?<id>[A-Za-z0-9+/=]{1,128})<\/\k<from>>/g, (_all, from: BlockChoice['from'], id: string) => {
    checkBlockId(id);
    blocks.push({ id, from });
    return '';
  });
  if (rest.trim() !== '') throw badXml();
  if (blocks.length > MAX_BLOCKS) throw new BlobError(400, 'BlockListTooLong', `A blob has at most ${MAX_BLOCKS} blocks.`);
  return blocks;
}

/** Answer of Get Block List; a list that was not asked for is left out. */
export function blockListXml(lists: { readonly committed?: readonly Block[]; readonly uncommitted?: readonly Block[] }): string {
  const list = (name: string, blocks: readonly Block[] | undefined): string => (blocks === undefined ? '' : `<${name}>${
    blocks.map(({ id, sizeBytes }) => `<Block><Name>${xmlText(id)}</Name><Size>${sizeBytes}</Size></Block>`).join('')}</${name}>`);
  return `<?xml version="1.0" encoding="utf-8"?><BlockList>${list('CommittedBlocks', lists.committed)}${list('UncommittedBlocks', lists.uncommitted)}</BlockList>`;
}

function badXml(): BlobError {
  return new BlobError(400, 'InvalidXmlDocument', 'The block list is not the expected XML.');
}
