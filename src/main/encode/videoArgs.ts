// The FFmpeg arguments of a whole ladder from one raw picture stream. Pure: starts nothing.
import type { EncoderChoice } from '../../contract/encoder.ts';
import type { FrameRate, Ladder, Rendition } from '../../contract/ladder.ts';
import { filterThreadArgs } from '../ffmpeg/filterThreads.ts';
import { ENCODER_TABLE, encoderArgs, type EncodedRendition, type WorkerPlace } from './encoderTable.ts';
import { fpsOf } from './frameRates.ts';

/** yuv420p frames of a constant rate on `pipe:0`, without probing: FFmpeg waits for no second frame before it starts. */
function rawVideoInputArgs(width: number, height: number, rate: FrameRate): string[] {
  return [
    '-probesize', '32', '-analyzeduration', '0', '-f', 'rawvideo', '-pixel_format', 'yuv420p',
    '-video_size', `${width}x${height}`, '-framerate', `${rate.num}/${rate.den}`, '-i', 'pipe:0',
  ];
}

/**
 * A filter graph that scales each rendition from the one above it, with outputs `[v0]`, `[v1]`, ….
 * The input must have the size of the first rendition, or be larger and `scalesFirst` set. Colours are tagged BT.709 here, as
 * metadata, so that no version of FFmpeg converts pixels for it; the sample aspect ratio is 1 also where a width was rounded to even.
 * @param upload filters that bring each finished picture to its encoder; the scalers work in memory in any case.
 */
export function ladderGraph(renditions: readonly Rendition[], input = '0:v', upload?: string, scalesFirst = false): string {
  const last = renditions.length - 1;
  return renditions.map((rendition, index) => {
    const filters = index === 0 ? ['setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709'] : [];
    if (index > 0 || scalesFirst) filters.push(`scale=${rendition.width}:${rendition.height}`);
    filters.push('setsar=1');
    if (index < last) filters.push('split=2');
    const from = index === 0 ? `[${input}]` : `[c${index}]`;
    const next = index < last ? `[c${index + 1}]` : '';
    if (upload === undefined) return `${from}${filters.join(',')}[v${index}]${next}`;
    return `${from}${filters.join(',')}[m${index}]${next};[m${index}]${upload}[v${index}]`;
  }).join(';');
}

/** Each packet leaves at once; nothing is sought back to at the end. */
export const FLV_PIPE_ARGS: readonly string[] = ['-flush_packets', '1', '-flvflags', 'no_duration_filesize', '-f', 'flv'];

/** What one worker of a show does: everything, from a GOP boundary on, unless it says otherwise. */
export type WorkerPart = WorkerPlace & {
  /** Those of the ladder that it encodes, in the ladder's order. */
  readonly renditions?: readonly EncodedRendition[];
};

/** Everything for one encoder process: raw frames of the ladder's first size on `pipe:0`, rendition i of its part as FLV on `outputs[i]`. */
export function videoEncoderArgs(ladder: Ladder, framesPerGop: number, encoder: EncoderChoice, outputs: readonly string[], part: WorkerPart = {}): string[] {
  const [source] = ladder.renditions;
  const { renditions = ladder.renditions } = part;
  if (source === undefined || renditions.length === 0 || outputs.length !== renditions.length) throw new RangeError('One output for each rendition.');
  const { deviceArgs, upload } = ENCODER_TABLE[encoder.encoder];
  return [
    ...(deviceArgs?.(encoder) ?? []),
    ...rawVideoInputArgs(source.width, source.height, ladder.frameRate),
    ...filterThreadArgs({ width: source.width, height: source.height, fps: fpsOf(ladder.frameRate) }),
    '-filter_complex', ladderGraph(renditions, undefined, upload, renditions[0]?.name !== source.name),
    ...renditions.flatMap((rendition, index) => [
      '-map', `[v${index}]`, ...encoderArgs(rendition, framesPerGop, encoder, part), ...FLV_PIPE_ARGS, outputs[index] ?? '',
    ]),
  ];
}
