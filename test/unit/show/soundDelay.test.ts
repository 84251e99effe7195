import { describe, expect, it } from 'vitest';
import { withDelay } from '../../../src/main/show/soundDelay.ts';
import { HandAudio } from '../../support/handFeeds.ts';

const valuesOf = (block: Float32Array | undefined): number[] => [...(block ?? [])].filter((_, index) => index % 2 === 0);

describe('sound that is heard later', () => {
  it('of a source that makes it at the asking begins with silence, and loses nothing', () => {
    const feed = new HandAudio('pull', (sample) => sample + 1);
    feed.make(200);
    const heard = withDelay(feed, () => 1);
    expect(heard.queuedSamples).toBe(248);
    expect(valuesOf(heard.take(40))).toEqual(Array.from({ length: 40 }, () => 0));
    expect(valuesOf(heard.take(10))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    expect(valuesOf(heard.take(3))).toEqual([3, 4, 5]);
  });

  it('is brought forward again by leaving sound out, and waits where there is too little', () => {
    const feed = new HandAudio('pull', (sample) => sample + 1);
    feed.make(100);
    let delayMs = 1;
    const heard = withDelay(feed, () => delayMs);
    heard.take(50);
    delayMs = 0;
    expect(heard.queuedSamples).toBe(50);
    expect(heard.take(51)).toBeUndefined();
    expect(valuesOf(heard.take(2))).toEqual([51, 52]);
    expect(heard.queuedSamples).toBe(48);
  });

  it('of a device is held longer', () => {
    const feed = new HandAudio('push');
    feed.timing = { oldestAtMs: 5, holdMs: 70, driftPpm: undefined };
    expect(withDelay(feed, () => 120).timing).toEqual({ oldestAtMs: 5, holdMs: 190, driftPpm: undefined });
    feed.make(10);
    expect(withDelay(feed, () => 120).take(10)).toHaveLength(20);
  });
});
