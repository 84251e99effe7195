// Names, durations, tokens and versions as the API accepts them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkApiVersion } from '../../../src/main/service/arm/apiVersion.ts';
import { checkAccessToken, checkContainer, checkLiveEventName, checkLiveOutputName, checkManifestName, checkMediaName, durationSeconds } from '../../../src/main/service/arm/names.ts';
import { accessTokenKey } from '../../../src/main/service/records.ts';

const seconds = (text: string): number => durationSeconds('x', text, 0, 1e9);

describe('durations', () => {
  it.each([['PT1M', 60], ['PT25H', 90_000], ['P1DT1H', 90_000], ['PT1H30M', 5400], ['PT0.5S', 0.5], ['PT6S', 6], ['P2D', 172_800]])('reads %s as %d s', (text, expected) => {
    expect(seconds(text)).toBe(expected);
  });

  it.each(['', 'P', 'PT', 'P1D T1H', '60', 'PT1H1H', 'PT-1S', 'P1Y', 'PT1M1H', 'pt1m', `PT${'9'.repeat(40)}S`])('refuses %j', (text) => {
    expect(() => seconds(text)).toThrow(/duration/);
  });

  it('reads back what it is told, and keeps to the range', () => {
    fc.assert(fc.property(fc.nat(23), fc.nat(59), fc.nat(59), (h, m, s) => {
      expect(seconds(`PT${h}H${m}M${s}S`)).toBe(h * 3600 + m * 60 + s);
    }));
    expect(() => durationSeconds('archiveWindowLength', 'PT59S', 60, 90_000)).toThrow(/outside its range/);
    expect(durationSeconds('archiveWindowLength', 'PT1M', 60, 90_000)).toBe(60);
  });
});

describe('names', () => {
  it.each([['a', true], ['A1-b', true], ['a'.repeat(32), true], ['', false], ['a'.repeat(33), false], ['-a', false], ['a-', false], ['a b', false], ['ä', false], ['a\n', false]])('live event %j: %s', (name, ok) => {
    const check = (): void => checkLiveEventName(name);
    if (ok) check();
    else expect(check).toThrow(/live event name/);
  });

  it('decides about hostile names in no time', () => {
    const began = performance.now();
    for (const length of [32, 256, 100_000]) expect(() => checkLiveOutputName(`${'a-'.repeat(length / 2)}!`)).toThrow();
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('lets nothing become a path: whatever is accepted is one plain segment', () => {
    const segment = fc.oneof(fc.string(), fc.constantFrom('..', '.', 'a/b', 'a\\b', '~', 'a\u0000b', 'C:', '%2e%2e'));
    fc.assert(fc.property(segment, (text) => {
      for (const check of [checkContainer, checkManifestName]) {
        try {
          check(text);
        } catch {
          continue;
        }
        expect(text).toMatch(/^[a-zA-Z0-9_-]+$/);
      }
    }));
    expect(() => checkMediaName('asset', 'a/b')).toThrow();
    checkMediaName('asset', 'Ünïcode name 1');
  });
});

describe('access tokens', () => {
  it('are UUIDs with or without hyphens, and compare without either', () => {
    fc.assert(fc.property(fc.uuid(), (uuid) => {
      checkAccessToken(uuid);
      checkAccessToken(uuid.replaceAll('-', '').toUpperCase());
      expect(accessTokenKey(uuid.toUpperCase())).toBe(uuid.replaceAll('-', ''));
      expect(accessTokenKey(uuid)).toMatch(/^[0-9a-f]{32}$/);
    }));
    for (const bad of ['', 'abc', 'g'.repeat(32), `${'a'.repeat(32)}/x`]) expect(() => checkAccessToken(bad)).toThrow(/accessToken/);
  });
});

describe('api-version', () => {
  // What @azure/arm-mediaservices 13.1.0 sends (media-services.md §1.3), and the last published ones.
  it.each([['', '2021-11-01'], ['/liveEvents', '2022-08-01'], ['/streamingEndpoints/default', '2022-11-01'], ['/assets/a', '2022-08-01'], ['/streamingLocators', '2023-01-01'], ['/transforms', '2022-07-01']])('%j knows %s', (tail, version) => {
    checkApiVersion(version, tail);
  });

  it.each([['/liveEvents', '2023-01-01'], ['/assets', '2022-11-01'], ['', '2022-08-01'], ['/liveEvents', '1']])('%j does not know %s', (tail, version) => {
    expect(() => checkApiVersion(version, tail)).toThrow(/supported versions/);
  });
});
