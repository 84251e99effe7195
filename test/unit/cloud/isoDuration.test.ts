import { expect, it } from 'vitest';
import { secondsOfDuration } from '../../../src/main/cloud/isoDuration.ts';

it.each([
  ['PT1H', 3600], ['PT25H30M', 91_800], ['P1DT1H', 90_000], ['PT90.5S', 90.5], ['PT0S', 0], ['P2D', 172_800], ['PT1H1M1S', 3661],
  ['', undefined], ['P', undefined], ['PT', undefined], ['P1DT', undefined], ['1H', undefined], ['PT-1H', undefined], ['P1Y', undefined], [7, undefined], [undefined, undefined],
])('%s is %s s', (text, seconds) => {
  expect(secondsOfDuration(text)).toBe(seconds);
});
