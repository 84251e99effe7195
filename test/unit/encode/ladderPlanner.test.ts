import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/contract/errors.ts';
import { ladderSchema } from '../../../src/contract/ladder.ts';
import { type SourceSize } from '../../../src/contract/ladderPlan.ts';
import { EVENT_TYPES } from '../../../src/contract/eventSettings.ts';
import { pixelRateOf, type MeasuredEncoder } from '../../../src/main/encode/encoderSpeed.ts';
import { EVENT_LIMITS } from '../../../src/main/encode/eventLimits.ts';
import { fpsOf, halfRate, programRate } from '../../../src/main/encode/frameRates.ts';
import { planLadder, type PlannerInput } from '../../../src/main/encode/ladderPlanner.ts';
import { fittingProblems, ladderProblems } from '../../../src/main/encode/ladderRules.ts';
import { ladderByName } from '../../../src/main/encode/ladders.ts';
import { totalKbpsOf } from '../../../src/main/encode/rungs.ts';

const NVENC: MeasuredEncoder = { choice: { encoder: 'h264_nvenc', preset: 'p4' }, pixelsPerSecond: 1e9, renditions: 4 };
const FAST: readonly MeasuredEncoder[] = [{ choice: { encoder: 'libx264', preset: 'veryfast' }, pixelsPerSecond: 1e9, renditions: 4 }];

function plan(input: Partial<PlannerInput> = {}) {
  return planLadder({ eventType: 'PassthroughStandard', cores: 8, encoders: FAST, ...input });
}

function source(width: number, height: number, num = 30, den = 1): SourceSize {
  return { width, height, frameRate: { num, den } };
}

const sizesOf = (one: SourceSize, more: Partial<PlannerInput> = {}): string[] => plan({ source: one, ...more }).ladder.renditions.map(({ width, height }) => `${width}x${height}`);

describe('sizes and bitrates', () => {
  it('plans the shipped ladders for their own sources', () => {
    for (const name of ['1080p', '720p']) {
      const { renditions } = ladderByName(name);
      const [top] = renditions;
      expect(plan({ source: source(top?.width ?? 0, top?.height ?? 0) }).ladder.renditions).toEqual(renditions);
    }
  });

  it.each([
    ['portrait', source(1080, 1920), ['1080x1920', '720x1280', '480x854', '360x640']],
    ['4:3', source(1440, 1080), ['1440x1080', '960x720', '640x480', '480x360']],
    ['4:3, small', source(640, 480), ['640x480', '480x360']],
    ['16:10', source(1920, 1200), ['1728x1080', '1152x720', '768x480', '576x360']],
    ['4K', source(3840, 2160), ['1920x1080', '1280x720', '854x480', '640x360']],
    ['a laptop screen', source(1366, 768), ['1366x768', '854x480', '640x360']],
    ['odd sides', source(1919, 1079), ['1918x1078', '1280x720', '854x480', '640x360']],
    ['ultrawide', source(3440, 1440), ['1920x804', '1146x480', '860x360']],
    ['tiny', source(160, 120), ['160x120']],
  ] as const)('%s', (_, one, sizes) => {
    expect(sizesOf(one)).toEqual(sizes);
  });

  it('gives 60 frames per second more bits, and a made picture 1080p', () => {
    expect(plan({ source: source(1920, 1080, 60) }).ladder.renditions[0]?.declaredKbps).toBe(6800);
    expect(plan().ladder.renditions[0]).toMatchObject({ name: '1080p', width: 1920 });
  });
});

describe('frame rates', () => {
  it.each([
    [24_000, 1001, 60, 23.976], [24, 1, 60, 24], [25, 1, 60, 25], [30_000, 1001, 60, 29.97], [2997, 100, 60, 29.97], [30, 1, 60, 30],
    [50, 1, 60, 50], [60_000, 1001, 60, 59.94], [60, 1, 60, 60], [15, 1, 60, 15], [120, 1, 60, 60], [11_988, 100, 60, 59.94], [240, 1, 60, 60],
    [60, 1, 30, 30], [60_000, 1001, 30, 29.97], [50, 1, 30, 25], [120, 1, 30, 30], [5, 1, 60, 10], [275, 10, 60, 30], [2398, 100, 60, 23.976], [48, 1, 60, 50], [48, 1, 30, 24],
  ])('%d/%d at most %d becomes %d', (num, den, maxFps, fps) => {
    expect(fpsOf(programRate({ num, den }, maxFps))).toBeCloseTo(fps, 2);
  });

  it('halves exactly', () => {
    expect(halfRate({ num: 60_000, den: 1001 })).toEqual({ num: 30_000, den: 1001 });
    expect(halfRate({ num: 25, den: 1 })).toEqual({ num: 25, den: 2 });
  });
});

describe('events and uplinks', () => {
  it('keeps a basic event within 5 Mbit/s and says what was left out', () => {
    const { ladder, reasons, totalKbps } = plan({ source: source(1920, 1080), eventType: 'PassthroughBasic' });
    expect(ladder.renditions.map((one) => one.name)).toEqual(['720p', '480p', '360p']);
    expect(totalKbps).toBeLessThanOrEqual(5000);
    expect(reasons.find((one) => one.about === 'service')?.sentence).toContain('1080p would be too much');
  });

  it('sends one better rendition to an event that encodes', () => {
    const { ladder } = plan({ source: source(1920, 1080, 60), eventType: 'Standard' });
    expect(ladder.renditions).toEqual([{ name: '720p', width: 1280, height: 720, declaredKbps: 4000 }]);
    expect(fpsOf(ladder.frameRate)).toBe(30);
  });

  it.each([[20_000, 4], [12_000, 3], [6_000, 2], [2_000, 1], [700, 1]])('plans with half of an uplink of %d kbit/s', (uplinkKbps, count) => {
    const { ladder, totalKbps, reasons } = plan({ source: source(1920, 1080), uplinkKbps });
    expect(ladder.renditions).toHaveLength(count);
    expect(totalKbps).toBeLessThanOrEqual(uplinkKbps / 2);
    expect(reasons.some((one) => one.about === 'uplink')).toBe(true);
  });

  it('says so when an uplink carries nothing', () => {
    expect(() => plan({ uplinkKbps: 400 })).toThrowError(expect.objectContaining({ code: 'UPLINK_TOO_SLOW' }));
  });
});

describe('encoders', () => {
  const software = (preset: string, pixelsPerSecond: number): MeasuredEncoder => ({ choice: { encoder: 'libx264', preset }, pixelsPerSecond, renditions: Number.POSITIVE_INFINITY });
  const rate = pixelRateOf(ladderByName('1080p'));

  it('takes hardware where it works, for as many renditions as it carried at once', () => {
    expect(plan({ source: source(1920, 1080), encoders: [...FAST, NVENC] }).encoder.encoder).toBe('h264_nvenc');
    expect(plan({ source: source(1920, 1080), encoders: [...FAST, { ...NVENC, renditions: 3 }] }).encoder.encoder).toBe('libx264');
    expect(plan({ source: source(1920, 1080), encoders: [...FAST, { ...NVENC, pixelsPerSecond: rate }] }).encoder.encoder).toBe('libx264');
  });

  it('takes the best preset that leaves room', () => {
    const { encoder, ladder, reasons } = plan({ source: source(1920, 1080), encoders: [software('veryfast', rate * 1.2), software('superfast', rate * 2)] });
    expect(encoder).toEqual({ encoder: 'libx264', preset: 'superfast' });
    expect(ladder.renditions).toHaveLength(4);
    expect(reasons.find((one) => one.about === 'encoder')?.sentence).toContain('veryfast only at 1.2 ×');
  });

  it('halves 60 frames per second before it gives up the size, and gives up the size before it takes ultrafast', () => {
    const slow = [software('veryfast', rate), software('superfast', rate * 1.5), software('ultrafast', rate * 4)];
    const sixty = plan({ source: source(1920, 1080, 60), encoders: slow });
    expect(sixty.ladder.renditions[0]?.name).toBe('1080p');
    expect(fpsOf(sixty.ladder.frameRate)).toBe(30);
    const slower = [software('superfast', rate * 0.9), software('ultrafast', rate * 2)];
    const smaller = plan({ source: source(1920, 1080), encoders: slower });
    expect(smaller.ladder.renditions[0]?.name).toBe('720p');
    expect(smaller.reasons.find((one) => one.about === 'machine')?.sentence).toContain('720p instead of 1080p');
    expect(plan({ source: source(640, 360), encoders: [software('superfast', 1e6), software('ultrafast', 2e7)] }).encoder.preset).toBe('ultrafast');
  });

  it('says so when nothing keeps up, and when nothing was measured', () => {
    expect(() => plan({ encoders: [software('ultrafast', 1e6)] })).toThrowError(expect.objectContaining({ code: 'MACHINE_TOO_SLOW' }));
    const guessed = plan({ source: source(1920, 1080), encoders: [], cores: 2 });
    expect(guessed).toMatchObject({ isMeasured: false, encoder: { encoder: 'libx264' } });
    expect(guessed.reasons.some((one) => one.sentence.includes('fieldcast encoders'))).toBe(true);
  });
});

describe('a ladder of the operator', () => {
  it('is kept, and only its encoder is chosen', () => {
    const ladder = ladderByName('720p');
    const answer = plan({ ladder, source: source(1920, 1080), encoders: [NVENC] });
    expect(answer.ladder).toEqual(ladder);
    expect(answer.encoder).toEqual(NVENC.choice);
  });

  it('is refused in sentences', () => {
    const { renditions, ...rest } = ladderByName('720p');
    const [top, second, third] = renditions;
    if (top === undefined || second === undefined || third === undefined) throw new Error('three renditions');
    const problemsOf = (list: typeof renditions): string => ladderProblems({ ...rest, renditions: list }).join(' ');
    expect(problemsOf([top, second, third])).toBe('');
    expect(problemsOf([top, { ...second, declaredKbps: 2500 }])).toContain('both declare 2500 kbit/s');
    expect(problemsOf([second, top])).toMatch(/declares more .* from the highest to the lowest/);
    expect(problemsOf([top, { ...second, name: top.name }])).toContain('Two renditions are called 720p');
    expect(problemsOf([top, { ...second, width: 640 }])).toContain('has another shape');
    expect(ladderProblems({ ...rest, renditions, gopSeconds: 8 }).join(' ')).toContain('set gopSeconds between 0.5 and 4');
    expect(ladderProblems({ ...rest, renditions, frameRate: { num: 120, den: 1 } }).join(' ')).toContain('between 1 and 60');
    expect(() => plan({ ladder: ladderByName('1080p'), source: source(1280, 720) })).toThrowError(expect.objectContaining({ code: 'LADDER_INVALID', action: expect.stringContaining('choose at most 1280×720') as string }));
    expect(() => plan({ ladder: ladderByName('1080p'), eventType: 'PassthroughBasic' })).toThrowError(/cannot be used/);
    expect(() => plan({ ladder: ladderByName('720p'), eventType: 'Premium1080P' })).toThrowError(expect.objectContaining({ action: expect.stringContaining('keep only 720p') as string }));
    expect(() => plan({ ladder: ladderByName('720p'), uplinkKbps: 3000 })).toThrowError(expect.objectContaining({ action: expect.stringContaining('half of the measured uplink is 1500') as string }));
  });
});

describe('whatever is asked', () => {
  const anyRate = fc.oneof(
    fc.constantFrom(...[23_976, 24_000, 25_000, 29_970, 30_000, 50_000, 59_940, 60_000, 120_000].map((num) => ({ num, den: 1000 }))),
    fc.record({ num: fc.integer({ min: 1, max: 300_000 }), den: fc.constantFrom(1000, 1001) }).filter((rate) => fpsOf(rate) >= 1 && fpsOf(rate) <= 300),
  );
  const anyInput = fc.record({
    source: fc.option(fc.record({ width: fc.integer({ min: 16, max: 8192 }), height: fc.integer({ min: 16, max: 8192 }), frameRate: anyRate }), { nil: undefined }),
    eventType: fc.constantFrom(...EVENT_TYPES),
    uplinkKbps: fc.option(fc.integer({ min: 64, max: 200_000 }), { nil: undefined }),
    cores: fc.integer({ min: 1, max: 64 }),
    encoders: fc.array(fc.record({
      choice: fc.constantFrom(NVENC.choice, { encoder: 'libx264', preset: 'veryfast' } as const, { encoder: 'libx264', preset: 'ultrafast' } as const, { encoder: 'h264_vaapi', preset: 'normal' } as const),
      pixelsPerSecond: fc.integer({ min: 100_000, max: 2_000_000_000 }),
      renditions: fc.integer({ min: 1, max: 4 }),
    }), { maxLength: 4 }),
  });

  it('the answer is a ladder that keeps every rule, or an error in words', () => {
    let answers = 0;
    fc.assert(fc.property(anyInput, (input) => {
      let answer;
      try {
        answer = planLadder(input);
      } catch (error) {
        expect(error).toBeInstanceOf(OperatorError);
        expect(['UPLINK_TOO_SLOW', 'MACHINE_TOO_SLOW']).toContain((error as OperatorError).code);
        return;
      }
      answers += 1;
      const { ladder } = answer;
      const limits = EVENT_LIMITS[input.eventType];
      ladderSchema.parse(ladder);
      expect(ladderProblems(ladder)).toEqual([]);
      expect(fittingProblems(ladder, limits, input.eventType, input.source, input.uplinkKbps === undefined ? undefined : input.uplinkKbps / 2)).toEqual([]);
      expect(totalKbpsOf(ladder)).toBe(answer.totalKbps);
      for (const { width, height } of ladder.renditions) {
        expect([width % 2, height % 2]).toEqual([0, 0]);
        if (input.source !== undefined) expect(width <= input.source.width && height <= input.source.height).toBe(true);
      }
      expect(new Set(ladder.renditions.map((one) => one.declaredKbps)).size).toBe(ladder.renditions.length);
      expect(Math.round(ladder.gopSeconds * fpsOf(ladder.frameRate))).toBeGreaterThan(0);
      expect(answer.reasons.length).toBeGreaterThan(0);
      if (input.encoders.length > 0) expect(input.encoders.map((one) => one.choice)).toContainEqual(answer.encoder);
      // The same question has the same answer.
      expect(planLadder(input)).toEqual(answer);
    }), { numRuns: 1500 });
    expect(answers).toBeGreaterThan(500);
  });
});
