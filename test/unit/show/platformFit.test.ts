// Which rendition a platform gets, and what a plain address is known to be.
import { describe, expect, it } from 'vitest';
import type { Ladder } from '../../../src/contract/ladder.ts';
import { PLATFORM_NAMES, platformOf, PLATFORMS } from '../../../src/contract/platforms.ts';
import { ladderByName } from '../../../src/main/encode/ladders.ts';
import { aboutAddress, plainTargets, singleStreamPlatform, withSentRenditions } from '../../../src/main/show/plainDestination.ts';
import { fitFor } from '../../../src/main/encode/platformFit.ts';
import { showPlanSchema } from '../../../src/contract/plan.ts';

const big: Ladder = {
  ...ladderByName('1080p'),
  renditions: [{ name: '2160p', width: 3840, height: 2160, declaredKbps: 20_000 }, { name: '1080p', width: 1920, height: 1080, declaredKbps: 9000 }, ...ladderByName('720p').renditions],
};
const EVENT = 'rtmps://abc.channel.media.azure.net:2935/live/0123456789abcdef0123456789abcdef';
const planTo = (url: string) => showPlanSchema.parse({ video: { kind: 'test' }, audio: { kind: 'source' }, destination: { kind: 'rtmp', url }, ladder: big, rehearse: false });

describe('fitFor', () => {
  it.each([['generic', '2160p'], ['youtube', '720p'], ['twitch', '720p'], ['facebook', '720p'], ['linkedin', '720p'], ['vimeo', '720p']] as const)('gives %s the highest rendition that it takes', (platform, name) => {
    expect(fitFor(big, platform)?.rendition.name).toBe(name);
    expect(fitFor(big, platform)?.reason).toMatch(platform === 'generic' ? /^2160p, the highest of the ladder$/ : new RegExp(`^720p, the highest that ${PLATFORMS[platform].title} takes. ${PLATFORMS[platform].title} takes .*; 1080p has `, 's'));
  });

  it('takes what is in the bounds as it is, and says what is not as recommended', () => {
    const ladder = ladderByName('1080p');
    expect(fitFor(ladder, 'facebook')).toMatchObject({ rendition: { name: '1080p' }, remarks: [] });
    expect(fitFor({ ...ladder, gopSeconds: 4 }, 'twitch')?.remarks).toEqual(['Twitch wants a keyframe at least every 2 s; the ladder has one every 4 s.']);
    expect(fitFor(ladderByName('720p'), 'youtube')?.remarks).toEqual(['YouTube recommends at least 3000 kbit/s for 720 lines; 720p has 2500.']);
    expect(fitFor({ ...ladder, audioKbps: 192 }, 'youtube')?.remarks).toEqual(['YouTube takes sound of at most 128 kbit/s; the ladder has 192.']);
    expect(fitFor(ladderByName('480p'), 'twitch')).toMatchObject({ rendition: { name: '480p' }, remarks: [] });
  });

  it('gives the lowest, and says why, where nothing fits', () => {
    const only = { ...big, renditions: big.renditions.slice(0, 2) };
    expect(fitFor(only, 'youtube')).toMatchObject({ rendition: { name: '1080p' }, remarks: ['YouTube takes at most 8000 kbit/s for 1080 lines; 1080p has 9000.'] });
  });
});

describe('an operator who chooses', () => {
  it('gets that rendition, with what the platform does not like of it', () => {
    expect(fitFor(big, 'twitch', '1080p')).toMatchObject({ rendition: { name: '1080p' }, reason: '1080p, as you have chosen', remarks: ['Twitch takes at most 6000 kbit/s for 1080 lines; 1080p has 9000.'] });
    expect(fitFor(big, 'twitch', '480p')).toMatchObject({ rendition: { name: '480p' }, remarks: [] });
    expect(fitFor(big, 'twitch', '144p')).toBeUndefined();
  });
});

describe('whose limits a stream is planned for', () => {
  it.each([
    [{ kind: 'rtmp', url: 'rtmps://a.rtmps.youtube.com:443/live2', keyName: 'youtube' }, 'youtube'], [{ kind: 'rtmp', url: 'rtmp://10.0.0.7/live', keyName: 'linkedin', platform: 'linkedin' }, 'linkedin'],
    [{ kind: 'rtmp', url: 'rtmp://10.0.0.7/live/key' }, 'generic'], [{ kind: 'rtmp', url: 'rtmp://10.0.0.7/live/{rendition}' }, undefined], [{ kind: 'rtmp', url: EVENT }, undefined], [{ kind: 'embedded' }, undefined],
    [{ kind: 'arm', address: 'ravnur:https://host/x' }, 'generic'], [{ kind: 'arm', address: 'mkio:project/x' }, undefined],
  ] as const)('%j', (destination, platform) => {
    expect(singleStreamPlatform(destination, 'PassthroughStandard')).toBe(platform);
    expect(singleStreamPlatform(destination, 'Standard')).toBe(destination.kind === 'rtmp' ? platform : undefined);
  });
});

describe('the platforms', () => {
  it('have sources for their figures, bounds in order, and are known by their hosts', () => {
    for (const name of PLATFORM_NAMES) {
      const { server, rungs, sources, secureOnly } = PLATFORMS[name];
      if (server !== undefined) {
        expect(platformOf(server)).toBe(name);
        expect(server.startsWith('rtmps://')).toBe(true);
      }
      if (rungs.length > 0) expect(sources.length).toBeGreaterThan(0);
      if (secureOnly) expect(server).toBeDefined();
      for (const rung of rungs) expect(rung.minKbps).toBeLessThanOrEqual(rung.maxKbps);
    }
    expect(platformOf('rtmp://notyoutube.com/live2')).toBe('generic');
    expect(platformOf('rtmp://x.youtube.com.evil.example/live2')).toBe('generic');
    expect(platformOf('nonsense')).toBe('generic');
  });
});

describe('a pasted address', () => {
  it('of a live event gets the whole ladder under its names, with the other endpoint behind it', () => {
    const plan = withSentRenditions(planTo(EVENT));
    expect(plan.ladder.renditions).toHaveLength(big.renditions.length);
    expect(plainTargets(plan.ladder, EVENT)[0]).toMatchObject({ url: `${EVENT}/2160p`, alternateUrls: [`${EVENT.replace('2935', '2936')}/2160p`], burstWelcome: false });
    expect(plainTargets(plan.ladder, `${EVENT.replace(':2936', '').replace(':2935', '')}/`)[1]).toMatchObject({ url: `${EVENT}/1080p` });
    expect(plainTargets(plan.ladder, EVENT.replace('rtmps', 'rtmp').replace('2935', '1936'))[0]?.alternateUrls).toEqual([`${EVENT.replace('rtmps', 'rtmp').replace('2935', '1935')}/2160p`]);
    expect(aboutAddress(EVENT, undefined, big)).toEqual({ notes: [expect.stringContaining('live event')], warnings: [] });
  });

  it('with a stream name, or of any other server, gets the top rendition', () => {
    for (const url of [`${EVENT}/stage`, 'rtmp://host/live/key', 'rtmp://host/live/0123456789abcdef']) {
      expect(withSentRenditions(planTo(url)).ladder.renditions).toHaveLength(1);
      expect(plainTargets(withSentRenditions(planTo(url)).ladder, url)).toMatchObject([{ url, alternateUrls: [] }]);
    }
  });

  it('of a platform is known, and what it does not like is said', () => {
    expect(aboutAddress('rtmp://live-api-s.facebook.com/rtmp/key', undefined, ladderByName('720p'))).toEqual({ notes: [], warnings: [expect.stringContaining('rtmps:// only')] });
    expect(aboutAddress('rtmp://host/app/key', undefined, big)).toEqual({ notes: [], warnings: [] });
    // LinkedIn gives each stream an address of its own: what the operator says is what counts.
    expect(aboutAddress('rtmp://host/app/key', 'linkedin', { ...big, renditions: big.renditions.slice(0, 1) }).warnings[0]).toBe('LinkedIn takes pictures of at most 720 lines; 2160p has 2160.');
  });
});
