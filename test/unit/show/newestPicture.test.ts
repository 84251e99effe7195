import { describe, expect, it } from 'vitest';
import type { RawFrame, VideoTiming } from '../../../src/main/capture/feed.ts';
import { newestPicture } from '../../../src/main/show/newestPicture.ts';

const frame = (value: number): RawFrame => ({ pieces: [Uint8Array.of(value)], arrivedAtMs: 0, sourceFrame: value });
const queued = [frame(1), frame(2), frame(3)];
const held = (holdMs: number): VideoTiming => ({ intervalMs: 33, holdMs });

describe('the picture that the operator is shown', () => {
  it('is what a camera or a screen gave last, before its hold is over', () => {
    expect(newestPicture({ timing: held(70), queued })).toEqual({ pieces: queued[2]!.pieces, intervalMs: 33 });
  });

  it('is what goes out where nothing waits, for a file, the slate, a stream from a network, and nothing at all', () => {
    expect(newestPicture({ timing: held(70), queued: [] })).toBeUndefined();
    expect(newestPicture({ timing: undefined, queued })).toBeUndefined();
    expect(newestPicture({ timing: held(400), queued })).toBeUndefined();
    expect(newestPicture(undefined)).toBeUndefined();
  });
});
