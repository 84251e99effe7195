import { describe, expect, it } from 'vitest';
import { filterThreadArgs } from '../../../src/main/ffmpeg/filterThreads.ts';

const ONE = ['-filter_complex_threads', '1'];

describe('threads of picture filters', () => {
  it('are one up to 1080p60, whichever way round', () => {
    expect(filterThreadArgs({ width: 1920, height: 1080, fps: 60 })).toEqual(ONE);
    expect(filterThreadArgs({ width: 1080, height: 1920, fps: 30 }, { width: 640, height: 480, fps: 15 })).toEqual(ONE);
  });

  it('are left to FFmpeg where either side is larger, or not known', () => {
    const small = { width: 1280, height: 720, fps: 30 };
    expect(filterThreadArgs(small, { width: 3840, height: 2160, fps: 25 })).toEqual([]);
    expect(filterThreadArgs({ width: 2560, height: 1440, fps: 60 }, small)).toEqual([]);
    expect(filterThreadArgs(small, undefined)).toEqual([]);
  });
});
