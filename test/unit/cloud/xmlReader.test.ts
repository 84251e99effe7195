// The XML of manifests: what it reads, what it refuses, and that nothing expands.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MediaDamage } from '../../../src/main/cloud/mediaFetch.ts';
import { readXml } from '../../../src/main/cloud/xmlReader.ts';

describe('readXml', () => {
  it('reads elements, attributes, entities, text and CDATA', () => {
    const root = readXml(`\ufeff<?xml version="1.0"?><!-- a > b --><x:MPD xmlns:x="urn:x" a='1' b = "&lt;&amp;&#65;&#x42;&quot;>">
      <BaseURL> a&amp;b </BaseURL><Empty/><C><![CDATA[<raw>&amp;]]></C></x:MPD>`);
    expect(root).toMatchObject({ name: 'MPD', attributes: { a: '1', b: '<&AB">' } });
    expect(root.children.map(({ name, text }) => [name, text])).toEqual([['BaseURL', 'a&b'], ['Empty', ''], ['C', '<raw>&amp;']]);
  });

  it.each([
    '', ' ', 'text', '<a>', '<a></b>', '</a>', '<a/><b/>', '<a/>text', '<a b></a>', '<a b=c></a>', '<a b="1></a>', '<a', '<>x</>', '<a><!-- </a>', '<a><![CDATA[</a>',
    '<!DOCTYPE a><a/>', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', '<a b="<"/>', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`,
  ])('refuses %j', (text) => {
    expect(() => readXml(text)).toThrow(MediaDamage);
  });

  it('leaves unknown entities as they are and never expands anything', () => {
    expect(readXml('<a>&unknown; &#x110000; &#1114112;</a>').text).toBe('&unknown; &#x110000; &#1114112;');
  });

  it('ends on any text, and throws only damage', () => {
    const piece = fc.constantFrom('<', '>', '/', 'a', '"', "'", '=', '!--', '-->', '?', '&', ';', ' ', '[CDATA[', ']]>', '#x');
    fc.assert(fc.property(fc.oneof(fc.string(), fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''))), (text) => {
      try {
        readXml(text);
      } catch (error) {
        expect(error).toBeInstanceOf(MediaDamage);
      }
    }), { numRuns: 2000 });
  });

  it('reads back what it is given', () => {
    const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (attribute, text) => {
      const root = readXml(`<a b="${escape(attribute)}">${escape(text)}</a>`);
      expect(root.attributes['b']).toBe(attribute);
      expect(root.text).toBe(text.trim());
    }));
  });
});
