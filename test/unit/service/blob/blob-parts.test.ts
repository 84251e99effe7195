// The pure parts of the blob endpoint: names, checksums, block lists, pages of a listing.
import fc from 'fast-check';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { blobPath } from '../../../../src/main/service/blob/blobName.ts';
import { blockListXml, parseBlockList } from '../../../../src/main/service/blob/blockList.ts';
import { Crc64 } from '../../../../src/main/service/blob/crc64.ts';
import { pageOfNames } from '../../../../src/main/service/blob/listing.ts';
import { containerSas, permissionsOf } from '../../../../src/main/service/blob/sas.ts';

describe('blob names', () => {
  test.each(['', '/x', 'x/', 'a//b', '.', '..', 'a/../b', 'a\\b', 'C:x', 'nul', 'NUL.txt', 'a.', 'a ', '.blobs/x', 'x'.repeat(256), `${'d/'.repeat(16)}x`, 'a\u0000'])('%j is refused', (name) => {
    expect(() => blobPath(name)).toThrow(expect.objectContaining({ code: 'InvalidResourceName' }));
  });
  test('whatever is taken stays below its folder', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.array(fc.constantFrom('.', '..', '/', '\\', 'a', ' ', ':', '%2e')).map((parts) => parts.join(''))), (name) => {
      let segments: readonly string[];
      try {
        segments = blobPath(name);
      } catch {
        return;
      }
      expect(path.relative('/folder', path.join('/folder', ...segments))).toBe(segments.join('/'));
    }));
  });
});

test('CRC-64/NVME: its published check value, and the same in any pieces', () => {
  const of = (...pieces: Uint8Array[]): string => {
    const crc = new Crc64();
    for (const piece of pieces) crc.update(piece);
    return crc.digest().readBigUInt64LE().toString(16);
  };
  expect(of(Buffer.from('123456789'))).toBe('ae8b14860a799888');
  fc.assert(fc.property(fc.uint8Array(), fc.nat(), (bytes, cut) => {
    const at = bytes.length === 0 ? 0 : cut % bytes.length;
    expect(of(bytes.subarray(0, at), bytes.subarray(at))).toBe(of(bytes));
  }));
});

describe('block lists', () => {
  test('are read in order, from where each block is to come', () => {
    expect(parseBlockList('<?xml version="1.0" encoding="UTF-8"?>\n<BlockList>\n <Latest>MQ==</Latest><Committed>Mg==</Committed><Uncommitted>Mw==</Uncommitted></BlockList>'))
      .toEqual([{ id: 'MQ==', from: 'Latest' }, { id: 'Mg==', from: 'Committed' }, { id: 'Mw==', from: 'Uncommitted' }]);
    expect(parseBlockList('<BlockList />')).toEqual([]);
  });
  test.each(['', '<BlockList>', '<BlockList><Other>MQ==</Other></BlockList>', '<BlockList><Latest>!</Latest></BlockList>', '<!DOCTYPE x><BlockList/>', '<BlockList><Latest>MQ</Latest></BlockList>'])('%j is refused', (xml) => {
    expect(() => parseBlockList(xml)).toThrow();
  });
  test('leave out what was not asked for', () => {
    expect(blockListXml({ uncommitted: [{ id: 'MQ==', sizeBytes: 3 }] })).not.toContain('<CommittedBlocks>');
    expect(blockListXml({ uncommitted: [{ id: 'MQ==', sizeBytes: 3 }] })).toContain('<UncommittedBlocks><Block><Name>MQ==</Name><Size>3</Size></Block></UncommittedBlocks>');
  });
});

test('pages of a listing hold each name once, whatever their size', () => {
  const segment = fc.constantFrom('a', 'b', 'c', 'd');
  fc.assert(fc.property(fc.uniqueArray(fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))), fc.integer({ min: 1, max: 4 }), fc.constantFrom('', '/'), (names, maxResults, delimiter) => {
    const sorted = [...names].sort();
    const seen: string[] = [];
    let marker = '';
    do {
      const { items, next } = pageOfNames(sorted, { prefix: '', delimiter, marker, maxResults });
      expect(items.length).toBeLessThanOrEqual(maxResults);
      seen.push(...items.map(({ name }) => name));
      marker = next;
    } while (marker !== '');
    const expected = delimiter === '' ? sorted : [...new Set(sorted.map((name) => (name.includes('/') ? `${name.split('/')[0]}/` : name)))];
    expect(seen).toEqual(expected);
  }));
});

test('a signature holds for one container, its rights and its time', () => {
  const expiry = new Date('2030-01-01T00:00:00Z');
  const query = Object.fromEntries(new URLSearchParams(containerSas('key', 'asset-1', 'rl', expiry)));
  const before = new Date('2029-12-31T23:59:59Z');
  expect([...permissionsOf(query, ['other', 'key'], 'asset-1', before)]).toEqual(['r', 'l']);
  const refused = expect.objectContaining({ status: 403, code: 'AuthenticationFailed' });
  expect(() => permissionsOf(query, ['key'], 'asset-1', expiry)).toThrow(refused);
  expect(() => permissionsOf(query, ['key'], 'asset-2', before)).toThrow(refused);
  expect(() => permissionsOf(query, ['other'], 'asset-1', before)).toThrow(refused);
  for (const name of Object.keys(query).filter((one) => one !== 'spr')) {
    expect(() => permissionsOf({ ...query, [name]: `${query[name]}x` }, ['key'], 'asset-1', before)).toThrow(refused);
    expect(() => permissionsOf({ ...query, [name]: undefined }, ['key'], 'asset-1', before)).toThrow(refused);
  }
});
