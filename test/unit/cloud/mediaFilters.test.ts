// A filter's form, what the API gets of it, and what a person reads of any filter.
import { expect, test } from 'vitest';
import { filterFormSchema } from '../../../src/contract/mediaFilter.ts';
import { filterOf, filterSentences } from '../../../src/main/cloud/mediaFilters.ts';

const equal = (property: string, value: string) => ({ property, operation: 'Equal', value });

test('bitrates bound the picture and leave the sound; what is not asked for is not restricted', () => {
  expect(filterOf({ maxKbps: 1500 })).toEqual({ tracks: [{ trackSelections: [equal('Type', 'Video'), equal('Bitrate', '0-1500000')] }, { trackSelections: [equal('Type', 'Audio')] }] });
  expect(filterOf({ minKbps: 500, only: 'video' })).toEqual({ tracks: [{ trackSelections: [equal('Type', 'Video'), equal('Bitrate', '500000-')] }] });
  expect(filterOf({ only: 'audio', language: 'de' })).toEqual({ tracks: [{ trackSelections: [equal('Type', 'Audio'), equal('Language', 'de')] }] });
  expect(filterOf({ firstKbps: 800 })).toEqual({ firstQuality: { bitrate: 800_000 } });
});

test('times are ticks of 10 MHz', () => {
  expect(filterOf({ fromSeconds: 1.5, toSeconds: 60, windowSeconds: 120, backoffSeconds: 10, endsLive: true })).toEqual({
    presentationTimeRange: { startTimestamp: 15_000_000, endTimestamp: 600_000_000, presentationWindowDuration: 1_200_000_000, liveBackoffDuration: 100_000_000, timescale: 10_000_000, forceEndTimestamp: true },
  });
});

test('in words, also of filters that somebody else made', () => {
  expect(filterSentences(filterOf({ fromSeconds: 4, toSeconds: 7.5, firstKbps: 800, backoffSeconds: 6 }))).toEqual(['From 4 s to 7.5 s.', 'Live: 6 s behind the edge.', 'Begins with 800 kbit/s.']);
  expect(filterSentences({ presentationTimeRange: { endTimestamp: 90_000, timescale: 1000 }, tracks: [{ trackSelections: [equal('Type', 'Audio'), { property: 'FourCC', operation: 'NotEqual', value: 'EC-3' }] }] }))
    .toEqual(['Tracks whose Type is Audio and FourCC is not EC-3.', 'From the beginning to 90 s.']);
});

test.each([
  [{}, 'restricts nothing'], [{ minKbps: 2, maxKbps: 1 }, 'above the highest'], [{ fromSeconds: 5, toSeconds: 5 }, 'not after'], [{ endsLive: true }, 'needs its time'],
  [{ windowSeconds: 10 }, 'at least 60 s'], [{ backoffSeconds: 301 }, 'at most 300 s'],
])('%j is refused: %s', (form, words) => { expect(filterFormSchema.safeParse(form).error?.issues[0]?.message).toContain(words); });
