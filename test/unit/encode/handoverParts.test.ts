import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ENCODER } from '../../../src/contract/encoder.ts';
import { encodedRenditions, settingsSteps, withBitrate, type EncodeSettings } from '../../../src/main/encode/encodeSettings.ts';
import { HandoverPlan } from '../../../src/main/encode/handoverPlan.ts';
import { ladderByName } from '../../../src/main/encode/ladders.ts';
import { MissingFrames } from '../../../src/main/encode/missingFrames.ts';
import { RecentFrames } from '../../../src/main/encode/recentFrames.ts';
import { RecentSamples } from '../../../src/main/encode/recentSamples.ts';

const ladder = ladderByName('720p');
const settings: EncodeSettings = { encoder: DEFAULT_ENCODER, plannedPreset: 'superfast', targetKbps: {}, shedRenditions: 0 };

describe('encode settings', () => {
  it('steps from faster presets to fewer renditions, and never down to none', () => {
    const steps = settingsSteps({ encoder: 'libx264', preset: 'veryfast' }, ladder);
    expect(steps.map((step) => [step.encoder.preset, step.shedRenditions])).toEqual([['veryfast', 0], ['superfast', 0], ['ultrafast', 0], ['ultrafast', 1], ['ultrafast', 2]]);
    expect(settingsSteps({ encoder: 'h264_nvenc', preset: 'p4' }, ladder).map((step) => [step.encoder.preset, step.shedRenditions])).toEqual([['p4', 0], ['p4', 1], ['p4', 2]]);
    for (const step of steps) expect(encodedRenditions(ladder, { ...settings, ...step }).at(-1)?.name).toBe('360p');
  });

  it('changes the bitrate within the window in which services take it for the declared one', () => {
    const changed = withBitrate(settings, ladder, '720p', 1500);
    expect(encodedRenditions(ladder, changed)[0]).toMatchObject({ declaredKbps: 2500, targetKbps: 1500 });
    expect(withBitrate(changed, ladder, '720p', 2500).targetKbps).toEqual({ '720p': 2500 });
    for (const kbps of [1250, 2501, 0, -1, Number.NaN, Infinity]) expect(() => withBitrate(settings, ladder, '720p', kbps)).toThrow(/declared with 2500/);
    expect(() => withBitrate(settings, ladder, '8k', 1500)).toThrow(/no rendition "8k"/);
  });
});

describe('handover plan', () => {
  it('has a worker started just before its frame, at a boundary behind all that have been started', () => {
    const plan = new HandoverPlan(60, 15);
    expect(plan.addAtBoundary(100, 'bitrate', [{ startFrame: 60 }])).toBe(120);
    expect(plan.addAtBoundary(106, 'bitrate', [{ startFrame: 60 }])).toBe(180);
    expect(plan.addAtBoundary(100, 'step-down', [{ startFrame: 60 }, { startFrame: 120 }])).toBe(180);
    plan.add({ frame: 130, cause: 'idr' });
    expect(plan.takeDue(104)).toEqual([]);
    expect(plan.takeDue(115)).toEqual([{ frame: 120, cause: 'bitrate' }, { frame: 130, cause: 'idr' }]);
    expect(plan.takeDue(115)).toEqual([]);
  });

  it('merges what is asked for at one frame, and bounds what waits', () => {
    const plan = new HandoverPlan(60, 15);
    plan.add({ frame: 130, cause: 'idr' });
    plan.add({ frame: 130, cause: 'bitrate' });
    plan.add({ frame: 130, cause: 'idr' });
    expect(plan.takeDue(200)).toEqual([{ frame: 130, cause: 'bitrate' }]);
    for (let index = 0; index < 16; index += 1) plan.add({ frame: 1000 + index, cause: 'idr' });
    expect(() => plan.add({ frame: 2000, cause: 'idr' })).toThrow(/waiting already/);
    plan.add({ frame: 1003, cause: 'idr' });
  });
});

describe('missing frames', () => {
  it('counts every frame, and joins those that touch', () => {
    const missing = new MissingFrames();
    for (let frame = 10; frame < 20; frame += 1) for (const name of ['a', 'b']) missing.add(name, frame, frame + 1, 'died');
    missing.add('a', 20, 25, 'overload');
    missing.add('a', 30, 30, 'died');
    expect(missing.ranges).toEqual([
      { rendition: 'a', firstFrame: 10, lastFrame: 19, cause: 'died' }, { rendition: 'b', firstFrame: 10, lastFrame: 19, cause: 'died' },
      { rendition: 'a', firstFrame: 20, lastFrame: 24, cause: 'overload' },
    ]);
    expect([missing.count('a'), missing.count('b'), missing.count('c')]).toEqual([15, 10, 0]);
  });

  it('stays bounded, and goes on counting', () => {
    const missing = new MissingFrames();
    for (let frame = 0; frame < 2000; frame += 2) missing.add('a', frame, frame + 1, 'skipped');
    expect(missing.ranges.length).toBeLessThanOrEqual(200);
    expect(missing.count('a')).toBe(1000);
  });
});

describe('recent frames', () => {
  it('keeps every place, few pictures, and no hold too many or too few', () => {
    const action = fc.oneof(fc.record({ type: fc.constant('add' as const), isRepeat: fc.boolean() }), fc.record({ type: fc.constant('release' as const), count: fc.nat(8) }));
    fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.array(action, { maxLength: 80 }), (limit, actions) => {
      const recent = new RecentFrames(limit);
      const holds = new Map<Uint8Array[], number>();
      let next = 0;
      let released = 0;
      let picture: Uint8Array[] = [];
      for (const one of actions) {
        if (one.type === 'add') {
          if (!one.isRepeat || next === 0) picture = [Uint8Array.of(next % 256)];
          const own = picture;
          recent.add(next, own, { hold: () => holds.set(own, (holds.get(own) ?? 0) + 1), release: () => holds.set(own, (holds.get(own) ?? 0) - 1) });
          next += 1;
        } else {
          released = Math.min(next, released + one.count);
          recent.releaseBefore(released);
        }
        expect(recent.from(0).map((kept) => kept.frame)).toEqual(Array.from({ length: next - released }, (_, index) => released + index));
        expect(new Set(recent.from(0).map((kept) => kept.pieces)).size).toBeLessThanOrEqual(limit);
        expect([...holds.values()].reduce((sum, count) => sum + count, 0)).toBe(next - released);
      }
      recent.releaseBefore(Infinity);
      expect([...holds.values()].every((count) => count === 0)).toBe(true);
    }));
  });
});

describe('recent samples', () => {
  const stereo = (from: number, count: number): Float32Array => Float32Array.from({ length: count * 2 }, (_, index) => from + (index >> 1));

  it('gives back exactly what is kept from a sample on, and keeps no more than it may', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 }), fc.nat(400), fc.nat(400), (blocks, released, from) => {
      const recent = new RecentSamples(300);
      let next = 0;
      for (const count of blocks) {
        recent.add(next, stereo(next, count));
        next += count;
        recent.releaseBefore(Math.min(released, next));
      }
      const oldest = recent.oldest ?? next;
      expect(next - oldest).toBeLessThan(350);
      const left = recent.from(from).flatMap((block) => [...block].filter((_, index) => index % 2 === 0));
      const begin = Math.max(from, oldest);
      expect(left).toEqual(Array.from({ length: Math.max(0, next - begin) }, (_, index) => begin + index));
    }));
  });

  it('forgets what lies before a hole', () => {
    const recent = new RecentSamples(300);
    recent.add(0, stereo(0, 10));
    recent.add(20, stereo(20, 10));
    expect(recent.oldest).toBe(20);
  });
});
