// What two instances make of the tags of their event: plan, lease, presence, and what they tell an operator. Pure parts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OWNER_TAG } from '../../../src/contract/eventTags.ts';
import type { EndpointUse } from '../../../src/contract/pair.ts';
import { ladderByName, shippedLadders } from '../../../src/main/encode/ladders.ts';
import { ableEncoder } from '../../../src/main/show/pair/ableEncoder.ts';
import { freeEndpoint, instanceTagOf, othersIn, placeIn, type InstanceState } from '../../../src/main/show/pair/instanceTag.ts';
import { clockWarning, ladderToJoin } from '../../../src/main/show/pair/joinPlan.ts';
import { claimed, holderOf, leaseOfTag, leaseTagOf, released, type Lease } from '../../../src/main/show/pair/leaseTag.ts';
import { changesBetween, NOBODY_SEEN, pairViewOf } from '../../../src/main/show/pair/pairView.ts';
import { differencesOf, fingerprintOf, ladderOfTag, planTagOf } from '../../../src/main/show/pair/planTag.ts';
import type { ShowPlan } from '../../../src/contract/plan.ts';

const instance = (id: string, about: Partial<InstanceState> = {}): InstanceState => ({
  id, name: `host-${id}`, seenUtcMs: 1_000_000, state: 'live', endpoint: 'primary', fingerprint: 'f', parameterSets: 'p', clockOffsetMs: 0, aheadMs: 0, publishing: 2, connections: 2, ...about,
});

describe('the plan in a tag', () => {
  it('is the ladder again, for every ladder that ships and for fractional rates', () => {
    for (const ladder of [...shippedLadders(), ladderByName('1080p', { num: 60_000, den: 1001 })]) {
      const tag = planTagOf(ladder);
      expect(tag?.length).toBeLessThanOrEqual(256);
      expect(ladderOfTag(tag ?? '')).toEqual(ladder);
    }
  });

  it('is left out where it is longer than a tag may be, and refused where it is none', () => {
    const [one] = ladderByName('720p').renditions;
    expect(planTagOf({ ...ladderByName('720p'), renditions: Array.from({ length: 12 }, (_, index) => ({ ...one!, name: `rendition${index}` })) })).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => { expect(() => ladderOfTag(text)).not.toThrow(); }));
    expect(ladderOfTag('2;720p;30/1;2;128;720p=1280x720@2500')).toBeUndefined();
    expect(ladderOfTag('1;720p;30/0;2;128;720p=1280x720@2500')).toBeUndefined();
  });

  it('differs in words where two cannot stand in for each other, and not by its name', () => {
    const ladder = ladderByName('720p');
    expect(differencesOf(ladder, { ...ladder, name: 'other' })).toEqual([]);
    expect(fingerprintOf(ladder)).toBe(fingerprintOf({ ...ladder, name: 'other' }));
    expect(differencesOf(ladderByName('720p', { num: 25, den: 1 }), ladder)).toEqual(['its frame rate is 30, not 25']);
    expect(differencesOf(ladderByName('480p'), ladder)[0]).toContain('its renditions are 720p 1280×720 at 2500 kbit/s');
    expect(fingerprintOf(ladderByName('480p'))).not.toBe(fingerprintOf(ladder));
  });
});

describe('joining', () => {
  const plan = { ladder: ladderByName('720p', { num: 25, den: 1 }), join: 'match' } as ShowPlan;
  const serviceWith = (tags: Record<string, string> | undefined) => ({
    getEvent: async () => (tags === undefined ? undefined : { name: 'e', state: 'Running' as const, tags, ingest: [], previewHlsUrl: undefined, createdAt: undefined }),
  });
  const { signal } = new AbortController();

  it('takes over the plan of the event, or says why not', async () => {
    const tags = { fieldcastPlan: planTagOf(ladderByName('720p')) ?? '' };
    expect(await ladderToJoin({ ...plan, join: 'adopt' }, 'e', serviceWith(tags), 0, signal)).toEqual(ladderByName('720p'));
    await expect(ladderToJoin(plan, 'e', serviceWith(tags), 0, signal)).rejects.toMatchObject({ code: 'JOIN_PLAN_DIFFERS', message: expect.stringContaining('frame rate is 30, not 25') });
    await expect(ladderToJoin(plan, 'e', serviceWith(undefined), 0, signal)).rejects.toMatchObject({ code: 'JOIN_NO_EVENT' });
    await expect(ladderToJoin(plan, 'e', serviceWith({}), 0, signal)).rejects.toMatchObject({ code: 'JOIN_NO_PLAN' });
    const closing = { ...tags, [OWNER_TAG]: leaseTagOf({ epoch: 1, holder: 'a', expiresUtcMs: 100, closing: true }) };
    await expect(ladderToJoin(plan, 'e', serviceWith(closing), 50, signal)).rejects.toMatchObject({ code: 'JOIN_ENDING' });
  });

  it('refuses a clock that is certainly wrong, and says what cannot be known', () => {
    expect(clockWarning({ offsetMs: 20, uncertaintyMs: 5 })).toBeUndefined();
    expect(() => clockWarning({ offsetMs: -80, uncertaintyMs: 10 })).toThrow(/80 ms \(±10 ms\) ahead of/);
    expect(clockWarning({ offsetMs: 30, uncertaintyMs: 40 })).toMatchObject({ code: 'CLOCK_UNCERTAIN' });
  });
});

describe('the encoder of an instance that joins', () => {
  const ladder = ladderByName('720p');
  const measured = (preset: string, pixelsPerSecond: number) => ({ choice: { encoder: 'libx264' as const, preset }, pixelsPerSecond, renditions: Number.POSITIVE_INFINITY });

  it('is the one of choice where it keeps up, else the fastest that does, else there is none', () => {
    expect(ableEncoder(ladder, undefined, [measured('superfast', 2e8), measured('ultrafast', 3e8)])).toMatchObject({ preset: 'superfast' });
    expect(ableEncoder(ladder, undefined, [measured('superfast', 3e7), measured('ultrafast', 9e7)])).toMatchObject({ preset: 'ultrafast' });
    expect(() => ableEncoder(ladder, undefined, [measured('superfast', 1e7), measured('ultrafast', 2e7)])).toThrow(/libx264 \(ultrafast\), carries it at 0\.4\d × real time/);
    expect(() => ableEncoder(ladder, undefined, [], ['libx264 hangs.'])).toThrow(/libx264 hangs/);
    expect(ableEncoder(ladder)).toMatchObject({ encoder: 'libx264' });
  });
});

describe('the lease', () => {
  const leases = fc.record({ epoch: fc.integer({ min: 0, max: 999 }), holder: fc.constantFrom('', 'a', 'b', 'c'), expiresUtcMs: fc.integer({ min: 0, max: 2000 }), closing: fc.boolean() });

  it('is read back as it was written', () => {
    fc.assert(fc.property(leases, (lease) => { expect(leaseOfTag(leaseTagOf(lease))).toEqual(lease); }));
    fc.assert(fc.property(fc.string(), (text) => { expect(() => leaseOfTag(text)).not.toThrow(); }));
  });

  it('is claimed only where nobody else holds it, with a number that grows with each owner', () => {
    fc.assert(fc.property(leases, fc.integer({ min: 0, max: 3000 }), fc.boolean(), (lease, now, force) => {
      const next = claimed(lease, 'a', now, 500, force);
      const other = holderOf(lease, now);
      if (other !== undefined && other !== 'a' && (!force || lease.closing)) expect(next).toBeUndefined();
      else {
        expect(next).toMatchObject({ holder: 'a', expiresUtcMs: now + 500 });
        expect(next!.epoch).toBe(lease.holder === 'a' ? lease.epoch : lease.epoch + 1);
      }
      expect(released(lease, 'a') === undefined).toBe(lease.holder !== 'a');
    }));
    const held: Lease = { epoch: 4, holder: 'b', expiresUtcMs: 10, closing: true };
    expect(claimed(held, 'a', 10, 5)).toEqual({ epoch: 5, holder: 'a', expiresUtcMs: 15, closing: false });
  });
});

describe('instances', () => {
  it('find each other, their own place, and the endpoint that is free', () => {
    const tags = { fieldcastInstance1: instanceTagOf(instance('a')), fieldcastInstance2: instanceTagOf(instance('b', { seenUtcMs: 2_000_000 })), fieldcastInstance3: 'nonsense' };
    expect(othersIn(tags, 'a').map(({ id }) => id)).toEqual(['b']);
    expect(othersIn(tags, 'x').map(({ id }) => id)).toEqual(['b', 'a']);
    expect(placeIn(tags, 'b')).toBe('fieldcastInstance2');
    expect(placeIn(tags, 'x')).toBe('fieldcastInstance3');
    expect(placeIn({ ...tags, fieldcastInstance3: instanceTagOf(instance('c')) }, 'x')).toBe('fieldcastInstance1');
    const using = (...uses: EndpointUse[]) => freeEndpoint(uses.map((endpoint, index) => instance(String(index), { endpoint })));
    expect([using(), using('primary'), using('secondary'), using('both'), using('primary', 'secondary')]).toEqual(['primary', 'secondary', 'primary', 'primary', 'primary']);
  });

  it('fit into a tag whatever their computer is called', () => {
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (name) => {
      const tag = instanceTagOf(instance('0c2a7f7e-7f7e-4f7e-8f7e-7f7e7f7e7f7e', { name }));
      expect(tag.length).toBeLessThanOrEqual(256);
      expect(othersIn({ fieldcastInstance1: tag }, 'x')).toHaveLength(1);
    }));
  });

  it('tell what has changed, once', () => {
    const own = instance('a', { seenUtcMs: 0 });
    const lease = (holder: string): Record<string, string> => ({ [OWNER_TAG]: leaseTagOf({ epoch: 1, holder, expiresUtcMs: 9_000_000, closing: false }) });
    const at = '2026-01-01T00:00:00.000Z';
    const alone = pairViewOf(lease('a'), own, 1_000_500, 5000);
    expect(changesBetween(NOBODY_SEEN, alone, at).map(({ change }) => change)).toEqual(['ours']);
    const tags = { ...lease('a'), fieldcastInstance2: instanceTagOf(instance('b', { endpoint: 'secondary' })) };
    const both = pairViewOf(tags, own, 1_000_500, 5000);
    expect(changesBetween(alone, both, at).map(({ sentence }) => sentence)).toEqual(['The partner host-b is here and feeds the secondary endpoint.']);
    expect(changesBetween(both, both, at)).toEqual([]);
    const gone = pairViewOf(tags, own, 1_006_000, 5000);
    expect(changesBetween(both, gone, at)[0]?.sentence).toBe('The partner host-b is gone since 00:16:40 UTC; this instance carries the show alone.');
    expect(changesBetween(both, alone, at)[0]?.sentence).toContain('has left');
    const differing = (aheadMs: number, parameterSets: string) => pairViewOf({ ...tags, fieldcastInstance2: instanceTagOf(instance('b', { aheadMs, parameterSets })) }, own, 1_000_500, 5000);
    expect(differing(700, 'q').differences).toHaveLength(2);
    expect(changesBetween(both, differing(700, 'q'), at).map(({ change }) => change)).toEqual(['differs', 'differs']);
    expect(changesBetween(differing(700, 'q'), differing(770, 'q'), at)).toEqual([]);
    expect(changesBetween(differing(700, 'q'), differing(0, 'p'), at).map(({ change }) => change)).toEqual(['matches']);
    expect(changesBetween(both, pairViewOf({ ...tags, ...lease('b') }, own, 1_000_500, 5000), at)[0]?.sentence).toContain('host-b owns the event now');
  });
});
