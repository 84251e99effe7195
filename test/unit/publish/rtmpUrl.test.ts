import { describe, expect, it } from 'vitest';
import { describeTarget, parseRtmpUrl, publishNameOf, redactor, redactRtmpUrl, tcUrlOf } from '../../../src/main/publish/rtmpUrl.ts';

const TOKEN = 'c0ffee00c0ffee00c0ffee00c0ffee00';

describe('parseRtmpUrl', () => {
  it.each([
    [`rtmps://h.example:2935/live/${TOKEN}/720p`, { secure: true, host: 'h.example', port: 2935, app: `live/${TOKEN}`, streamName: '720p', query: '' }],
    ['rtmp://h/app/key', { secure: false, host: 'h', port: 1935, app: 'app', streamName: 'key', query: '' }],
    ['rtmps://h/app/key', { secure: true, host: 'h', port: 443, app: 'app', streamName: 'key', query: '' }],
    ['rtmp://h/a/b/c/key/', { secure: false, host: 'h', port: 1935, app: 'a/b/c', streamName: 'key', query: '' }],
    ['rtmp://h/app/key?videodatarate=5000&audiodatarate=192', { secure: false, host: 'h', port: 1935, app: 'app', streamName: 'key', query: 'videodatarate=5000&audiodatarate=192' }],
    ['rtmp://[::1]:1936/app/key', { secure: false, host: '::1', port: 1936, app: 'app', streamName: 'key', query: '' }],
    ['rtmp://h/App/Key_-.~%20', { secure: false, host: 'h', port: 1935, app: 'App', streamName: 'Key_-.~%20', query: '' }],
  ])('%s', (url, target) => {
    expect(parseRtmpUrl(url)).toEqual(target);
  });

  it('takes the whole path as the app where the stream name is given', () => {
    expect(parseRtmpUrl(`rtmps://h:2935/live/${TOKEN}/`, '720p?x=1')).toEqual({ secure: true, host: 'h', port: 2935, app: `live/${TOKEN}`, streamName: '720p', query: 'x=1' });
  });

  it.each([
    ['http://h/app/key', 'RTMP_URL_SCHEME'],
    ['rtmp://h', 'RTMP_URL_NO_APP'],
    ['rtmp://h/', 'RTMP_URL_NO_APP'],
    [`rtmp://h/${TOKEN}`, 'RTMP_URL_NO_STREAM_NAME'],
    [`rtmp://h/${TOKEN}/`, 'RTMP_URL_NO_STREAM_NAME'],
    [`rtmp:///app/${TOKEN}`, 'RTMP_URL_INVALID'],
    [TOKEN, 'RTMP_URL_INVALID'],
    [`rtmp://h/app/${TOKEN} x`, 'RTMP_URL_INVALID'],
    [`rtmp://user:${TOKEN}@h/app/key`, 'RTMP_URL_INVALID'],
    [`rtmp://h/app/key#${TOKEN}`, 'RTMP_URL_INVALID'],
    [`rtmp://h:99999/app/${TOKEN}`, 'RTMP_URL_INVALID'],
    ['', 'RTMP_URL_INVALID'],
  ])('refuses "%s" with a sentence that does not quote it', (url, code) => {
    let error: unknown;
    try {
      parseRtmpUrl(url);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ name: 'OperatorError', code, message: expect.stringMatching(/\.$/), action: expect.stringMatching(/\.$/) });
    expect(`${(error as Error).message} ${String((error as Error).cause)}`).not.toContain(TOKEN);
  });

  it('refuses an empty stream name and one with a slash', () => {
    expect(() => parseRtmpUrl('rtmp://h/app', '')).toThrow(expect.objectContaining({ code: 'RTMP_URL_NO_STREAM_NAME' }));
    expect(() => parseRtmpUrl('rtmp://h/app', 'a/b')).toThrow(expect.objectContaining({ code: 'RTMP_URL_INVALID' }));
  });
});

describe('what is shown and sent', () => {
  const target = parseRtmpUrl(`rtmps://h:2935/live/${TOKEN}/my-key?pass=hunter22`);

  it('hides token, stream name and query, and keeps where it goes', () => {
    expect(redactRtmpUrl(`rtmps://h:2935/live/${TOKEN}/my-key?pass=hunter22`)).toBe('rtmps://h:2935/live/***/***');
    expect(redactRtmpUrl('rtmp://[::1]/app/key')).toBe('rtmp://[::1]:1935/app/***');
    expect(describeTarget(target)).toBe('rtmps://h:2935/live/***/***');
    expect(redactRtmpUrl(`not a url ${TOKEN}`)).toBe('rtmp://***');
    expect(redactRtmpUrl(`rtmp://h/${TOKEN}`)).toBe('rtmp://***');
  });

  it('gives servers the full names', () => {
    expect(tcUrlOf(target)).toBe(`rtmps://h:2935/live/${TOKEN}`);
    expect(publishNameOf(target)).toBe('my-key?pass=hunter22');
  });

  it('finds keys in texts of others', () => {
    const redact = redactor(target);
    const said = redact(`Stream my-key (live/${TOKEN}) on rtmps://h:2935/live/${TOKEN}/my-key?pass=hunter22 is live; hunter22`);
    expect(said).not.toMatch(new RegExp(`${TOKEN}|my-key|hunter22`));
    expect(said).toContain('is live');
  });
});
