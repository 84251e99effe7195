// The filters that turn any picture into the program's: size with bars, square pixels, constant rate, BT.709 limited range. Pure.
import type { FrameRate } from '../../contract/ladder.ts';
import type { VideoInfo } from '../ffmpeg/mediaInfo.ts';

/** What the program runs at. Width and height are even. */
export type ProgramFormat = { readonly width: number; readonly height: number; readonly frameRate: FrameRate };

/** SD without a colour description is BT.601 by custom, HD is BT.709; swscale takes 601 for both. */
const HD_LINES = 720;

/** What turns HDR into SDR; not in every FFmpeg. */
export const TONE_MAP_FILTERS = ['zscale', 'tonemap'] as const;
/** Graphics white of HDR (BT.2408): it becomes almost the white of SDR, and what is brighter is pressed into the rest. */
const HDR_WHITE_NITS = 203;
/** What `colorspace` takes that films are made in (https://ffmpeg.org/ffmpeg-filters.html#colorspace). */
const CONVERTIBLE_PICTURES = /^yuvj?4(20|22|44)p(10le|12le)?$/;
const CONVERTIBLE_MATRICES = ['bt709', 'bt470bg', 'smpte170m'];

/**
 * A filter chain without labels. HDR (PQ, HLG) needs {@link TONE_MAP_FILTERS}.
 * @param input what is known of the picture that comes in; `device` for one whose frames are passed on as they come: their times
 * are uneven, so to put them on a grid here would repeat some and drop others.
 */
export function pictureFilter(format: ProgramFormat, input: VideoInfo | 'device'): string {
  const { width, height, frameRate } = format;
  // The first frame stands at 0 also when the stream begins later, so that picture and sound begin together.
  const isDevice = input === 'device';
  const known = isDevice ? undefined : input;
  const rate = isDevice ? [] : [`fps=fps=${frameRate.num}/${frameRate.den}:start_time=0`];
  const isFaster = known?.fps !== undefined && known.fps > frameRate.num / frameRate.den + 0.01;
  const isToneMapped = known?.hdr !== undefined;
  const isUnnamedHd = known !== undefined && known.colorMatrix === undefined && Math.min(known.width, known.height) >= HD_LINES;
  const conversion = known === undefined ? undefined : colorConversion(known, isUnnamedHd ? 'bt709' : 'smpte170m');
  // `dar` takes pixels that are not square into account, which force_original_aspect_ratio does not.
  const scale = [
    `w='max(2,round(min(${width},${height}*dar)/2)*2)'`,
    `h='max(2,round(min(${height},${width}/dar)/2)*2)'`,
    'flags=bicubic',
    ...(conversion === undefined ? ['out_color_matrix=bt709', 'out_range=limited', ...(isUnnamedHd || isToneMapped ? ['in_color_matrix=bt709'] : [])] : []),
  ].join(':');
  return [
    ...(known?.isInterlaced === true ? ['yadif=deint=interlaced'] : []),
    // Frames that will be dropped are not scaled; frames that will be repeated are scaled once.
    ...(isFaster ? rate : []),
    ...(isToneMapped ? [
      `zscale=transfer=linear:npl=${HDR_WHITE_NITS}`, 'format=gbrpf32le', 'zscale=primaries=bt709', 'tonemap=mobius',
      'zscale=transfer=bt709:matrix=bt709:range=limited', 'format=yuv420p',
    ] : []),
    `scale=${scale}`,
    ...(conversion === undefined ? [] : [conversion]),
    'format=yuv420p',
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:color=black`,
    'setsar=1',
    ...(isFaster ? [] : rate),
    // Nobody reads a device's times behind the pipe, but two that fall into one frame of its rate are an error to FFmpeg's writer.
    ...(isDevice ? ['setpts=N/TB'] : []),
  ].join(',');
}

/**
 * From BT.601 or full range to the program's colours, where the film says enough of itself. `scale` does it too, by way of RGB with eight
 * bits, for five times the CPU (decision 0026). Undefined where nothing is to convert or `colorspace` does not take it.
 * @param assumed the matrix of a film that names none.
 */
function colorConversion(film: VideoInfo, assumed: string): string | undefined {
  const matrix = film.colorMatrix ?? assumed;
  const isProgramsOwn = matrix === 'bt709' && !film.isFullRange;
  if (isProgramsOwn || film.hdr !== undefined || !CONVERTIBLE_MATRICES.includes(matrix) || !CONVERTIBLE_PICTURES.test(film.pixelFormat ?? '')) return undefined;
  // Primaries and transfer stay as they are: named alike on both sides, since a film often names none, which the filter refuses.
  return `colorspace=ispace=${matrix}:irange=${film.isFullRange ? 'pc' : 'tv'}:space=bt709:range=tv`
    + ':iprimaries=bt709:primaries=bt709:itrc=bt709:trc=bt709:format=yuv420p:fast=1';
}

/** What sound needs when its timestamps are to be trusted (files, streams): gaps become silence, so that it stays with the picture. */
const TIMED_SOUND = 'aresample=48000:async=1:min_hard_comp=0.01:first_pts=0,aformat=sample_fmts=flt:channel_layouts=stereo';
/** @param layout as FFmpeg names it; mono is given to both sides whole, where FFmpeg's own mix would make it 3 dB softer. */
export function timedSoundFilter(layout: string | undefined): string {
  return layout === 'mono' || layout === '1 channels' ? `pan=stereo|c0=c0|c1=c0,${TIMED_SOUND}` : TIMED_SOUND;
}

/** What sound needs when samples are to be counted as they come: a device's drift is measured and corrected by the program. */
export const COUNTED_SOUND_FILTER = 'aresample=48000,aformat=sample_fmts=flt:channel_layouts=stereo';
