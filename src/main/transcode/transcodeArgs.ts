// The FFmpeg arguments that make a set of MP4 files of one file: one for each size, one for the sound. Pure: starts nothing.
import { pictureFilter } from '../capture/pictureFilter.ts';
import type { FrameRate } from '../../contract/ladder.ts';
import type { MediaInfo, VideoInfo } from '../ffmpeg/mediaInfo.ts';
import type { EncodedRung, EncodingPlan } from './encodingPresets.ts';

/** Names of the files, below the folder that is given. */
export type TranscodedNames = { readonly videos: readonly string[]; readonly audio: string | undefined };

/** x264's own default speed: nobody waits for a frame, so its better picture is worth its time. */
const PRESET = 'medium';
/** x264's constant rate factor at which most people see no difference any more. */
const QUALITY_CRF = '21';
const SAMPLE_RATE = '48000';

export function namesOf(plan: EncodingPlan): TranscodedNames {
  return {
    videos: plan.rungs.map(({ width, height, kbps }) => `${width}x${height}_${kbps}.mp4`),
    audio: plan.audioKbps === undefined ? undefined : `audio_${plan.audioKbps}.mp4`,
  };
}

/** @param outputs one path for each name of {@link namesOf}. */
export function transcodeArgs(input: string, info: MediaInfo, plan: EncodingPlan, outputs: { readonly videos: readonly string[]; readonly audio: string | undefined }): string[] {
  const graph = plan.frameRate === undefined || info.video === undefined ? undefined : rungsGraph(info.video, plan.rungs, plan.frameRate);
  return [
    '-n', '-i', input,
    ...(graph === undefined ? [] : ['-filter_complex', graph]),
    ...plan.rungs.flatMap((rung, index) => [
      '-map', `[v${index}]`, ...videoArgs(rung, plan), '-an', '-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1', '-f', 'mp4', outputs.videos[index] ?? '',
    ]),
    ...(plan.audioKbps === undefined || outputs.audio === undefined ? [] : [
      '-map', '0:a:0', '-c:a', 'aac', '-b:a', `${plan.audioKbps}k`, '-ar', SAMPLE_RATE, '-ac', '2',
      // Sound that begins later than the picture is padded, so that both begin at zero.
      '-af', 'aresample=async=1:first_pts=0', '-vn', '-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1', '-f', 'mp4', outputs.audio,
    ]),
  ];
}

/** Each rung is scaled from the one above it; the first does all that the picture needs. */
function rungsGraph(picture: VideoInfo, rungs: readonly EncodedRung[], frameRate: FrameRate): string {
  const last = rungs.length - 1;
  return rungs.map((rung, index) => {
    const own = index === 0
      ? `[0:V:0]${pictureFilter({ width: rung.width, height: rung.height, frameRate }, picture)},setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709`
      : `[c${index}]scale=${rung.width}:${rung.height}:flags=bicubic,setsar=1`;
    return `${own}${index < last ? `,split=2[v${index}][c${index + 1}]` : `[v${index}]`}`;
  }).join(';');
}

/** Closed GOPs of one length at the same frames in every rung, so that a player may change between them anywhere. */
function videoArgs({ kbps }: EncodedRung, plan: EncodingPlan): string[] {
  const { num, den } = plan.frameRate ?? { num: 30, den: 1 };
  const gop = String(Math.round((plan.gopSeconds * num) / den));
  const rate = plan.control === 'bitrate'
    ? ['-b:v', `${kbps}k`, '-maxrate', `${Math.round(kbps * 1.2)}k`, '-bufsize', `${kbps * 2}k`]
    : ['-crf', QUALITY_CRF, '-maxrate', `${kbps}k`, '-bufsize', `${kbps * 2}k`];
  return [
    '-c:v', 'libx264', '-preset', PRESET, '-profile:v', 'high', '-g', gop, '-keyint_min', gop, '-sc_threshold', '0', '-flags', '+cgop', ...rate,
  ];
}
