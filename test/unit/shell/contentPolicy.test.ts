import { describe, expect, test } from 'vitest';
import { SECURITY_HEADERS } from '../../../src/main/page/pagePolicy.ts';
import { isOwnPage, mayUse } from '../../../src/main/shell/contentPolicy.ts';

describe('what belongs to the application', () => {
  test.each([
    ['app://fieldcast/index.html', true],
    ['app://fieldcast/', true],
    ['app://fieldcast.evil.example/index.html', false],
    ['app://fieldcast@evil.example/', false],
    ['app://other/index.html', false],
    ['https://fieldcast/index.html', false],
    ['file:///etc/passwd', false],
    ['javascript:alert(1)', false],
    ['data:text/html,hello', false],
    ['', false],
  ])('%s → %s', (url, own) => expect(isOwnPage(url)).toBe(own));
});

test('permissions are refused unless they are on the list and asked by an own page', () => {
  expect(mayUse('fullscreen', 'app://fieldcast/index.html')).toBe(true);
  expect(mayUse('fullscreen', 'https://evil.example/')).toBe(false);
  for (const permission of ['media', 'geolocation', 'notifications', 'openExternal', 'hid', 'display-capture', 'toString']) {
    expect(mayUse(permission, 'app://fieldcast/index.html')).toBe(false);
  }
});

test('no script, frame or connection from elsewhere', () => {
  const policy = new Map(SECURITY_HEADERS['content-security-policy']!.split('; ').map((rule) => {
    const [name = '', ...sources] = rule.split(' ');
    return [name, sources] as const;
  }));
  expect(policy.get('default-src')).toEqual(["'none'"]);
  expect(policy.get('script-src')).toEqual(["'self'"]);
  expect(policy.get('connect-src')).toEqual(["'self'", 'ws://127.0.0.1:*', 'http://127.0.0.1:*']);
  expect([...policy.values()].flat()).not.toContain("'unsafe-inline'");
  expect([...policy.values()].flat()).not.toContain("'unsafe-eval'");
});
