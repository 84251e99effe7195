// How many threads the decoder of a film uses. Pure.
import type { VideoInfo } from '../ffmpeg/mediaInfo.ts';

/** 1080p30. One thread decodes H.264 of this size and rate some ten times as fast as it plays (decision 0026); a slow machine still in time. */
const LIGHT_PIXELS_PER_SECOND = 1920 * 1080 * 30;
/** What entropy coding costs grows with the bits: above this a peak may take one thread as long as it plays. */
const LIGHT_KBPS = 12_000;

/**
 * FFmpeg decodes with a thread for each processor and one more, and hands every picture from one to the next. For a film that one
 * thread decodes with ease that costs CPU and holds pictures back; every other is left to FFmpeg.
 * @returns an input option, to stand before its `-i`, or none (https://ffmpeg.org/ffmpeg-codecs.html, `threads`).
 */
export function decoderThreadArgs(film: VideoInfo): string[] {
  const isLight = film.codec === 'h264' && /^yuvj?420p$/.test(film.pixelFormat ?? '')
    && film.kbps !== undefined && film.kbps <= LIGHT_KBPS
    && film.fps !== undefined && film.width * film.height * film.fps <= LIGHT_PIXELS_PER_SECOND;
  return isLight ? ['-threads', '1'] : [];
}
