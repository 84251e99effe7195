// Looks into a file or URL and decides how FFmpeg plays it: looped or live, and how its sound stays in step through the loops.
import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OperatorError } from '../../contract/errors.ts';
import type { MediaInfo } from '../ffmpeg/mediaInfo.ts';
import { measureStreamEnd, probeMedia } from '../ffmpeg/probeMedia.ts';
import type { CapturePlan } from './capturePlan.ts';
import { COUNTED_SOUND_FILTER, pictureFilter, TIMED_SOUND_FILTER, type ProgramFormat } from './pictureFilter.ts';
import { isUrl, labelOf, secretsOfUrl } from './sourceSpec.ts';
import { sourceFailure } from './sourceFailure.ts';

/** Which feeds the program wants of a source. */
export type Wants = 'both' | 'video' | 'audio';

const PROBE_MS = 15_000;
const MEASURE_MS = 20_000;
const READY_MS = 20_000;
/** Reading more than this to its end to measure it takes too long before a show. */
const MAX_MEASURED_BYTES = 500_000_000;
/** A gap at the loop's end that the frame queue can bridge while FFmpeg makes the silence for it. */
const MAX_BRIDGED_SECONDS = 0.5;
/** The sound of a loop that is padded or cut is held in memory: 192 kB/s. */
const MAX_HELD_SECONDS = 600;

type FileSpec = { readonly kind: 'file'; readonly path: string };

/** @throws {OperatorError} for what is missing, unreadable, no media, or has not what is wanted. */
export async function planFile(spec: FileSpec, format: ProgramFormat, binary: string, wants: Wants): Promise<CapturePlan> {
  const isRemote = isUrl(spec.path);
  const input = isRemote ? spec.path : resolve(spec.path.replace(/^file:(\/\/)?/i, ''));
  const sizeBytes = isRemote ? Number.POSITIVE_INFINITY : await checkedSize(input, spec);
  const info = await lookInto(binary, input, spec);
  const hasVideo = wants !== 'audio' && info.video !== undefined;
  const hasAudio = wants !== 'video' && info.audio !== undefined;
  if (wants !== 'audio' && !hasVideo) {
    throw new OperatorError('source-no-video', `The ${labelOf(spec)} has no video.`, 'Choose a file with video; for its sound alone give it to --audio.');
  }
  if (wants === 'audio' && !hasAudio) {
    throw new OperatorError('source-no-audio', `The ${labelOf(spec)} has no sound.`, 'Choose another file for --audio, or --audio none.');
  }
  const base = { label: labelOf(spec), hasVideo, hasAudio, readyTimeoutMs: READY_MS, secrets: secretsOfUrl(spec.path) };
  const picture = hasVideo ? `[0:V:0]${pictureFilter(format, info.video)}[v]` : undefined;
  const graph = (...chains: (string | undefined)[]): string[] => ['-filter_complex', chains.filter((one) => one !== undefined).join(';')];
  const timedSound = hasAudio ? `[0:a:0]${TIMED_SOUND_FILTER}[a]` : undefined;

  if (isRemote && (info.durationSeconds === undefined || !/^https?:/i.test(input))) {
    return { ...base, pacing: 'push', args: [...liveInputArgs(input), ...graph(picture, timedSound)] };
  }
  if (isImage(info)) {
    const rate = `${format.frameRate.num}/${format.frameRate.den}`;
    return { ...base, pacing: 'pull', args: ['-f', 'image2', '-pattern_type', 'none', '-loop', '1', '-framerate', rate, '-i', input, ...graph(picture)] };
  }
  const loop = ['-stream_loop', '-1'];
  const sound = hasVideo && hasAudio ? await soundOfLoop(binary, input, sizeBytes) : { kind: 'timed' as const };
  switch (sound.kind) {
    case 'timed': return { ...base, pacing: 'pull', args: [...loop, '-i', input, ...graph(picture, timedSound)] };
    case 'counted': return { ...base, pacing: 'pull', args: [...loop, '-i', input, ...graph(picture, `[0:a:0]${COUNTED_SOUND_FILTER}[a]`)] };
    case 'held': {
      const held = `[1:a:0]${TIMED_SOUND_FILTER},aformat=sample_fmts=s16,apad,atrim=end_sample=${sound.samples},`
        + `aloop=loop=-1:size=${sound.samples},aformat=sample_fmts=flt[a]`;
      return { ...base, pacing: 'pull', args: [...loop, '-an', '-i', input, '-vn', '-i', input, ...graph(picture, held)] };
    }
  }
}

/**
 * How the sound of a looped file stays with its picture. FFmpeg moves both by the length of the longer one at each loop.
 * `timed`: the small gap of the shorter one is filled by its timestamps. `held`: picture and sound differ much, so the sound
 * of one loop is cut or padded to the picture's length and repeated. `counted`: not measured (too large); no gap is filled,
 * because one of unknown size would hold up the picture.
 */
async function soundOfLoop(binary: string, input: string, sizeBytes: number): Promise<{ kind: 'timed' | 'counted' } | { kind: 'held'; samples: number }> {
  if (sizeBytes > MAX_MEASURED_BYTES) return { kind: 'counted' };
  const [video, audio] = await Promise.all(['0:V:0', '0:a:0'].map((stream) => measureStreamEnd(binary, input, stream, MEASURE_MS)));
  if (video === undefined || audio === undefined) return { kind: 'counted' };
  if (Math.abs(video - audio) <= MAX_BRIDGED_SECONDS) return { kind: 'timed' };
  return video <= MAX_HELD_SECONDS ? { kind: 'held', samples: Math.max(1, Math.round(video * 48_000)) } : { kind: 'counted' };
}

async function lookInto(binary: string, input: string, spec: FileSpec): Promise<MediaInfo> {
  const probe = await probeMedia(binary, [], input, PROBE_MS);
  if (probe.kind === 'timed-out') throw sourceFailure(spec, { reason: 'no-output', code: null, line: '' });
  if (probe.kind === 'failed') throw sourceFailure(spec, { ...probe.exit, line: redacted(probe.exit.line, spec) });
  return probe.info;
}

function redacted(line: string, spec: FileSpec): string {
  return secretsOfUrl(spec.path).reduce((shown, secret) => shown.replaceAll(secret, '***'), line);
}

/** A picture file; a Motion JPEG film is none, since it has a duration of more than one frame. */
function isImage(info: MediaInfo): boolean {
  return info.audio === undefined && (info.format.endsWith('_pipe') || info.format === 'image2');
}

/** HLS and the like deliver whole segments at once and are read at the pace of their clock; the others pace themselves. */
function liveInputArgs(input: string): string[] {
  const isHttp = /^https?:/i.test(input);
  return [...(isHttp ? ['-re'] : []), ...(/^rtsps?:/i.test(input) ? ['-rtsp_transport', 'tcp'] : []), '-i', input];
}

/** Size in bytes of an ordinary, readable file. */
async function checkedSize(path: string, spec: FileSpec): Promise<number> {
  const label = labelOf(spec);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error.code);
  if (found === 'ENOENT' || found === 'ENOTDIR') throw sourceFailure(spec, { reason: 'no-such-file', code: null, line: '' });
  if (typeof found !== 'object') throw sourceFailure(spec, { reason: 'permission', code: null, line: '' });
  if (found.isDirectory()) throw new OperatorError('source-not-media', `The ${label} is a directory.`, 'Give the path of a file in it.');
  if (!found.isFile()) throw new OperatorError('source-not-media', `The ${label} is no ordinary file.`, 'Give the path of a media file.');
  if (found.size === 0) throw new OperatorError('source-not-media', `The ${label} is empty.`, 'Choose another file.');
  if (!await access(path, constants.R_OK).then(() => true, () => false)) throw sourceFailure(spec, { reason: 'permission', code: null, line: '' });
  return found.size;
}
