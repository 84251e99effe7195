import { beforeEach, describe, expect, it } from 'vitest';
import { cueRequestSchema, type CueInput, type CueReceipt } from '../../../src/contract/cue.ts';
import { parseSplice } from '../../../src/main/media/scte35.ts';
import type { TimedCue } from '../../../src/main/media/timedCue.ts';
import { createTimeline } from '../../../src/main/media/timeline.ts';
import { CueDesk } from '../../../src/main/show/cueDesk.ts';

const timeline = createTimeline(1_700_000_000, { num: 30_000, den: 1001 }, 2);
let frame: number;
let nowMs: number;
let sent: TimedCue[];
let desk: CueDesk;
beforeEach(() => {
  frame = 601;
  nowMs = 0;
  sent = [];
  desk = new CueDesk({ timeline, nextFrame: () => frame, send: (cue) => { sent.push(cue); }, nowMs: () => nowMs });
});
const give = (input: CueInput): CueReceipt => {
  nowMs += 1000;
  return desk.give(cueRequestSchema.parse(input));
};
const meaningOf = (cue: TimedCue | undefined): string => (cue?.kind === 'splice' ? parseSplice(cue.section).meaning : 'none');

describe('the cue desk', () => {
  it('puts a splice on the first GOP boundary after the pre-roll, where every instance has an IDR', () => {
    const receipt = give({ kind: 'out', id: 'b1', durationSeconds: 30 });
    // 4 s are 119.88 frames; GOPs of 60 frames.
    expect(receipt.atSeconds).toBe((780 * 1001) / 30_000);
    expect(receipt.atUtc).toBe(new Date(1_700_000_000_000 + 26_026).toISOString());
    expect(sent).toMatchObject([{ id: 'b1', seconds: receipt.atSeconds, durationSeconds: 30, form: 'scte35' }]);
    expect(parseSplice((sent[0] as TimedCue & { section: Uint8Array }).section)).toMatchObject({ meaning: 'out', durationSeconds: 30, commandType: 5 });
  });

  it('ends a break with the same ids, and says what is wrong where there is none', () => {
    expect(() => give({ kind: 'in' })).toThrow(expect.objectContaining({ code: 'NO_BREAK' }));
    give({ kind: 'out', id: 'b1', as: 'time-signal' });
    expect(() => give({ kind: 'out', id: 'b1' })).toThrow(expect.objectContaining({ code: 'CUE_EXISTS' }));
    expect(() => give({ kind: 'in' })).toThrow(expect.objectContaining({ code: 'BREAK_NOT_BEGUN' }));
    frame += 600;
    expect(give({ kind: 'in' })).toMatchObject({ kind: 'in', id: 'b1' });
    const [out, back] = sent.map((cue) => parseSplice((cue as TimedCue & { section: Uint8Array }).section));
    expect([out?.meaning, back?.meaning, back?.eventId]).toEqual(['out', 'in', out?.eventId]);
  });

  it('withdraws a splice only while services would still follow', () => {
    give({ kind: 'out', id: 'b1', preRollSeconds: 10 });
    give({ kind: 'out', id: 'b2', preRollSeconds: 10 });
    expect(give({ kind: 'cancel', id: 'b1' })).toMatchObject({ kind: 'cancel', id: 'b1' });
    expect(meaningOf(sent.at(-1))).toBe('cancel');
    expect(sent.at(-1)).toMatchObject({ seconds: sent[0]?.seconds });
    expect(() => give({ kind: 'cancel', id: 'b1' })).toThrow(expect.objectContaining({ code: 'NO_SUCH_CUE' }));
    frame += 240;
    expect(() => give({ kind: 'cancel', id: 'b2' })).toThrow(expect.objectContaining({ code: 'CUE_TOO_SOON' }));
  });

  it('refuses in words what services would ignore, and sends nothing', () => {
    const refusal = (input: CueInput): unknown => {
      try {
        return give(input);
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(refusal({ kind: 'out', preRollSeconds: 3.9 })).toBe('CUE_TOO_SOON');
    expect(refusal({ kind: 'scte35', section: 'AAAA' })).toBe('CUE_INVALID');
    expect(refusal({ kind: 'out', as: 'simple' })).toBe('CUE_NEEDS_DURATION');
    expect(refusal({ kind: 'data', data: 'x'.repeat(300_000) })).toBe('CUE_TOO_LARGE');
    expect(sent).toEqual([]);
    give({ kind: 'data', data: { a: 1 } });
    nowMs -= 1000;
    expect(refusal({ kind: 'data', data: { a: 1 } })).toBe('CUE_TOO_OFTEN');
    expect(give({ kind: 'scte35', section: '/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo=' })).toMatchObject({ id: 'splice-1207959695' });
  });
});
