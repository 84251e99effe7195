import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MediaFormatError } from '../../../src/main/media/formatError.ts';
import { buildSplice, parseSplice } from '../../../src/main/media/scte35.ts';

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));
/** SCTE 35 2019 §14.2, https://www.scte.org/SCTEDocs/Standards/ANSI_SCTE%2035%202019r1.pdf; github.com/futzu/threefive tests with it too. */
const spliceInsert = bytesOf('/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo=');
/** SCTE 35 2019 §14.1: a placement opportunity begins. */
const timeSignal = bytesOf('/DA0AAAAAAAA///wBQb+cr0AUAAeAhxDVUVJSAAAjn/PAAGlmbAICAAAAAAsoKGKNAIAmsnRfg==');

describe('SCTE-35 sections', () => {
  it('reads the samples of the standard', () => {
    expect(parseSplice(spliceInsert)).toEqual({ meaning: 'out', commandType: 5, eventId: 0x4800_008f, durationSeconds: 5_426_421 / 90_000 });
    expect(parseSplice(timeSignal)).toEqual({ meaning: 'out', commandType: 6, eventId: 0x4800_008e, durationSeconds: 27_630_000 / 90_000 });
  });

  it('builds a splice_insert that differs from the sample of the standard only where its fields differ', () => {
    const built = buildSplice({ meaning: 'out', eventId: 0x4800_008f, seconds: 1_936_310_318 / 90_000, durationSeconds: 5_426_421 / 90_000, command: 'spliceInsert' });
    // The sample carries an avail descriptor of 10 bytes behind the command; the command itself is the same to the bit.
    expect(Buffer.from(built.subarray(14, 34)).toString('hex')).toBe(Buffer.from(spliceInsert.subarray(14, 34)).toString('hex'));
  });

  it('reads what it builds', () => {
    fc.assert(fc.property(
      fc.constantFrom('out' as const, 'in' as const, 'cancel' as const), fc.constantFrom('spliceInsert' as const, 'timeSignal' as const),
      fc.nat({ max: 0xffff_ffff }), fc.double({ min: 0, max: 2_000_000, noNaN: true }), fc.option(fc.integer({ min: 1, max: 3600 }), { nil: undefined }),
      (meaning, command, eventId, seconds, duration) => {
        const durationSeconds = meaning === 'out' ? duration : undefined;
        const read = parseSplice(buildSplice({ meaning, command, eventId, seconds, durationSeconds }));
        expect(read).toEqual({ meaning, commandType: command === 'spliceInsert' ? 5 : 6, eventId, durationSeconds });
      },
    ));
  });

  it('refuses what is no section, with a typed error and nothing else', () => {
    for (const section of [spliceInsert, timeSignal]) {
      for (let at = 0; at < section.length; at += 1) {
        const broken = section.slice();
        broken[at] = (broken[at] ?? 0) ^ 0x10;
        expect(() => parseSplice(broken)).toThrow(MediaFormatError);
        expect(() => parseSplice(section.subarray(0, at))).toThrow(MediaFormatError);
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      bytes[0] = 0xfc;
      try {
        parseSplice(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MediaFormatError);
      }
    }));
  });
});
