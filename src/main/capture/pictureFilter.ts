// The filters that turn any picture into the program's: size with bars, square pixels, constant rate, BT.709 limited range. Pure.
import type { FrameRate } from '../../contract/ladder.ts';
import type { VideoInfo } from '../ffmpeg/mediaInfo.ts';

/** What the program runs at. Width and height are even. */
export type ProgramFormat = { readonly width: number; readonly height: number; readonly frameRate: FrameRate };

/** SD without a colour description is BT.601 by custom, HD is BT.709; swscale takes 601 for both. */
const HD_LINES = 720;

/**
 * A filter chain without labels.
 * @param input what is known of the picture that comes in; undefined for devices.
 */
export function pictureFilter(format: ProgramFormat, input: VideoInfo | undefined): string {
  const { width, height, frameRate } = format;
  // The first frame stands at 0 also when the stream begins later, so that picture and sound begin together.
  const rate = `fps=fps=${frameRate.num}/${frameRate.den}:start_time=0`;
  const isFaster = input?.fps !== undefined && input.fps > frameRate.num / frameRate.den + 0.01;
  const isUnnamedHd = input !== undefined && input.colorMatrix === undefined && Math.min(input.width, input.height) >= HD_LINES;
  // `dar` takes pixels that are not square into account, which force_original_aspect_ratio does not.
  const scale = [
    `w='max(2,round(min(${width},${height}*dar)/2)*2)'`,
    `h='max(2,round(min(${height},${width}/dar)/2)*2)'`,
    'flags=bicubic', 'out_color_matrix=bt709', 'out_range=limited',
    ...(isUnnamedHd ? ['in_color_matrix=bt709'] : []),
  ].join(':');
  return [
    ...(input?.isInterlaced === true ? ['yadif=deint=interlaced'] : []),
    // Frames that will be dropped are not scaled; frames that will be repeated are scaled once.
    ...(isFaster ? [rate] : []),
    `scale=${scale}`,
    'format=yuv420p',
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:color=black`,
    'setsar=1',
    ...(isFaster ? [] : [rate]),
  ].join(',');
}

/** What sound needs when its timestamps are to be trusted (files, streams): gaps become silence, so that it stays with the picture. */
export const TIMED_SOUND_FILTER = 'aresample=48000:async=1:min_hard_comp=0.01:first_pts=0,aformat=sample_fmts=flt:channel_layouts=stereo';
/** What sound needs when samples are to be counted as they come: a device's drift is measured and corrected by the program. */
export const COUNTED_SOUND_FILTER = 'aresample=48000,aformat=sample_fmts=flt:channel_layouts=stereo';
