// Looks into a file or URL and decides how FFmpeg plays it: looped or live, and how its sound stays in step through the loops.
import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OperatorError } from '../../contract/errors.ts';
import { filterThreadArgs } from '../ffmpeg/filterThreads.ts';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import type { MediaInfo, VideoInfo } from '../ffmpeg/mediaInfo.ts';
import { measureStream, probeMedia } from '../ffmpeg/probeMedia.ts';
import { frameRateOf } from '../media/frameRate.ts';
import type { CapturePlan } from './capturePlan.ts';
import { decoderThreadArgs } from './decoderThreads.ts';
import { pictureFilter, timedSoundFilter, TONE_MAP_FILTERS, type ProgramFormat } from './pictureFilter.ts';
import { isUrl, labelOf, secretsOfUrl } from './sourceSpec.ts';
import { sourceFailure } from './sourceFailure.ts';

/** Which feeds the program wants of a source. */
export type Wants = 'both' | 'video' | 'audio';

const PROBE_MS = 15_000;
const MEASURE_MS = 20_000;
const READY_MS = 20_000;
/** A stream from a network is shown so long after it came: what swallows the unevenness of an ordinary one. */
const NETWORK_HOLD_MS = 400;
/** Reading more than this to its end to measure it takes too long before a show. */
const MAX_MEASURED_BYTES = 500_000_000;
/** How long the picture may stand still at the loop's end; the queues bridge that. */
const MAX_BRIDGED_SECONDS = 0.5;
/** The sound of a loop that is padded or cut is held in memory: 192 kB/s. */
const MAX_HELD_SECONDS = 600;

/** A picture file is one frame that never ends; `%d` in its name is no pattern. */
const IMAGE_NAME = /\.(png|jpe?g|bmp|tiff?|webp)$/i;
const IMAGE_ARGS = ['-f', 'image2', '-pattern_type', 'none'];
/** FFmpeg looks at 5 s of a live stream by default before it gives the first frame, and it is opened twice. */
const QUICK_LOOK = ['-analyzeduration', '2000000'];

type FileSpec = { readonly kind: 'file'; readonly path: string };

/** @throws {OperatorError} for what is missing, unreadable, no media, or has not what is wanted. */
export async function planFile(spec: FileSpec, format: ProgramFormat, ffmpeg: Pick<FfmpegInstall, 'path' | 'capabilities'>, wants: Wants): Promise<CapturePlan> {
  const binary = ffmpeg.path;
  const isRemote = isUrl(spec.path);
  const input = isRemote ? spec.path : resolve(spec.path.replace(/^file:(\/\/)?/i, ''));
  const sizeBytes = isRemote ? Number.POSITIVE_INFINITY : await checkedSize(input, spec);
  const isImage = !isRemote && IMAGE_NAME.test(input);
  const info = await lookInto(binary, isImage ? IMAGE_ARGS : isRemote ? QUICK_LOOK : [], input, spec);
  const hasVideo = wants !== 'audio' && info.video !== undefined;
  const hasAudio = wants !== 'video' && info.audio !== undefined;
  if (wants !== 'audio' && !hasVideo) {
    throw new OperatorError('SOURCE_NO_VIDEO', `The ${labelOf(spec)} has no video.`, 'Choose a file with video; for its sound alone give it to --audio.');
  }
  if (wants === 'audio' && !hasAudio) {
    throw new OperatorError('SOURCE_NO_AUDIO', `The ${labelOf(spec)} has no sound.`, 'Choose another file for --audio, or --audio none.');
  }
  const missing = TONE_MAP_FILTERS.filter((filter) => !ffmpeg.capabilities.filters.has(filter));
  if (hasVideo && info.video?.hdr !== undefined && missing.length > 0) {
    throw new OperatorError(
      'SOURCE_HDR', `The ${labelOf(spec)} is HDR (${info.video.hdr}), and this FFmpeg cannot turn it into SDR: it was built without ${missing.join(' and ')}.`,
      'Set FIELDCAST_FFMPEG to an FFmpeg with zscale, or convert the file to SDR.',
    );
  }
  const base = { label: labelOf(spec), hasVideo, hasAudio, readyTimeoutMs: READY_MS, secrets: secretsOfUrl(spec.path) };
  const picture = hasVideo && info.video !== undefined ? `[0:V:0]${pictureFilter(format, info.video)}[v]` : undefined;
  const filterArgs = hasVideo && info.video !== undefined ? filterThreadArgsOf(info.video, format) : [];
  const graph = (...chains: (string | undefined)[]): string[] => [...filterArgs, '-filter_complex', chains.filter((one) => one !== undefined).join(';')];
  const timedSound = hasAudio ? `[0:a:0]${timedSoundFilter(info.audio?.layout)}[a]` : undefined;

  if (isRemote && (info.durationSeconds === undefined || !/^https?:/i.test(input))) {
    return { ...base, pacing: 'push', holdMs: NETWORK_HOLD_MS, args: [...liveInputArgs(input), ...graph(picture, timedSound)] };
  }
  if (isImage) {
    const rate = `${format.frameRate.num}/${format.frameRate.den}`;
    return { ...base, pacing: 'pull', args: [...IMAGE_ARGS, '-loop', '1', '-framerate', rate, '-i', input, ...graph(picture)] };
  }
  const looped = [...(hasVideo && info.video !== undefined ? decoderThreadArgs(info.video) : []), '-stream_loop', '-1'];
  const heldSamples = hasAudio && info.video !== undefined && hasVideo ? await samplesOfLoop(binary, input, sizeBytes, info.video) : undefined;
  if (heldSamples === undefined) return { ...base, pacing: 'pull', args: [...looped, '-i', input, ...graph(picture, timedSound)] };
  const held = `[1:a:0]${timedSoundFilter(info.audio?.layout)},aformat=sample_fmts=s16,apad,atrim=end_sample=${heldSamples},`
    + `aloop=loop=-1:size=${heldSamples},aformat=sample_fmts=flt[a]`;
  return { ...base, pacing: 'pull', args: [...looped, '-an', '-i', input, '-vn', '-i', input, ...graph(picture, held)] };
}

/**
 * How the sound of a looped file stays with its picture: the sound of one loop is cut or padded to the length of the picture
 * and repeated, so that the picture loops without a repeated or a missing frame. Returns that length in samples.
 *
 * Undefined where FFmpeg's own loop of both is better. It moves both by the length of the *sound* at each loop (ffmpeg.c,
 * seek_to_start), so they stay in step, but the picture is cut, or stands still, by the difference. That is so for long files,
 * whose sound would fill the memory, and for variable frame rates, where the length of the last frame and so of the loop is
 * not defined and an error would grow with every loop.
 */
async function samplesOfLoop(binary: string, input: string, sizeBytes: number, video: VideoInfo): Promise<number | undefined> {
  if (sizeBytes > MAX_MEASURED_BYTES || video.fps === undefined) return undefined;
  const [picture, sound] = await Promise.all(['0:V:0', '0:a:0'].map((stream) => measureStream(binary, input, stream, MEASURE_MS)));
  if (picture === undefined || sound === undefined) return undefined;
  const rate = frameRateOf(video.fps);
  // As seek_to_start computes it for a stream without sound: the last frame lasts one mean frame.
  const seconds = picture.lastPts - picture.firstPts + rate.den / rate.num;
  const isConstant = video.baseRate !== undefined && Math.abs(video.fps - video.baseRate) < 0.01;
  const wouldStandStill = sound.lastPts - sound.firstPts > seconds + MAX_BRIDGED_SECONDS;
  if (seconds > MAX_HELD_SECONDS || (!isConstant && !wouldStandStill)) return undefined;
  return Math.max(1, Math.round(seconds * 48_000));
}

/** To tone-map and to deinterlace takes many times what scaling takes. */
function filterThreadArgsOf(video: VideoInfo, format: ProgramFormat): string[] {
  if (video.hdr !== undefined || video.isInterlaced) return [];
  const fps = format.frameRate.num / format.frameRate.den;
  // Of a faster film only what is shown is scaled.
  return filterThreadArgs({ ...format, fps }, { ...video, fps: Math.min(video.fps ?? fps, fps) });
}

async function lookInto(binary: string, inputArgs: readonly string[], input: string, spec: FileSpec): Promise<MediaInfo> {
  const probe = await probeMedia(binary, inputArgs, input, PROBE_MS);
  if (probe.kind === 'timed-out') throw sourceFailure(spec, { reason: 'no-output', code: null, line: '' });
  if (probe.kind === 'failed') throw sourceFailure(spec, { ...probe.exit, line: redacted(probe.exit.line, spec) });
  return probe.info;
}

function redacted(line: string, spec: FileSpec): string {
  return secretsOfUrl(spec.path).reduce((shown, secret) => shown.replaceAll(secret, '***'), line);
}

/** HLS and the like deliver whole segments at once and are read at the pace of their clock; the others pace themselves. */
function liveInputArgs(input: string): string[] {
  const isHttp = /^https?:/i.test(input);
  return [...QUICK_LOOK, ...(isHttp ? ['-re'] : []), ...(/^rtsps?:/i.test(input) ? ['-rtsp_transport', 'tcp'] : []), '-i', input];
}

/** Size in bytes of an ordinary, readable file. */
async function checkedSize(path: string, spec: FileSpec): Promise<number> {
  const label = labelOf(spec);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error.code);
  if (found === 'ENOENT' || found === 'ENOTDIR') throw sourceFailure(spec, { reason: 'no-such-file', code: null, line: '' });
  if (typeof found !== 'object') throw sourceFailure(spec, { reason: 'permission', code: null, line: '' });
  if (found.isDirectory()) throw new OperatorError('SOURCE_NOT_MEDIA', `The ${label} is a directory.`, 'Give the path of a file in it.');
  if (!found.isFile()) throw new OperatorError('SOURCE_NOT_MEDIA', `The ${label} is no ordinary file.`, 'Give the path of a media file.');
  if (found.size === 0) throw new OperatorError('SOURCE_NOT_MEDIA', `The ${label} is empty.`, 'Choose another file.');
  if (!await access(path, constants.R_OK).then(() => true, () => false)) throw sourceFailure(spec, { reason: 'permission', code: null, line: '' });
  return found.size;
}
