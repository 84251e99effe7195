// Addresses of Smooth Streaming publishing points: taken apart, refused without being quoted, shown without their token.
import { describe, expect, it } from 'vitest';
import { failureOfAnswer, isAccepted } from '../../../src/main/publish/smoothRefusal.ts';
import { describeSmoothTarget, parseSmoothUrl, smoothRedactor, smoothStreamUrl } from '../../../src/main/publish/smoothUrl.ts';

const TOKEN = 'c0ffee00c0ffee00c0ffee00c0ffee00';

describe('parseSmoothUrl', () => {
  it('knows scheme, host, port and path', () => {
    expect(parseSmoothUrl(smoothStreamUrl(`https://h.example/${TOKEN}/ingest.isml/`, '720p'))).toEqual({ secure: true, host: 'h.example', port: 443, path: `/${TOKEN}/ingest.isml/streams(720p)` });
    expect(parseSmoothUrl('http://[::1]:8080/t/ingest.isml/Streams(a)')).toEqual({ secure: false, host: '::1', port: 8080, path: '/t/ingest.isml/Streams(a)' });
  });

  it.each(['', 'nonsense', `rtmps://h/live/${TOKEN}/a`, `https://u:${TOKEN}@h/ingest.isml/streams(a)`, `https://h/${TOKEN}/ingest.isml`, `https://h/${TOKEN}/ingest.isml/streams()`, `https://h/${TOKEN}/x.isml/streams(a b)`, `https://h/${TOKEN}/ingest.isml/streams(a)#x`])('refuses %s without quoting it', (url) => {
    let message = '';
    try {
      parseSmoothUrl(url);
    } catch (error) {
      message = String(error);
      expect(error).toMatchObject({ code: 'SMOOTH_URL_INVALID' });
    }
    expect(message).toContain('cannot be used');
    expect(message).not.toContain(TOKEN);
  });
});

it('hides the token in what is shown, and in what a server says', () => {
  const target = parseSmoothUrl(`https://h:4443/${TOKEN}/ingest.isml/streams(studio)?key=hidden-key`.replace('?key=hidden-key', ''));
  expect(describeSmoothTarget(target)).toBe('https://h:4443/***/ingest.isml/streams(***)');
  expect(smoothRedactor(target)(`no ${TOKEN} in ingest.isml for studio`)).toBe('no *** in ingest.isml for ***');
});

describe('an answer', () => {
  const failure = (status: number, body: string, when: 'probe' | 'stream' = 'probe') => failureOfAnswer({ status, body }, when, 'h:443', (text) => text.replaceAll(TOKEN, '***'));

  it('is taken between 200 and 299', () => {
    expect([199, 200, 204, 299, 302, 404, 500].filter((status) => isAccepted({ status, body: '' }))).toEqual([200, 204, 299]);
  });

  it('stands or passes as its code or the service’s own says', () => {
    expect([400, 401, 403, 404, 410, 429, 500, 503].map((status) => failure(status, '').retry)).toEqual([
      'ifItWorkedBefore', 'ifItWorkedBefore', 'ifItWorkedBefore', 'ifItWorkedBefore', 'ifItWorkedBefore', 'always', 'always', 'always',
    ]);
    expect(failure(400, '{"error":{"code":"MPE_CAPACITY_LIMIT_REACHED","message":"slowly"}}')).toMatchObject({ retry: 'always', message: expect.stringContaining('faster than the service takes it') });
    expect(failure(403, '', 'stream')).toMatchObject({ code: 'PUBLISH_ENDED_BY_SERVER', retry: 'always' });
  });

  it('is quoted without keys, pages and line breaks', () => {
    expect(failure(500, `wrong\n\n ${TOKEN} `).message).toBe('h:443 refused the stream (HTTP 500, wrong ***).');
    expect(failure(502, '<html><body>Bad Gateway</body></html>').message).toBe('h:443 refused the stream (HTTP 502).');
    expect(failure(500, 'x'.repeat(5000)).message.length).toBeLessThan(260);
  });
});
