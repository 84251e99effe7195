import { describe, expect, it } from 'vitest';
import type { MixEvent, SourceEvent } from '../../../src/contract/report.ts';
import type { ProgramFeeds } from '../../../src/main/program/program.ts';
import { SourceDesk, type DeskOptions } from '../../../src/main/show/sourceDesk.ts';

function desk(plan: DeskOptions['plan']): { desk: SourceDesk; mixes: MixEvent[]; feeds: ProgramFeeds[]; delays: number[] } {
  const mixes: MixEvent[] = [];
  const feeds: ProgramFeeds[] = [];
  const delays: number[] = [];
  return {
    delays,
    mixes,
    feeds,
    desk: new SourceDesk({
      plan, format: { width: 16, height: 16, frameRate: { num: 30, den: 1 } },
      ffmpeg: {} as DeskOptions['ffmpeg'],
      onChange: (event: SourceEvent | MixEvent) => { if (event.type === 'mix') mixes.push(event); },
      onFeeds: (given) => { feeds.push(given); },
      onNewest: () => undefined,
      onPictureDelay: (frames) => { delays.push(frames); },
    }),
  };
}

describe('the source desk', () => {
  const two: DeskOptions['plan'] = { video: { kind: 'test' }, otherVideo: [{ kind: 'camera' }], audio: { kind: 'source' } };

  it('lets the sound follow, or stay', () => {
    const { desk: one, mixes } = desk(two);
    one.switchTo('2', 'stay');
    one.switchTo('1', 'follow');
    one.switchTo('2', 'follow');
    expect(mixes.map(({ picture, sound }) => [picture, sound])).toEqual([['2', '1'], ['1', '1'], ['2', '2']]);
  });

  it('leaves sound of its own, and silence, as they are', () => {
    const { desk: own, mixes } = desk({ ...two, audio: { kind: 'microphone' } });
    own.switchTo('2', 'follow');
    expect(mixes.at(-1)).toMatchObject({ picture: '2', sound: 'audio' });
    const silent = desk({ ...two, audio: { kind: 'none' } });
    silent.desk.switchTo('2', 'follow');
    expect(silent.mixes.at(-1)).toMatchObject({ sound: 'none' });
    expect(silent.feeds.at(-1)!.audio).toBeUndefined();
  });

  it.each(['3', '0', 'audio', ''])('refuses to switch to “%s”, naming what there is', (id) => {
    const { desk: own, mixes } = desk({ ...two, audio: { kind: 'microphone' } });
    expect(() => own.switchTo(id, 'follow')).toThrow(expect.objectContaining({ code: 'SOURCE_UNKNOWN', action: 'Choose one of: 1, 2, audio.' }));
    expect(mixes).toEqual([]);
  });

  it('tells each change: slate, mute, gain', () => {
    const { desk: one, mixes } = desk(two);
    one.showSlate(true);
    one.mute(true);
    one.setGain('2', -6);
    expect(mixes.at(-1)).toMatchObject({ slate: true, muted: true, sources: [{ id: '1', gainDb: 0 }, { id: '2', gainDb: -6 }] });
    expect(() => one.setGain('9', 0)).toThrow(expect.objectContaining({ code: 'SOURCE_UNKNOWN' }));
  });

  it('begins with the gain and offset of the plan, and lets every picture wait for sound that is to be heard earlier', () => {
    const { desk: one, mixes, delays } = desk({ ...two, sound: { 1: { gainDb: -3 }, 2: { offsetMs: 120 } } });
    one.announce();
    expect(mixes.at(-1)!.sources).toMatchObject([{ id: '1', gainDb: -3, offsetMs: 0 }, { id: '2', gainDb: 0, offsetMs: 120 }]);
    expect(one.pictureDelayFrames).toBe(0);
    one.setOffset('1', -90);
    one.setOffset('2', -100);
    one.setOffset('1', 0);
    one.setOffset('2', 40);
    // In ticks of 33.3 ms: what the largest lead needs.
    expect(delays).toEqual([3, 3, 3, 0]);
    expect(() => one.setOffset('audio', 1)).toThrow(expect.objectContaining({ code: 'SOURCE_UNKNOWN' }));
  });
});
