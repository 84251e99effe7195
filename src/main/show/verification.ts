// Compares what was sent with what a viewer can fetch. Pure: the verdict and its sentences from two lists of numbers.
import type { FrameRate } from '../../contract/ladder.ts';
import type { ReceivedTrack } from '../../contract/report.ts';

/** The frames of one track that were handed to its connections, as indices on the timeline, both ends included. */
export type SentTrack = {
  readonly label: string;
  readonly kind: 'video' | 'audio';
  readonly declaredKbps: number;
  readonly frames: number;
  readonly first: number;
  readonly last: number;
};

export type VerificationInput = {
  readonly sent: readonly SentTrack[];
  readonly received: readonly ReceivedTrack[];
  readonly frameRate: FrameRate;
  readonly audioFrameSeconds: number;
  /** True where the service archives from the first packet on; false where it began later (after a rehearsal). */
  readonly fromFirstFrame: boolean;
  readonly keyframesAligned: boolean;
};

export type Verdict = {
  readonly verified: boolean;
  readonly sentences: readonly string[];
  /** True when some of what is missing may still be on its way through the service. */
  readonly mayStillArrive: boolean;
};

type Problem = { readonly sentence: string; readonly mayStillArrive: boolean };

/** Frames at the very end of the audio that may lie behind the last whole video GOP: one segment cut plus one frame. */
const AUDIO_TAIL_FRAMES = 2;

/**
 * Verified means: each sent track is served, without a gap, up to the last frame sent, every frame once.
 * Each finding is one sentence, the good ones too.
 */
export function verify(input: VerificationInput): Verdict {
  const sentences: string[] = [];
  let verified = input.keyframesAligned;
  if (!input.keyframesAligned) sentences.push('The keyframes of the renditions are not aligned: players may stumble when they switch.');
  if (input.sent.length === 0) {
    return { verified: false, sentences: [...sentences, 'Nothing was sent.'], mayStillArrive: false };
  }
  const problems: Problem[] = [];
  for (const track of input.sent) {
    const received = input.received.find((one) => one.kind === track.kind && declaredKbpsOf(one.track) === track.declaredKbps);
    const problem = received === undefined
      ? { sentence: 'the service does not serve it', mayStillArrive: true }
      : problemOf(track, received, input);
    if (problem === undefined) {
      sentences.push(`${track.label}: all ${received?.frames ?? 0} frames arrived.`);
    } else {
      verified = false;
      problems.push(problem);
      sentences.push(`${track.label}: ${problem.sentence}.`);
    }
  }
  return { verified, sentences, mayStillArrive: input.keyframesAligned && problems.some((one) => one.mayStillArrive) };
}

function problemOf(track: SentTrack, received: ReceivedTrack, input: VerificationInput): Problem | undefined {
  const frameSeconds = track.kind === 'audio' ? input.audioFrameSeconds : input.frameRate.den / input.frameRate.num;
  const tail = track.kind === 'audio' ? AUDIO_TAIL_FRAMES : 0;
  const framesIn = (seconds: number): number => Math.round(seconds / frameSeconds);
  const firstReceived = framesIn(received.firstSeconds);
  const lastReceived = framesIn(received.lastSeconds);
  const lost = (sentence: string): Problem => ({ sentence, mayStillArrive: false });
  // What was lost before this run sent its first frame (an earlier run that crashed) is not this run's.
  const ownGaps = received.gaps.filter((gap) => framesIn(gap.atSeconds + gap.lengthSeconds) > track.first + tail);
  if (ownGaps.length > 0) {
    const total = ownGaps.reduce((sum, gap) => sum + gap.lengthSeconds, 0);
    // What came last may be on its way all the same.
    const mayStillArrive = lastReceived < track.last - tail;
    return { mayStillArrive, sentence: `${ownGaps.length} gap(s) of ${total.toFixed(2)} s together at the service, the first at ${ownGaps[0]?.atSeconds.toFixed(2) ?? '?'} s` };
  }
  const ownOverlaps = received.overlaps.filter((one) => framesIn(one.atSeconds) >= track.first);
  if (ownOverlaps.length > 0) return lost(`media is there twice in ${ownOverlaps.length} place(s), the first at ${ownOverlaps[0]?.atSeconds.toFixed(2) ?? '?'} s`);
  if (input.fromFirstFrame && firstReceived > track.first + tail) return lost(`the service begins ${firstReceived - track.first} frame(s) late`);
  if (lastReceived < track.last - tail) {
    return { sentence: `the last ${track.last - lastReceived} frame(s) did not arrive`, mayStillArrive: true };
  }
  const expected = lastReceived - firstReceived + 1 - received.gaps.reduce((sum, gap) => sum + framesIn(gap.lengthSeconds), 0);
  if (received.frames !== expected) return lost(`${expected} frames were expected, ${received.frames} are served`);
  const missingAtSource = track.last - track.first + 1 - track.frames;
  if (missingAtSource > 0) return lost(`${missingAtSource} frame(s) were lost before they were sent`);
  return undefined;
}

/** Track names end in their declared bitrate in bit/s (`video_2500000`), media-services.md §4.3. */
export function declaredKbpsOf(track: string): number | undefined {
  const digits = /(\d+)$/.exec(track)?.[1];
  return digits === undefined ? undefined : Math.round(Number(digits) / 1000);
}
