import { expect, test } from 'vitest';
import { createRedactedTail, createRedactor } from '../../../src/main/ffmpeg/redactedTail.ts';

test('replaces a secret as it is and percent-encoded', () => {
  const redact = createRedactor(['k3y/with space']);
  expect(redact('rtmp://host/live/k3y/with space: refused')).toBe('rtmp://host/live/***: refused');
  expect(redact('k3y%2Fwith%20space k3y/with%20space')).toBe('*** ***');
});

test('replaces the longer of two secrets that begin alike', () => {
  expect(createRedactor(['abc', 'abcdef'])('x abcdef y')).toBe('x *** y');
});

test('replaces a secret that came in two chunks', () => {
  const tail = createRedactedTail(createRedactor(['geheim']));
  tail.write('opening rtmp://x/geh');
  tail.write('eim failed\nnext');
  tail.end();
  expect(tail.lines).toEqual(['opening rtmp://x/*** failed', 'next']);
});

test('keeps the last 200 lines and counts equal ones', () => {
  const tail = createRedactedTail((text) => text);
  tail.write('the cause\n');
  tail.write('frame dropped\n'.repeat(5000));
  expect(tail.lines).toEqual(['the cause', 'frame dropped (5000 times)']);
  for (let index = 0; index < 500; index += 1) tail.write(`line ${index}\n`);
  expect(tail.lines).toHaveLength(200);
  expect(tail.lines.at(-1)).toBe('line 499');
});

test('is bounded for output without a line break', () => {
  const tail = createRedactedTail((text) => text);
  for (let index = 0; index < 1000; index += 1) tail.write('x'.repeat(1000));
  tail.end();
  expect(tail.lines.join('').length).toBeLessThan(20_000);
});
