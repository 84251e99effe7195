// Arithmetic of a live event's timeline: frame and AAC frame indices against media time. Nothing here reads a clock.
import { AAC_FRAME_SAMPLES, AUDIO_SAMPLE_RATE, type FrameRate } from '../../contract/ladder.ts';

declare const brand: unique symbol;
/** Index of a program frame: presentation time = index / fps after the timeline's zero. */
export type FrameIndex = number & { readonly [brand]: 'FrameIndex' };
/** Index of an AAC frame: presentation time = index × 1024 / 48000 s after the timeline's zero. */
export type AudioFrameIndex = number & { readonly [brand]: 'AudioFrameIndex' };
/** Milliseconds of media time after the timeline's zero. */
export type MediaMs = number & { readonly [brand]: 'MediaMs' };
/** Milliseconds of UTC since 1970. */
export type UtcMs = number & { readonly [brand]: 'UtcMs' };

/** What two instances must agree on to produce equal timestamps. `zeroUtcSeconds` is a whole UTC second. */
export type Timeline = {
  readonly zeroUtcSeconds: number;
  readonly frameRate: FrameRate;
  readonly framesPerGop: number;
};

/** GOP k begins at frame k × round(fps × gopSeconds), so that fractional rates have whole GOPs too. */
export function createTimeline(zeroUtcSeconds: number, frameRate: FrameRate, gopSeconds: number): Timeline {
  if (!Number.isInteger(zeroUtcSeconds)) throw new RangeError('The zero of a timeline is a whole UTC second.');
  return { zeroUtcSeconds, frameRate, framesPerGop: Math.round((gopSeconds * frameRate.num) / frameRate.den) };
}

/** Exact presentation time of a frame in milliseconds, not rounded. */
export function exactMsOfFrame(frame: number, rate: FrameRate): number {
  return (frame * 1000 * rate.den) / rate.num;
}

/** Presentation time rounded to the millisecond: the timestamp that RTMP carries. Always computed, never accumulated. */
export function mediaMsOfFrame(frame: number, rate: FrameRate): MediaMs {
  return Math.round(exactMsOfFrame(frame, rate)) as MediaMs;
}

/** The frame whose rounded timestamp is nearest to `ms`; the inverse of {@link mediaMsOfFrame} below 500 fps. */
export function frameOfMediaMs(ms: number, rate: FrameRate): FrameIndex {
  return Math.round((ms * rate.num) / (1000 * rate.den)) as FrameIndex;
}

/** Timestamp of an AAC frame rounded to the millisecond. */
export function mediaMsOfAudioFrame(frame: number): MediaMs {
  return Math.round((frame * AAC_FRAME_SAMPLES * 1000) / AUDIO_SAMPLE_RATE) as MediaMs;
}

/** The AAC frame nearest to `ms`; the inverse of {@link mediaMsOfAudioFrame}. */
export function audioFrameOfMediaMs(ms: number): AudioFrameIndex {
  return Math.round((ms * AUDIO_SAMPLE_RATE) / (1000 * AAC_FRAME_SAMPLES)) as AudioFrameIndex;
}

/** The first frame of the first GOP that begins at or after `utcMs`. */
export function firstGopFrameAt(timeline: Timeline, utcMs: number): FrameIndex {
  const elapsedFrames = ((utcMs - timeline.zeroUtcSeconds * 1000) * timeline.frameRate.num) / (1000 * timeline.frameRate.den);
  return (Math.max(0, Math.ceil(elapsedFrames / timeline.framesPerGop)) * timeline.framesPerGop) as FrameIndex;
}

/** The first AAC frame that begins at or after the presentation time of `frame`. */
export function firstAudioFrameAt(frame: number, rate: FrameRate): AudioFrameIndex {
  return Math.ceil((frame * rate.den * AUDIO_SAMPLE_RATE) / (rate.num * AAC_FRAME_SAMPLES)) as AudioFrameIndex;
}

/** UTC of a frame's presentation time in milliseconds, not rounded. */
export function utcMsOfFrame(timeline: Timeline, frame: number): UtcMs {
  return (timeline.zeroUtcSeconds * 1000 + exactMsOfFrame(frame, timeline.frameRate)) as UtcMs;
}
