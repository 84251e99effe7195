// Delivery URLs: what players and people write, and what nobody should.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseByteRange } from '../../../src/main/service/origin/byteRange.ts';
import { parseOriginPath } from '../../../src/main/service/origin/originUrl.ts';

describe('delivery URLs', () => {
  it.each([
    ['show.ism/manifest(format=m3u8-cmaf)', { what: 'manifest', format: 'hls', isEncrypted: false }],
    ['show.ism/manifest(format=m3u8-cmaf).m3u8', { what: 'manifest', format: 'hls', isEncrypted: false }],
    ['show.ism/Manifest(FORMAT=mpd-time-cmaf)', { what: 'manifest', format: 'dash', isEncrypted: false }],
    ['show.ism/manifest%28format%3Dmpd-time-cmaf%29', { what: 'manifest', format: 'dash', isEncrypted: false }],
    ['show.ism/manifest(format=mpd-time-cmaf,audio-only=false).mpd', { what: 'manifest', format: 'dash', isEncrypted: false }],
    ['show.ism/manifest.m3u8', { what: 'manifest', format: 'hls', isEncrypted: false }],
    ['show.ism/manifest(format=m3u8-cmaf,encryption=cbc)', { what: 'manifest', format: 'hls', isEncrypted: true }],
    ['show.ism/manifest(format=m3u8-cmaf,filter=Short;%20low)', { what: 'manifest', format: 'hls', isEncrypted: false, filters: ['short', 'low'] }],
    ['show.ism/QualityLevels(2500000)/Manifest(video,format=m3u8-cmaf,filter=x)', { what: 'mediaPlaylist', kind: 'video', bitrate: 2_500_000, filters: ['x'] }],
    ['show.ism/QualityLevels(2500000)/Manifest(video,format=m3u8-cmaf)', { what: 'mediaPlaylist', kind: 'video', bitrate: 2_500_000 }],
    ['show.ism/qualitylevels(128000)/manifest(audio,format=m3u8-cmaf)', { what: 'mediaPlaylist', kind: 'audio', bitrate: 128_000 }],
    ['show.ism/QualityLevels(2500000)/Fragments(video=51000000060000,format=m3u8-cmaf)', { what: 'segment', kind: 'video', bitrate: 2_500_000, startTicks: 51_000_000_060_000 }],
    ['show.ism/QualityLevels(2500000)/Fragments(video=0,format=mpd-time-cmaf).m4s', { what: 'segment', kind: 'video', bitrate: 2_500_000, startTicks: 0 }],
    ['show.ism/QualityLevels(128000)/Fragments(audio=i,format=mpd-time-cmaf)', { what: 'init', kind: 'audio', bitrate: 128_000, formatId: 0 }],
    ['show.ism/QualityLevels(128000)/Fragments(audio=i2,format=m3u8-cmaf).mp4', { what: 'init', kind: 'audio', bitrate: 128_000, formatId: 2 }],
  ])('%s', (path, expected) => { expect(parseOriginPath(path)).toEqual({ manifestName: 'show', filters: [], ...expected }); });

  it.each([
    ['show.ism/manifest', 415, 'MPE_FORMAT_NOT_SUPPORTED'],
    ['show.ism/manifest(format=m3u8-aapl)', 415, 'MPE_FORMAT_NOT_SUPPORTED'],
    ['show.ism/manifest(format=m3u8-cmaf,encryption=cbcs-aapl)', 415, 'MPE_FORMAT_NOT_SUPPORTED'],
    ['show.ism/manifest(format=m3u8-cmaf,filter=a;b;c;d)', 400, 'MPE_BAD_URL_SYNTAX'],
    ['show.mp4', 404, 'MPE_RESOURCE_NOT_FOUND'],
    ['', 404, 'MPE_RESOURCE_NOT_FOUND'],
    ['../../etc/passwd', 404, 'MPE_RESOURCE_NOT_FOUND'],
    ['show.ism', 400, 'MPE_BAD_URL_SYNTAX'],
    ['show.ism/', 400, 'MPE_BAD_URL_SYNTAX'],
    ['show.ism/manifest(format=m3u8-cmaf', 400, 'MPE_BAD_URL_SYNTAX'],
    ['show.ism/manifest(format)', 400, 'MPE_BAD_URL_SYNTAX'],
    ['show.ism/%zz', 400, 'MPE_BAD_URL_SYNTAX'],
    ['show.ism/QualityLevels(x)/Manifest(video)', 400, 'MPE_BAD_URL_SYNTAX'],
    ['show.ism/QualityLevels(1)/Fragments(video=-1)', 400, 'MPE_BAD_URL_SYNTAX'],
    ['show.ism/QualityLevels(1)/Fragments(video=9007199254740993)', 400, 'MPE_BAD_URL_SYNTAX'],
    ['show.ism/QualityLevels(1)/Fragments(text=1)', 400, 'MPE_BAD_URL_SYNTAX'],
    ['show.ism/QualityLevels(1)/Fragments(video=1)/more', 400, 'MPE_BAD_URL_SYNTAX'],
  ])('%s is refused with %d', (path, status, code) => { expect(parseOriginPath(path)).toMatchObject({ what: 'fault', status, code }); });

  it('never throws, and names a track and a time only where the URL did', () => {
    const piece = fc.constantFrom('show.ism', '/', 'manifest', '(', ')', 'format=', 'm3u8-cmaf', ',', 'QualityLevels(1)', 'Fragments', 'video=', 'i', '7', '%28', '%', '..', '\0', '=');
    fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 200 }), fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''))), (path) => {
      const parsed = parseOriginPath(path);
      expect(['fault', 'manifest', 'mediaPlaylist', 'init', 'segment']).toContain(parsed.what);
      if (parsed.what === 'segment') expect(Number.isSafeInteger(parsed.startTicks) && parsed.startTicks >= 0).toBe(true);
      if (parsed.what !== 'fault') expect(parsed.manifestName).not.toMatch(/[/\\]/);
    }), { numRuns: 3000 });
  });
});

describe('byte ranges', () => {
  it.each([
    [undefined, 'whole'], ['bytes=0-', { start: 0, end: 99 }], ['bytes=0-9', { start: 0, end: 9 }], ['bytes=90-200', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }], ['bytes=-1000', { start: 0, end: 99 }], ['bytes=100-', 'unsatisfiable'], ['bytes=-0', 'unsatisfiable'],
    ['bytes=9-0', 'whole'], ['bytes=-', 'whole'], ['items=0-1', 'whole'], ['bytes=0-1,4-5', 'whole'],
  ])('%s', (header, expected) => { expect(parseByteRange(header, 100)).toEqual(expected); });

  it('stays inside the content for any header', () => {
    fc.assert(fc.property(fc.string({ maxLength: 30 }).map((text) => `bytes=${text}`), fc.integer({ min: 1, max: 1000 }), (header, size) => {
      const range = parseByteRange(header, size);
      if (typeof range === 'object') expect(range.start >= 0 && range.start <= range.end && range.end < size).toBe(true);
    }));
  });
});
