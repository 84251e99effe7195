import { describe, expect, it } from 'vitest';
import { DEFAULT_ENCODER } from '../../../src/contract/encoder.ts';
import { ladderSchema } from '../../../src/contract/ladder.ts';
import { OperatorError } from '../../../src/contract/errors.ts';
import { ladderByName } from '../../../src/main/encode/ladders.ts';
import { videoEncoderArgs } from '../../../src/main/encode/videoArgs.ts';

describe('default ladders', () => {
  it.each([['1080p', [4500, 2500, 1200, 600]], ['720p', [2500, 1200, 600]], ['480p', [1200, 600]]])('%s is valid, with distinct declared bitrates', (name, rates) => {
    const ladder = ladderSchema.parse(ladderByName(name));
    expect(ladder.renditions.map((one) => one.declaredKbps)).toEqual(rates);
    expect(ladder.renditions[0]?.name).toBe(name);
    for (const { width, height } of ladder.renditions) expect(Math.abs(width / height - 16 / 9)).toBeLessThan(0.002);
  });

  it('names the ladders it knows when it is asked for another', () => {
    for (const name of ['4k', 'constructor', '']) {
      expect(() => ladderByName(name)).toThrow(OperatorError);
      try {
        ladderByName(name);
      } catch (error) {
        expect(error).toMatchObject({ code: 'UNKNOWN_LADDER', action: expect.stringMatching(/^Choose one of: 1080p, 720p, 480p;/) as string });
      }
    }
  });

  it('scales each rendition from the one above and never the highest', () => {
    const args = videoEncoderArgs(ladderByName('720p'), 60, DEFAULT_ENCODER, ['pipe:1', 'pipe:4', 'pipe:5']);
    const graph = args[args.indexOf('-filter_complex') + 1] ?? '';
    expect(graph.split(';')).toEqual([
      '[0:v]setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709,setsar=1,split=2[v0][c1]',
      '[c1]scale=854:480,setsar=1,split=2[v1][c2]',
      '[c2]scale=640:360,setsar=1[v2]',
    ]);
  });
});
