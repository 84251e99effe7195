// Every step between two presets of libx264, and every bitrate, with real FFmpeg: the SPS and PPS stay the same bytes, so nobody downstream notices.
import { afterEach, describe, expect, it } from 'vitest';
import { presetsOf } from '../../src/contract/encoder.ts';
import type { Ladder } from '../../src/contract/ladder.ts';
import type { EncodeSettings } from '../../src/main/encode/encodeSettings.ts';
import { VideoWorker } from '../../src/main/encode/videoWorker.ts';
import { countedFrame } from '../support/countedFrames.ts';

const ladder: Ladder = {
  name: 'small', frameRate: { num: 30, den: 1 }, gopSeconds: 2, audioKbps: 128,
  renditions: [{ name: 'top', width: 640, height: 360, declaredKbps: 1000 }, { name: 'low', width: 320, height: 180, declaredKbps: 300 }],
};
const workers: VideoWorker[] = [];
afterEach(async () => { await Promise.all(workers.splice(0).map(async (worker) => worker.finish(0))); });

/** The decoder configurations that a worker with these settings writes, by rendition. */
async function parameterSets(preset: string, plannedPreset: string, more: Partial<EncodeSettings> = {}, startFrame = 0): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const worker = new VideoWorker({
    binary: 'ffmpeg', ladder, framesPerGop: 60, startFrame,
    settings: { encoder: { encoder: 'libx264', preset }, plannedPreset, targetKbps: {}, shedRenditions: 0, ...more },
    sink: { onConfig: (config) => { found[config.rendition] = Buffer.from(config.avcDecoderConfig).toString('hex'); }, onPacket: () => {} },
  });
  workers.push(worker);
  for (let frame = 0; frame < 12; frame += 1) worker.push(countedFrame(frame, 640, 360), undefined);
  expect(await worker.finish(20_000)).toBeUndefined();
  return found;
}

describe('parameter sets', () => {
  const slowestFirst = presetsOf('libx264').toReversed();
  it.each(slowestFirst.slice(0, -1))('of %s are those of every faster preset that stands in for it', async (planned) => {
    const own = await parameterSets(planned, planned);
    expect(Object.keys(own)).toEqual(['top', 'low']);
    for (const faster of slowestFirst.slice(slowestFirst.indexOf(planned) + 1)) {
      expect({ faster, sets: await parameterSets(faster, planned) }).toEqual({ faster, sets: own });
    }
  });

  it('do not change with the bitrate, the place in the GOP, or a rendition left out', async () => {
    const own = await parameterSets('superfast', 'superfast');
    expect(await parameterSets('superfast', 'superfast', { targetKbps: { top: 550, low: 170 } })).toEqual(own);
    expect(await parameterSets('superfast', 'superfast', {}, 47)).toEqual(own);
    expect(await parameterSets('ultrafast', 'superfast', { shedRenditions: 1 })).toEqual({ low: own['low'] });
  });

  it('would change with ultrafast as it is, which is why it is told otherwise', async () => {
    expect(await parameterSets('ultrafast', 'ultrafast')).not.toEqual(await parameterSets('superfast', 'superfast'));
  });
});
