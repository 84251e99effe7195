// How many threads the picture filters of a worker use. Pure.

export type FilteredPictures = { readonly width: number; readonly height: number; readonly fps: number };

/** 1080p60. Bicubic scaling with a change of the colour matrix takes one thread 6 ms a picture at 1080p, of 16 that there are at 60 fps. */
const ONE_THREAD_PIXELS_PER_SECOND = 1920 * 1080 * 60;

/**
 * FFmpeg cuts each picture into as many slices as there are processors and wakes a thread for each: for what one thread does in time
 * that costs an eighth of the capture worker's CPU and gains nothing. What is larger, or not known, is left to FFmpeg.
 * @param pictures what goes in and what comes out; undefined where it is not known.
 * @returns an option for all complex filter graphs of the process, or none (https://ffmpeg.org/ffmpeg.html, `-filter_complex_threads`).
 */
export function filterThreadArgs(...pictures: readonly (FilteredPictures | undefined)[]): string[] {
  const isSmall = pictures.every((one) => one !== undefined && one.width * one.height * one.fps <= ONE_THREAD_PIXELS_PER_SECOND);
  return isSmall ? ['-filter_complex_threads', '1'] : [];
}
