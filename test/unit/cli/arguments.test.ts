import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../../src/main/cli/destination.ts';
import { parseDuration } from '../../../src/main/cli/duration.ts';

describe('parseDuration', () => {
  it.each([['30', 30], ['30s', 30], ['10m', 600], ['1h30m', 5400], ['1.5s', 1.5], ['1h2m3s', 3723]])('reads %s', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '0', '-3s', 'soon', '30x', '26h', 's', '1m1h'])('refuses %j with an example', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'BAD_DURATION', action: expect.stringContaining('1h30m') }));
  });
});

describe('parseDestination', () => {
  it('knows its kinds', () => {
    expect(parseDestination('embedded')).toEqual({ kind: 'embedded' });
    expect(parseDestination('arm:/subscriptions/x').kind).toBe('arm');
    expect(parseDestination('RTMPS://host/app/key').kind).toBe('rtmp');
  });

  it('never repeats what was mistyped, for it may hold a key', () => {
    expect(() => parseDestination('rtmmp://host/app/topsecret')).toThrow(expect.objectContaining({
      code: 'UNKNOWN_DESTINATION', message: expect.not.stringContaining('topsecret'),
    }));
  });
});
