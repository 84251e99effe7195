// What is typed about an event becomes a plan by the contract's own rules; a wrong text is named and left out, never mended.
import { describe, expect, it } from 'vitest';
import { eventSettingsSchema } from '../../../src/contract/eventSettings.ts';
import { changedIn, eventFormSchema, planPartsOf, usualForm, wrongIn, type EventForm } from '../../../src/renderer/eventForm.ts';

const form = (change: Partial<EventForm>): EventForm => ({ ...usualForm, ...change });

describe('the form of an event', () => {
  it('asks for nothing where nothing is typed', () => {
    expect(planPartsOf(usualForm)).toEqual({ keepEvent: false });
    expect(wrongIn(usualForm)).toEqual([]);
    expect(changedIn(usualForm)).toBe(0);
  });

  it('becomes settings that the contract takes', () => {
    const typed = form({
      type: 'PassthroughBasic', streamOption: 'LowLatency', ingest: 'rtmp', gopSeconds: '1,5', archiveMinutes: '90', rewindMinutes: '0,5', ingestFor: 'this-computer', previewFor: 'listed',
      allowPreview: '203.0.113.7, 203.0.113.0/24', transcribe: 'en-US de-DE', hostnamePrefix: 'harbour', keepEvent: true, recordSplitMinutes: '10', recordKbps: '12000', slateText: 'Pause', publicFrom: '2026-01-31T09:00',
    });
    expect(wrongIn(typed)).toEqual(['rewindMinutes']);
    const { event, ...rest } = planPartsOf({ ...typed, rewindMinutes: '30' });
    expect(eventSettingsSchema.parse(event)).toEqual({
      type: 'PassthroughBasic', streamOption: 'LowLatency', archiveSeconds: 5400, rewindSeconds: 1800, allowIngest: ['this-computer'], allowPreview: ['203.0.113.7', '203.0.113.0/24'],
      transcribe: ['en-US', 'de-DE'], hostnamePrefix: 'harbour', publicFrom: new Date('2026-01-31T09:00').toISOString(),
    });
    expect(rest).toEqual({ keepEvent: true, ingest: 'rtmp', gopSeconds: 1.5, recordSplitSeconds: 600, recordKbps: 12_000, slate: { text: 'Pause' } });
  });

  it.each<[keyof EventForm, Partial<EventForm>]>([
    ['archiveMinutes', { archiveMinutes: 'an hour' }], ['archiveMinutes', { archiveMinutes: '0' }], ['locatorId', { locatorId: 'mine' }], ['hostnamePrefix', { hostnamePrefix: '-a' }],
    ['transcribe', { transcribe: 'english' }], ['manifestName', { manifestName: 'a/b' }], ['allowIngest', { ingestFor: 'listed' }], ['gopSeconds', { gopSeconds: '-1' }],
    ['recordKbps', { recordKbps: '10' }], ['publicUntil', { publicUntil: 'tomorrow' }], ['slateText', { slateText: 'x'.repeat(61) }],
  ])('names %s where it cannot be used', (field, change) => {
    expect(wrongIn(form(change))).toEqual([field]);
    expect(planPartsOf(form(change))).toEqual({ keepEvent: false });
  });

  it('is read back from anything that was remembered', () => {
    expect(eventFormSchema.parse({ type: 'Gone', archiveMinutes: 7, keepEvent: 'yes' })).toEqual(usualForm);
  });
});
