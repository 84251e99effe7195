import { basename } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkNameTemplate, recordingName } from '../../../src/main/record/recordingName.ts';

const facts = { event: 'Town hall', startedAt: new Date(2026, 0, 31, 4, 5, 9), part: 1, rendition: '720p' };

describe('name of a recording', () => {
  it('fills the template', () => {
    expect(recordingName('{event} {date} {time}.mp4', facts)).toBe('Town hall 2026-01-31 04-05-09.mp4');
    expect(recordingName('{rendition} {part}', { ...facts, part: 12 })).toBe('720p 12.mp4');
    expect(recordingName('{event}', { ...facts, event: '$& {date}' })).toBe('$& {date}.mp4');
  });

  it('tells parts apart where the template does not', () => {
    expect(recordingName('{event}', { ...facts, part: 2 })).toBe('Town hall part 02.mp4');
    expect(recordingName('{event}', { ...facts, event: 'x'.repeat(400), part: 3 })).toMatch(/^x{192} part 03\.mp4$/);
  });

  it('is one plain file name that Windows takes too, whatever the event is called', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', maxLength: 400 }), fc.integer({ min: 1, max: 99 }), (template, event, part) => {
      const name = recordingName(template, { ...facts, event, part });
      expect(basename(name)).toBe(name);
      expect(name).toMatch(/^[^.\s].*\.mp4$|^[^.\s]\.mp4$/su);
      expect(name).not.toMatch(/[<>:"/\\|?*\n\r\0]|[\s.]\.mp4$/);
      expect(Buffer.byteLength(name)).toBeLessThan(210);
      expect(name.isWellFormed()).toBe(true);
    }));
    expect(recordingName('{event}.mp4', { ...facts, event: '../../etc/passwd' })).toBe('-..-etc-passwd.mp4');
    expect(recordingName('{event}', { ...facts, event: '..' })).toBe('recording.mp4');
    for (const device of ['CON', 'nul', 'Com1', 'LPT9.tar', 'aux ']) expect(recordingName('{event}', { ...facts, event: device })).toMatch(/^-/);
    expect(recordingName('{event}', { ...facts, event: 'Console' })).toBe('Console.mp4');
  });

  it('refuses a template that means something else', () => {
    checkNameTemplate('{event} {part}');
    for (const wrong of ['{evnet}', '{event', 'a/b', 'a\\b', ' ', '{}']) expect(() => checkNameTemplate(wrong), wrong).toThrow(expect.objectContaining({ code: 'RECORD_NAME' }));
  });
});
