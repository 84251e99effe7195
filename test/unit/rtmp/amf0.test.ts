import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAmf0 } from '../../../src/main/rtmp/amf0Reader.ts';
import { AmfEcmaArray, AmfTypedObject, AmfXmlDocument, amfMembersOf, type AmfObject, type AmfValue } from '../../../src/main/rtmp/amf0Value.ts';
import { writeAmf0 } from '../../../src/main/rtmp/amf0Writer.ts';
import { RtmpProtocolError } from '../../../src/main/rtmp/rtmpProtocolError.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const key = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', ''));
const { value } = fc.letrec<{ value: AmfValue; members: AmfObject }>((tie) => ({
  members: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.double(), fc.boolean(), text, fc.constant(null), fc.constant(undefined), fc.date({ noInvalidDate: true }),
    text.map((xml) => new AmfXmlDocument(xml)),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('members'),
    tie('members').map((entries) => new AmfEcmaArray(entries)),
    fc.tuple(text, tie('members')).map(([name, entries]) => new AmfTypedObject(name, entries)),
  ),
}));

describe('AMF0', () => {
  it('reads what it writes, every type, nested', () => {
    fc.assert(fc.property(fc.array(value, { maxLength: 5 }), (values) => {
      expect(readAmf0(writeAmf0(values))).toEqual(values);
    }));
  });

  it('writes a long string where a string is too short (§2.14)', () => {
    const long = 'é'.repeat(40_000);
    const bytes = writeAmf0([long]);
    expect(bytes[0]).toBe(0x0c);
    expect(readAmf0(bytes)).toEqual([long]);
  });

  it('writes the bytes of the specification', () => {
    expect(Buffer.from(writeAmf0(['ab', 1, { k: true }, null])).toString('hex')).toBe(
      '0200026162003ff00000000000000300016b010100000905');
  });

  it('gives a member "__proto__" no power', () => {
    const [read] = readAmf0(Buffer.from('030009' + Buffer.from('__proto__').toString('hex') + '030001780101000009000009', 'hex'));
    const members = amfMembersOf(read);
    expect(Object.keys(members ?? {})).toEqual(['__proto__']);
    expect((members as { x?: unknown }).x).toBeUndefined();
  });

  it('follows a reference to a finished value (§2.9)', () => {
    // [ {a:1}, ref 1 ]: index 0 is the array, index 1 the object.
    const [read] = readAmf0(Buffer.from('0a0000000203000161003ff0000000000000000009070001', 'hex'));
    expect(read).toEqual([{ a: 1 }, { a: 1 }]);
  });

  it.each([
    ['a reference into a value that is still open', '0a00000001070000', 'amf_type'],
    ['a reference to nothing', '070000', 'amf_type'],
    ['AMF3 inside', '1101', 'amf_type'],
    ['a movie clip', '04', 'amf_type'],
    ['a number cut short', '003ff0', 'amf_truncated'],
    ['a string cut short', '02000561', 'amf_truncated'],
    ['an array longer than the message', '0affffffff05', 'amf_truncated'],
    ['an object without end', '03000161', 'amf_truncated'],
    ['33 levels', '0a00000001'.repeat(33) + '05', 'amf_limits'],
  ])('refuses %s', (_name, hex, code) => {
    expect(() => readAmf0(Buffer.from(hex, 'hex'))).toThrow(expect.objectContaining({ name: 'RtmpProtocolError', code }));
  });

  it('refuses references that would unfold into billions of values', () => {
    // Each array holds the one before it ten times: 40 bytes a level, a factor of ten a level.
    const levels = [`0a0000000a${'05'.repeat(10)}`];
    for (let index = 0; index < 9; index += 1) levels.push('0a0000000a' + ('07' + index.toString(16).padStart(4, '0')).repeat(10));
    expect(() => readAmf0(Buffer.from(levels.join(''), 'hex'))).toThrow(expect.objectContaining({ code: 'amf_limits' }));
  });

  it('refuses more values than a message may hold', () => {
    expect(() => readAmf0(new Uint8Array(10_000).fill(5))).toThrow(expect.objectContaining({ code: 'amf_limits' }));
  });

  it('writes no cycles', () => {
    const loop: Record<string, AmfValue> = {};
    loop['self'] = loop;
    expect(() => writeAmf0([loop])).toThrow(RangeError);
  });

  it('never throws anything but RtmpProtocolError', () => {
    fc.assert(fc.property(fc.array(value, { maxLength: 3 }), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat(), (values, flips, cut) => {
      const bytes = writeAmf0(values);
      for (const [at, byte] of flips) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      try {
        readAmf0(bytes.subarray(0, bytes.length - (cut % (bytes.length + 1))));
      } catch (error) {
        expect(error).toBeInstanceOf(RtmpProtocolError);
      }
    }), { numRuns: 500 });
  });
});
