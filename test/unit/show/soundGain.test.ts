import { describe, expect, it } from 'vitest';
import { gainOfDb, withGain } from '../../../src/main/show/soundGain.ts';
import { HandAudio } from '../../support/handFeeds.ts';

describe('the sound of a source at a gain', () => {
  it('is untouched at 0 dB', () => {
    const feed = new HandAudio('push', () => 0.5);
    feed.make(10);
    expect(withGain(feed, () => gainOfDb(0)).take(10)).toEqual(new Float32Array(20).fill(0.5));
  });

  it('goes from one gain to the other without a step, the same in both channels', () => {
    const feed = new HandAudio('push', () => 0.5);
    feed.make(3000);
    let gain = 1;
    const heard = withGain(feed, () => gain);
    const before = heard.take(1000)!;
    gain = 0;
    const fade = heard.take(1000)!;
    const after = heard.take(1000)!;
    const all = [...before, ...fade, ...after].filter((_, index) => index % 2 === 0);
    for (let index = 1; index < all.length; index += 1) expect(Math.abs(all[index]! - all[index - 1]!)).toBeLessThan(0.001);
    expect(fade.every((value, index) => index % 2 === 0 || value === fade[index - 1])).toBe(true);
    expect(after.every((value) => value === 0)).toBe(true);
  });

  it('is 20 dB louder ten times as loud, and never beyond full scale', () => {
    const feed = new HandAudio('pull', (sample) => (sample < 10 ? 0.05 : 0.5));
    feed.make(30);
    const heard = withGain(feed, () => gainOfDb(20));
    expect(heard.take(10)![19]).toBeCloseTo(0.5, 5);
    expect(heard.take(10)!.every((value) => value === 1)).toBe(true);
  });

  it('gives nothing where there is nothing', () => {
    const heard = withGain(new HandAudio('push'), () => 1);
    expect(heard.take(1)).toBeUndefined();
    expect(heard.queuedSamples).toBe(0);
  });
});
