// What filters leave of a presentation: tracks, time, the live edge, and the rendition to begin with.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filtered, type FilterCondition, type MediaFilter } from '../../../src/main/service/origin/mediaFilter.ts';
import { multivariantPlaylist } from '../../../src/main/service/origin/hlsPlaylist.ts';
import { showTracks } from '../../../src/main/service/origin/shownTracks.ts';
import { audioTrackOf, presentationOf, videoTrackOf } from '../../support/shownPresentation.ts';

/** Ten segments of two seconds from second 100 on. */
const numbers = Array.from({ length: 10 }, (_, index) => index);
const video = (bitrate: number) => videoTrackOf(bitrate, numbers.map((index) => [index, (100 + 2 * index) * 30_000, 60_000]));
const audio = audioTrackOf(128_000, numbers.map((index) => [index, (100 + 2 * index) * 48_000, 96_000]));
const stored = presentationOf([video(2_500_000), video(1_200_000), video(600_000), audio], { isLive: false });
const live = presentationOf([video(2_500_000), video(1_200_000), audio], { expectedTracks: ['video_2500000', 'audio_128000'] });
const none: MediaFilter = { presentationTimeRange: null, firstQuality: null, tracks: [] };
const tracks = (...selections: FilterCondition[][]): MediaFilter => ({ ...none, tracks: selections.map((trackSelections) => ({ trackSelections })) });
const is = (property: FilterCondition['property'], value: string): FilterCondition => ({ property, operation: 'Equal', value });
const isNot = (property: FilterCondition['property'], value: string): FilterCondition => ({ property, operation: 'NotEqual', value });
const namesOf = (...filters: MediaFilter[]): string[] => filtered(stored, filters).tracks.map(({ identity }) => identity.name);
const spanOf = (presentation = stored, ...filters: MediaFilter[]): [number, number] => {
  const [first] = filtered(presentation, filters).tracks;
  return [first!.segments[0]!.startTicks / 30_000, (first!.segments.at(-1)!.startTicks + 60_000) / 30_000];
};
const range = (times: NonNullable<MediaFilter['presentationTimeRange']>): MediaFilter => ({ ...none, presentationTimeRange: times });

test('tracks by kind, bitrate, name, format and language; conditions together, selections besides each other, filters all at once', () => {
  expect(namesOf(tracks([is('Type', 'Audio')]))).toEqual(['audio_128000']);
  expect(namesOf(tracks([is('Type', 'video'), is('Bitrate', '0-1500000')], [is('Type', 'Audio')]))).toEqual(['video_1200000', 'video_600000', 'audio_128000']);
  expect(namesOf(tracks([is('Bitrate', '1200000-')]))).toEqual(['video_2500000', 'video_1200000']);
  expect(namesOf(tracks([is('Bitrate', '600000')]))).toEqual(['video_600000']);
  expect(namesOf(tracks([isNot('Bitrate', '600000-1300000')]))).toEqual(['video_2500000', 'audio_128000']);
  expect(namesOf(tracks([is('FourCC', 'H264')]))).toHaveLength(3);
  expect(namesOf(tracks([is('FourCC', 'mp4a')]))).toEqual(['audio_128000']);
  expect(namesOf(tracks([isNot('FourCC', 'EC-3'), isNot('Language', 'en')]))).toHaveLength(4);
  expect(namesOf(tracks([is('Name', 'VIDEO_600000')]), tracks([is('Type', 'Video')]))).toEqual(['video_600000']);
  expect(namesOf(none)).toHaveLength(4);
});

test('a part of the time is whole segments; several parts are what is common to them', () => {
  expect(spanOf(stored, range({ startTimestamp: 105, endTimestamp: 111, timescale: 1 }))).toEqual([104, 112]);
  expect(spanOf(stored, range({ startTimestamp: 1_060_000_000 }))).toEqual([106, 120]);
  expect(spanOf(stored, range({ startTimestamp: 104, timescale: 1 }), range({ endTimestamp: 108, timescale: 1 }))).toEqual([104, 108]);
  // Of a recording there is no edge to stay away from.
  expect(spanOf(stored, range({ presentationWindowDuration: 60, liveBackoffDuration: 10, timescale: 1 }))).toEqual([100, 120]);
});

test('live: the edge is held back, the window is shorter, an end counts only where it is forced', () => {
  expect(spanOf(live, range({ liveBackoffDuration: 6, timescale: 1 }))).toEqual([100, 114]);
  expect(filtered(live, [range({ presentationWindowDuration: 40, timescale: 1 })])).toMatchObject({ windowSeconds: 40, isLive: true });
  expect(spanOf(live, range({ endTimestamp: 110, timescale: 1 }))).toEqual([100, 120]);
  expect(filtered(live, [range({ endTimestamp: 110, timescale: 1 })]).isLive).toBe(true);
  expect(spanOf(live, range({ endTimestamp: 110, timescale: 1, forceEndTimestamp: true }))).toEqual([100, 110]);
  expect(filtered(live, [range({ endTimestamp: 110, timescale: 1, forceEndTimestamp: true })]).isLive).toBe(false);
  expect(filtered(live, [range({ endTimestamp: 200, timescale: 1, forceEndTimestamp: true })]).isLive).toBe(true);
  // A track that nobody is offered is not waited for.
  expect(filtered(live, [tracks([is('Type', 'Audio')])]).expectedTracks).toEqual(['audio_128000']);
});

test('the rendition to begin with is listed first, and the playlists behind carry the filter', () => {
  const first = (bitrate: number): string[] => multivariantPlaylist(showTracks(filtered(stored, [{ ...none, firstQuality: { bitrate } }]))!, ',filter=f').split('\n').filter((line) => line.startsWith('QualityLevels'));
  expect(first(1_300_000)).toEqual(['QualityLevels(1200000)', 'QualityLevels(2500000)', 'QualityLevels(600000)'].map((level) => `${level}/Manifest(video,format=m3u8-cmaf,filter=f)`));
  expect(first(1000)[0]).toContain('QualityLevels(600000)');
});

test('whatever the filter, nothing is offered that was not there', () => {
  const condition = fc.record({ property: fc.constantFrom<FilterCondition['property'][]>('Type', 'Name', 'Language', 'FourCC', 'Bitrate', 'Unknown'), operation: fc.constantFrom<FilterCondition['operation'][]>('Equal', 'NotEqual'), value: fc.string({ maxLength: 20 }) });
  const time = fc.option(fc.double({ min: 0, max: 1e18, noNaN: true }), { nil: undefined });
  const filter = fc.record({
    presentationTimeRange: fc.option(fc.record({ startTimestamp: time, endTimestamp: time, presentationWindowDuration: time, liveBackoffDuration: time, timescale: fc.constantFrom(undefined, 1, 10_000_000), forceEndTimestamp: fc.boolean() })),
    firstQuality: fc.option(fc.record({ bitrate: fc.integer({ min: 1, max: 1e7 }) })),
    tracks: fc.array(fc.record({ trackSelections: fc.array(condition, { maxLength: 3 }) }), { maxLength: 3 }),
  });
  fc.assert(fc.property(fc.array(filter, { maxLength: 3 }), fc.constantFrom(stored, live), (filters, presentation) => {
    const left = filtered(presentation, filters);
    for (const track of left.tracks) {
      const before = presentation.tracks.find(({ identity }) => identity.name === track.identity.name)!;
      expect(track.segments.every((segment) => before.segments.includes(segment))).toBe(true);
    }
    const shown = showTracks(left);
    if (shown) multivariantPlaylist(shown);
  }));
});
