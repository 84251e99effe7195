// The one stream of a platform: never above what it takes, as it recommends where source, machine and uplink allow it, and said why.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/contract/errors.ts';
import { ladderSchema } from '../../../src/contract/ladder.ts';
import type { SourceSize } from '../../../src/contract/ladderPlan.ts';
import { PLATFORM_NAMES, PLATFORMS, type PlatformName } from '../../../src/contract/platforms.ts';
import type { MeasuredEncoder } from '../../../src/main/encode/encoderSpeed.ts';
import { fpsOf } from '../../../src/main/encode/frameRates.ts';
import { planLadder, type PlannerInput } from '../../../src/main/encode/ladderPlanner.ts';
import { ladderProblems } from '../../../src/main/encode/ladderRules.ts';
import { ladderByName } from '../../../src/main/encode/ladders.ts';
import { fitFor } from '../../../src/main/encode/platformFit.ts';

const software = (pixelsPerSecond: number): MeasuredEncoder => ({ choice: { encoder: 'libx264', preset: 'veryfast' }, pixelsPerSecond, renditions: Number.POSITIVE_INFINITY });
const FAST = [software(1e12)];

function plan(platform: PlatformName, input: Partial<PlannerInput> = {}) {
  return planLadder({ eventType: 'PassthroughStandard', platform, cores: 8, encoders: FAST, ...input });
}
function source(width: number, height: number, num = 30): SourceSize {
  return { width, height, frameRate: { num, den: 1 } };
}
function stream(platform: PlatformName, input: Partial<PlannerInput> = {}): string {
  const { ladder } = plan(platform, input);
  const [top] = ladder.renditions;
  return `${top?.width}x${top?.height}@${fpsOf(ladder.frameRate)} ${top?.declaredKbps}`;
}

describe('what each platform gets', () => {
  it.each([
    ['youtube', '1920x1080@60 10000', '1920x1080@30 7200', '1280x720@30 4000'],
    ['twitch', '1920x1080@60 6000', '1920x1080@30 6000', '1280x720@30 4000'],
    ['facebook', '1920x1080@60 9000', '1920x1080@30 6000', '1280x720@30 4000'],
    ['linkedin', '1280x720@30 3500', '1280x720@30 3500', '1280x720@30 3500'],
    ['vimeo', '1920x1080@30 5000', '1920x1080@30 5000', '1280x720@30 4000'],
    ['generic', '1920x1080@60 6800', '1920x1080@30 4500', '1280x720@30 2500'],
  ] as const)('%s from 1080p60, 1080p30, 720p30', (platform, ...streams) => {
    expect([source(1920, 1080, 60), source(1920, 1080), source(1280, 720)].map((one) => stream(platform, { source: one }))).toEqual(streams);
  });

  it('keeps the shape of a portrait picture, and never scales up', () => {
    expect(stream('twitch', { source: source(1080, 1920) })).toBe('1080x1920@30 6000');
    expect(stream('linkedin', { source: source(640, 360, 25) })).toBe('640x360@25 1000');
  });

  it('gives way to the uplink: fewer bits, then half the rate, then a smaller picture, at last less than recommended', () => {
    const at = (uplinkKbps: number): string => stream('twitch', { source: source(1920, 1080, 60), uplinkKbps });
    expect([13_000, 11_000, 9_500, 8_000, 5_000, 1_400, 700].map(at)).toEqual([
      '1920x1080@60 6000', '1920x1080@30 5370', '1920x1080@30 4620', '1280x720@30 3870', '854x480@30 1900', '640x360@30 570', '640x360@30 220',
    ]);
    expect(plan('twitch', { source: source(1920, 1080, 60), uplinkKbps: 5000 }).reasons).toMatchObject([
      { about: 'source' }, { about: 'frame-rate' },
      { about: 'service', sentence: expect.stringMatching(/^Twitch takes one stream .*854×480 with 30 frames per second and 1900 kbit\/s, with a keyframe every 2 s and sound of 128 kbit\/s\. Twitch wants at most 6000 kbit\/s for up to 720 lines at 30/) },
      { about: 'uplink', sentence: 'The uplink carried 5000 kbit/s; half of it is planned with, and 2028 are needed with the sound. 1080p, 720p would be too much.' },
      { about: 'encoder' },
    ]);
    expect(() => at(400)).toThrowError(expect.objectContaining({ code: 'UPLINK_TOO_SLOW' }));
  });

  it('gives way to the machine', () => {
    const { ladder, reasons } = plan('youtube', { source: source(1920, 1080, 60), encoders: [software(1920 * 1080 * 30 * 1.5)] });
    expect([ladder.renditions[0]?.name, fpsOf(ladder.frameRate)]).toEqual(['1080p', 30]);
    expect(reasons.find(({ about }) => about === 'machine')?.sentence).toContain('30 instead of 60 frames per second');
    expect(stream('youtube', { source: source(1920, 1080, 60), encoders: [software(1280 * 720 * 30 * 1.5)] })).toBe('1280x720@30 4000');
  });
});

describe('an operator with a ladder of his own', () => {
  it('keeps it, and is told what the platform does not like of the stream that is sent', () => {
    const own = { ...ladderByName('1080p'), renditions: [{ name: '1080p', width: 1920, height: 1080, declaredKbps: 9000 }, ...ladderByName('720p').renditions] };
    const { ladder, reasons, totalKbps } = plan('twitch', { ladder: own, source: source(1280, 720) });
    expect(ladder.renditions).toEqual(own.renditions.slice(0, 1));
    expect(totalKbps).toBe(9128);
    expect(reasons.map(({ sentence }) => sentence)).toContain('Twitch takes at most 6000 kbit/s for 1080 lines; 1080p has 9000.');
    expect(plan('facebook', { ladder: ladderByName('1080p') }).reasons.filter(({ about }) => about === 'service')).toEqual([]);
  });
});

describe('whatever source, uplink and machine', () => {
  it('one rendition, within the limits of the platform, the source and half of the uplink', () => {
    fc.assert(fc.property(
      fc.constantFrom(...PLATFORM_NAMES), fc.integer({ min: 16, max: 5000 }), fc.integer({ min: 16, max: 5000 }), fc.constantFrom(10, 24, 25, 29.97, 30, 50, 59.94, 60, 120),
      fc.option(fc.integer({ min: 64, max: 100_000 }), { nil: undefined }), fc.double({ min: 1e6, max: 1e12, noNaN: true }),
      (platform, width, height, fps, uplinkKbps, pixelsPerSecond) => {
        const one: SourceSize = { width, height, frameRate: fps === 29.97 ? { num: 30_000, den: 1001 } : fps === 59.94 ? { num: 60_000, den: 1001 } : { num: fps, den: 1 } };
        let answer;
        try {
          answer = plan(platform, { source: one, uplinkKbps, encoders: [software(pixelsPerSecond)] });
        } catch (error) {
          expect(error).toBeInstanceOf(OperatorError);
          return;
        }
        const { ladder, totalKbps, reasons } = answer;
        expect(ladderSchema.safeParse(ladder).success).toBe(true);
        expect(ladderProblems(ladder)).toEqual([]);
        expect(ladder.renditions).toHaveLength(1);
        const [top] = ladder.renditions;
        const { rungs, maxAudioKbps, maxGopSeconds, title } = PLATFORMS[platform];
        // `takes` is a limit; `recommends` and `wants` are what an uplink may keep it from.
        expect(fitFor(ladder, platform)?.remarks.filter((sentence) => sentence.startsWith(`${title} takes`))).toEqual([]);
        expect(top?.declaredKbps).toBeLessThanOrEqual(Math.max(60_000 * Number(rungs.length === 0), ...rungs.map(({ maxKbps }) => maxKbps)));
        expect(ladder.audioKbps).toBeLessThanOrEqual(maxAudioKbps);
        expect(ladder.gopSeconds).toBeLessThanOrEqual(maxGopSeconds);
        expect(top?.width).toBeLessThanOrEqual(Math.max(16, width));
        expect(top?.height).toBeLessThanOrEqual(Math.max(16, height));
        if (uplinkKbps !== undefined) expect(totalKbps).toBeLessThanOrEqual(uplinkKbps / 2);
        expect(reasons.some(({ about }) => about === 'service')).toBe(true);
        // Below what is recommended only where the uplink leaves no other way.
        const recommended = fitFor(ladder, platform)?.remarks.filter((sentence) => sentence.includes('recommends at least')) ?? [];
        if (recommended.length > 0) expect(uplinkKbps).toBeDefined();
      },
    ), { numRuns: 2000 });
  });
});
