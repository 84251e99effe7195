import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../../src/main/cli/destination.ts';
import { parseStreamPlace } from '../../../src/main/cli/streamPlace.ts';

describe('parseStreamPlace', () => {
  it.each([
    ['youtube', { name: 'youtube', platform: 'youtube', server: 'rtmps://a.rtmps.youtube.com:443/live2' }],
    ['church=youtube', { name: 'church', platform: 'youtube', server: 'rtmps://a.rtmps.youtube.com:443/live2' }],
    ['linkedin:rtmps://1-2.example.com/live/', { name: 'linkedin', platform: 'linkedin', server: 'rtmps://1-2.example.com/live' }],
    ['twitch:rtmp://sfo.contribute.live-video.net/app', { name: 'twitch', platform: 'twitch', server: 'rtmp://sfo.contribute.live-video.net/app' }],
    ['rtmps://live-api-s.facebook.com:443/rtmp/', { name: 'facebook', platform: 'facebook', server: 'rtmps://live-api-s.facebook.com:443/rtmp' }],
    ['rtmp://10.0.0.7/live', { name: '10-0-0-7', platform: 'generic', server: 'rtmp://10.0.0.7/live' }],
    ['twitch@480p', { name: 'twitch', platform: 'twitch', server: 'rtmps://ingest.global-contribute.live-video.net:443/app', rendition: '480p' }],
    ['hall=rtmp://10.0.0.7/live@720p', { name: 'hall', platform: 'generic', server: 'rtmp://10.0.0.7/live', rendition: '720p' }],
    ['studio=rtmp://media.example.com/live/instance/', { name: 'studio', platform: 'generic', server: 'rtmp://media.example.com/live/instance' }],
  ])('reads %s', (text, place) => {
    expect(parseStreamPlace(text)).toEqual(place);
  });

  it.each(['rtmp://host/app/topsecret', 'youtube:rtmps://a.rtmps.youtube.com/live2/topsecret', 'rtmp://host/app?key=topsecret', 'rtmp://me:topsecret@host/app'])('refuses a key in %s without showing it', (text) => {
    expect(() => parseStreamPlace(text)).toThrow(expect.objectContaining({ code: 'STREAM_KEY_IN_ARGUMENTS', message: expect.not.stringContaining('topsecret'), action: expect.not.stringContaining('topsecret') }));
  });

  it.each(['', 'somewhere', 'linkedin', 'rtmp://', 'rtmp://host', 'Ü=youtube', 'http://host/app'])('refuses %j with what would do', (text) => {
    expect(() => parseStreamPlace(text)).toThrow(expect.objectContaining({ code: 'STREAM_PLACE_UNKNOWN' }));
  });
});

describe('a platform as destination', () => {
  it('has its key fetched by name', () => {
    expect(parseDestination('youtube')).toEqual({ kind: 'rtmp', url: 'rtmps://a.rtmps.youtube.com:443/live2', keyName: 'youtube', platform: 'youtube' });
    expect(parseDestination('main=twitch')).toMatchObject({ keyName: 'main', platform: 'twitch' });
    expect(() => parseDestination('main=twitch@480p')).toThrow(expect.objectContaining({ code: 'STREAM_PLACE_UNKNOWN', action: expect.stringContaining('--ladder 480p') }));
    expect(parseDestination('hall=rtmp://10.0.0.7/live')).toEqual({ kind: 'rtmp', url: 'rtmp://10.0.0.7/live', keyName: 'hall', platform: 'generic' });
    expect(parseDestination('rtmp://host/app/key?a=b')).toEqual({ kind: 'rtmp', url: 'rtmp://host/app/key?a=b' });
    expect(parseDestination('rtmp://host/app/key')).toEqual({ kind: 'rtmp', url: 'rtmp://host/app/key' });
  });
});
