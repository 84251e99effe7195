import { describe, expect, it } from 'vitest';
import { verify, type SentTrack, type VerificationInput } from '../../../src/main/show/verification.ts';
import type { ReceivedTrack } from '../../../src/contract/report.ts';

const sent: SentTrack = { label: '720p', kind: 'video', declaredKbps: 2500, frames: 120, first: 600, last: 719 };
const received: ReceivedTrack = { track: 'video_2500000', kind: 'video', frames: 120, firstSeconds: 20, lastSeconds: 719 / 30, gaps: [], overlaps: [] };
const audioSent: SentTrack = { label: 'audio', kind: 'audio', declaredKbps: 128, frames: 188, first: 938, last: 1125 };
const audioSeconds = 1024 / 48_000;
const audioReceived: ReceivedTrack = {
  track: 'audio_128000', kind: 'audio', frames: 187, firstSeconds: 938 * audioSeconds, lastSeconds: 1124 * audioSeconds, gaps: [], overlaps: [],
};
const input: VerificationInput = {
  sent: [sent, audioSent], received: [received, audioReceived], frameRate: { num: 30, den: 1 },
  audioFrameSeconds: audioSeconds, fromFirstFrame: true, keyframesAligned: true,
};

function withVideo(change: Partial<ReceivedTrack>, more: Partial<VerificationInput> = {}) {
  return verify({ ...input, received: [{ ...received, ...change }, audioReceived], ...more });
}

describe('verify', () => {
  it('passes a whole archive, with an audio frame less behind the last GOP', () => {
    expect(verify(input)).toEqual({ verified: true, mayStillArrive: false, sentences: ['720p: all 120 frames arrived.', 'audio: all 187 frames arrived.'] });
  });

  it('names a gap', () => {
    const verdict = withVideo({ gaps: [{ atSeconds: 21, lengthSeconds: 0.1 }] });
    expect(verdict.verified).toBe(false);
    expect(verdict.sentences[0]).toBe('720p: 1 gap(s) of 0.10 s together at the service, the first at 21.00 s.');
  });

  it('names media that is there twice', () => {
    expect(withVideo({ overlaps: [{ atSeconds: 22, lengthSeconds: 2 }] })).toMatchObject({ verified: false, sentences: ['720p: media is there twice in 1 place(s), the first at 22.00 s.', expect.anything()] });
  });

  it('fails when one frame is missing in the middle, at the end or at the beginning', () => {
    expect(withVideo({ frames: 119 }).verified).toBe(false);
    expect(withVideo({ frames: 119, lastSeconds: 718 / 30 }).verified).toBe(false);
    expect(withVideo({ frames: 119, firstSeconds: 601 / 30 }).verified).toBe(false);
  });

  it('accepts a late beginning only after a rehearsal', () => {
    const late = { frames: 60, firstSeconds: 22 };
    expect(withVideo(late).verified).toBe(false);
    expect(withVideo(late, { fromFirstFrame: false }).verified).toBe(true);
  });

  it('tells what may still arrive from what is lost', () => {
    expect(withVideo({ frames: 60, lastSeconds: 659 / 30 }).mayStillArrive).toBe(true);
    expect(verify({ ...input, received: [audioReceived] }).mayStillArrive).toBe(true);
    expect(withVideo({ frames: 119 }).mayStillArrive).toBe(false);
    expect(withVideo({ frames: 60, lastSeconds: 659 / 30 }, { keyframesAligned: false }).mayStillArrive).toBe(false);
  });

  it('leaves a gap of an earlier run aside, but not the frames around it', () => {
    const earlier = { frames: 210, firstSeconds: 16, gaps: [{ atSeconds: 19, lengthSeconds: 1 }] };
    expect(withVideo(earlier, { fromFirstFrame: false }).verified).toBe(true);
    expect(withVideo({ ...earlier, frames: 209 }, { fromFirstFrame: false }).verified).toBe(false);
  });

  it('fails when a rendition is absent, keyframes disagree, frames were lost before sending, or nothing was sent', () => {
    expect(verify({ ...input, received: [audioReceived] }).verified).toBe(false);
    expect(verify({ ...input, keyframesAligned: false }).verified).toBe(false);
    expect(verify({ ...input, sent: [{ ...sent, frames: 119 }, audioSent] }).verified).toBe(false);
    expect(verify({ ...input, sent: [] }).verified).toBe(false);
  });
});
