// The FFmpeg arguments of a libx264 ladder from one raw picture stream. Pure: starts nothing.
import { availableParallelism } from 'node:os';
import type { FrameRate, Ladder, Rendition } from '../../contract/ladder.ts';

export type X264Preset = 'ultrafast' | 'superfast' | 'veryfast' | 'faster' | 'fast' | 'medium';
export const DEFAULT_PRESET: X264Preset = 'superfast';

/** x264 holds one frame back for each frame thread; more than this costs latency for nothing at these sizes. */
const MAX_ENCODER_THREADS = 8;

/** yuv420p frames of a constant rate on `pipe:0`, without probing: FFmpeg waits for no second frame before it starts. */
function rawVideoInputArgs(width: number, height: number, rate: FrameRate): string[] {
  return [
    '-probesize', '32', '-analyzeduration', '0', '-f', 'rawvideo', '-pixel_format', 'yuv420p',
    '-video_size', `${width}x${height}`, '-framerate', `${rate.num}/${rate.den}`, '-i', 'pipe:0',
  ];
}

/**
 * A filter graph that scales each rendition from the one above it, with outputs `[v0]`, `[v1]`, ….
 * The input must have the size of the first rendition. Colours are tagged BT.709 here, as metadata, so that no version of
 * FFmpeg converts pixels for it; the sample aspect ratio is 1 also where a width was rounded to even.
 */
export function ladderGraph(renditions: readonly Rendition[], input = '0:v'): string {
  const last = renditions.length - 1;
  return renditions.map((rendition, index) => {
    const filters = index === 0
      ? ['setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709']
      : [`scale=${rendition.width}:${rendition.height}`];
    filters.push('setsar=1');
    if (index < last) filters.push('split=2');
    const from = index === 0 ? `[${input}]` : `[c${index}]`;
    return `${from}${filters.join(',')}[v${index}]${index < last ? `[c${index + 1}]` : ''}`;
  }).join(';');
}

/**
 * Encoder arguments of one rendition, to stand between `-map [v0]` and the output.
 * Closed GOPs of constant length with no keyframe elsewhere; two B-frames that nothing refers to, which a congested uplink can
 * drop alone; constant bitrate with filler (nal-hrd=cbr), because a service calls a track unhealthy below half of its declared
 * bitrate, which a still picture would reach at once.
 */
export function x264Args(rendition: Rendition, framesPerGop: number, preset: X264Preset): string[] {
  const threads = Math.min(MAX_ENCODER_THREADS, Math.ceil(availableParallelism() * 1.5));
  return [
    '-c:v', 'libx264', '-preset', preset, '-profile:v', 'high', '-threads', String(threads),
    '-g', String(framesPerGop), '-keyint_min', String(framesPerGop), '-sc_threshold', '0', '-flags', '+cgop', '-bf', '2',
    '-b:v', `${rendition.declaredKbps}k`, '-maxrate', `${rendition.declaredKbps}k`, '-bufsize', `${rendition.declaredKbps}k`,
    '-x264-params', 'nal-hrd=cbr:b-pyramid=none:scenecut=0:open-gop=0:force-cfr=1',
  ];
}

/** Each packet leaves at once; nothing is sought back to at the end. */
export const FLV_PIPE_ARGS: readonly string[] = ['-flush_packets', '1', '-flvflags', 'no_duration_filesize', '-f', 'flv'];

/** Everything for one encoder process: raw frames on `pipe:0`, rendition i as FLV on `outputs[i]`. */
export function videoEncoderArgs(ladder: Ladder, framesPerGop: number, preset: X264Preset, outputs: readonly string[]): string[] {
  const [top] = ladder.renditions;
  if (top === undefined || outputs.length !== ladder.renditions.length) throw new RangeError('One output for each rendition.');
  return [
    ...rawVideoInputArgs(top.width, top.height, ladder.frameRate),
    '-filter_complex', ladderGraph(ladder.renditions),
    ...ladder.renditions.flatMap((rendition, index) => [
      '-map', `[v${index}]`, ...x264Args(rendition, framesPerGop, preset), ...FLV_PIPE_ARGS, outputs[index] ?? '',
    ]),
  ];
}
