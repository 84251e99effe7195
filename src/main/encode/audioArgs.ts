// The FFmpeg arguments of the AAC encoder. Pure: starts nothing.
import { AUDIO_CHANNELS, AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import { FLV_PIPE_ARGS } from './videoArgs.ts';

/** Interleaved 32-bit float PCM on `pipe:0`, AAC-LC as FLV on `output`. */
export function audioEncoderArgs(kbps: number, output: string): string[] {
  return [
    '-probesize', '32', '-analyzeduration', '0', '-f', 'f32le', '-ar', String(AUDIO_SAMPLE_RATE), '-ac', String(AUDIO_CHANNELS), '-i', 'pipe:0',
    '-c:a', 'aac', '-profile:a', 'aac_low', '-b:a', `${kbps}k`, ...FLV_PIPE_ARGS, output,
  ];
}
