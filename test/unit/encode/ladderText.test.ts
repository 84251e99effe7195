import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/contract/errors.ts';
import { ladderSchema } from '../../../src/contract/ladder.ts';
import { ladderProblems } from '../../../src/main/encode/ladderRules.ts';
import { ladderByName } from '../../../src/main/encode/ladders.ts';
import { parseLadder, parseLadderJson } from '../../../src/main/encode/ladderText.ts';

describe('a ladder in one line', () => {
  it('is a shipped one by its name', () => {
    expect(parseLadder('720p')).toEqual(ladderByName('720p'));
    expect(() => parseLadder('4k')).toThrow(expect.objectContaining({ code: 'UNKNOWN_LADDER' }));
  });

  it.each([
    ['1080p:4500,720p:2500', [[1920, 1080, 4500], [1280, 720, 2500]], 30],
    ['480p:1000, 360p:500@25', [[854, 480, 1000], [640, 360, 500]], 25],
    ['720x1280:2500,480x854:1200@29.97', [[720, 1280, 2500], [480, 854, 1200]], 29.97],
    ['1280x720@30000/1001', [[1280, 720, 2500]], 29.97],
  ] as const)('%s', (text, renditions, fps) => {
    const ladder = parseLadder(text);
    expect(ladder.renditions.map(({ width, height, declaredKbps }) => [width, height, declaredKbps])).toEqual(renditions);
    expect(ladder.frameRate.num / ladder.frameRate.den).toBeCloseTo(fps, 2);
  });

  it.each([
    ['720p:lots', /“720p:lots” is no rendition.*for example 1080p:4500/],
    ['720p:2500,', /“” is no rendition/],
    ['721x405:800', /“721x405:800” cannot be encoded.*width: an even number from 16 to 4096/],
    ['720p:10', /declaredKbps: a whole number from 50/],
    ['720p:2500@@', /more than one @/],
    ['720p:2500@soon', /“soon” is no frame rate.*@29\.97/],
    ['720p:2500@120', /between 1 and 60/],
    ['480p:1200,720p:2500', /from the highest to the lowest/],
    ['720p:2500,480p:2500', /both declare 2500/],
  ])('%s is refused with what to write instead', (text, words) => {
    expect(sentenceOf(() => parseLadder(text))).toMatch(words);
  });

  it('is a ladder or a refusal in words, whatever is written', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9px:,@./ ]{0,40}$/)), (text) => {
      try {
        const ladder = ladderSchema.parse(parseLadder(text));
        expect(ladderProblems(ladder)).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(OperatorError);
      }
    }), { numRuns: 2000 });
  });
});

describe('a ladder in a file', () => {
  it('needs only sizes and bitrates', () => {
    const ladder = parseLadderJson('{"frameRate":29.97,"renditions":[{"width":1280,"height":720,"declaredKbps":2000},{"name":"small","width":640,"height":360,"declaredKbps":500}]}');
    expect(ladder).toEqual({
      name: 'own', frameRate: { num: 30_000, den: 1001 }, gopSeconds: 2, audioKbps: 128,
      renditions: [{ name: '720p', width: 1280, height: 720, declaredKbps: 2000 }, { name: 'small', width: 640, height: 360, declaredKbps: 500 }],
    });
    expect(parseLadderJson(JSON.stringify(ladderByName('1080p')))).toEqual(ladderByName('1080p'));
  });

  it.each([
    ['{', /no JSON.*declaredKbps/],
    ['[]', /no ladder/],
    ['{"renditions":[]}', /renditions: /],
    ['{"renditions":[{"width":1281,"height":720,"declaredKbps":2000}]}', /renditions\.0\.width: an even number/],
    ['{"gopSeconds":10,"renditions":[{"width":1280,"height":720,"declaredKbps":2000}]}', /set gopSeconds between/],
  ])('%s is refused in words', (text, words) => {
    expect(sentenceOf(() => parseLadderJson(text))).toMatch(words);
  });
});

function sentenceOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof OperatorError) return `${error.message} ${error.action}`;
    throw error;
  }
  throw new Error('It was taken.');
}
