// Viewer URLs: built by rule, taken from listPaths, and the locator id that can be known beforehand.
import { describe, expect, it } from 'vitest';
import { locatorIdFor, playbackUrlsOf, withFormat } from '../../../src/main/cloud/playbackUrls.ts';

describe('withFormat', () => {
  it.each([
    ['https://h/id/preview.ism/manifest', 'https://h/id/preview.ism/manifest(format=m3u8-cmaf)'],
    ['https://h/id/preview.ism/manifest/', 'https://h/id/preview.ism/manifest(format=m3u8-cmaf)'],
    ['https://h/id/preview.ism/manifest?key=1', 'https://h/id/preview.ism/manifest(format=m3u8-cmaf)?key=1'],
    ['https://h/id/preview.ism/manifest(format=mpd-time-cmaf)', 'https://h/id/preview.ism/manifest(format=mpd-time-cmaf)'],
  ])('%s', (from, to) => {
    expect(withFormat(from, 'm3u8-cmaf')).toBe(to);
  });
});

describe('playbackUrlsOf', () => {
  const rule = { hls: 'https://h/id/my%20show.ism/manifest(format=m3u8-cmaf)', dash: 'https://h/id/my%20show.ism/manifest(format=mpd-time-cmaf)' };

  it('follows the documented rule where nothing usable is listed', () => {
    expect(playbackUrlsOf('https://h/', 'id', 'my show', undefined)).toEqual(rule);
    for (const streamingPaths of [null, [], 'x', [{ streamingProtocol: 'Hls', encryptionScheme: 'NoEncryption', paths: null }],
      [{ streamingProtocol: 'Hls', encryptionScheme: 'CommonEncryptionCenc', paths: ['/id/my show.ism/manifest(format=m3u8-cmaf)'] }],
      [{ streamingProtocol: 'Hls', encryptionScheme: 'NoEncryption', paths: ['//elsewhere/my show.ism/manifest', 'https://elsewhere/my show.ism/manifest', 7] }]]) {
      expect(playbackUrlsOf('https://h', 'id', 'my show', { streamingPaths } as never)).toEqual(rule);
    }
  });

  it('finds its manifest in a list, encoded or not', () => {
    const paths = { streamingPaths: [{ streamingProtocol: 'Dash', encryptionScheme: 'NoEncryption', paths: ['/x/my%20show.ism/manifest(format=mpd-time-csf)'] }] };
    expect(playbackUrlsOf('https://h', 'id', 'my show', paths).dash).toBe('https://h/x/my%20show.ism/manifest(format=mpd-time-csf)');
  });
});

describe('locatorIdFor', () => {
  it('is a UUID that depends on account and asset, not on the letter case of the account', () => {
    expect(locatorIdFor('/subscriptions/A', 'x')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(locatorIdFor('/subscriptions/A', 'x')).toBe(locatorIdFor('/subscriptions/a', 'x'));
    expect(new Set([locatorIdFor('a', 'x'), locatorIdFor('a', 'X'), locatorIdFor('b', 'x')]).size).toBe(3);
  });
});
