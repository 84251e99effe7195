// Small fragments for archive tests: valid in every field that the archive looks at, cheap in bytes.
import type { Fragment } from '../../src/main/service/packager/fragment.ts';

export function fragmentOf(sequence: number, options: { readonly bytes?: number; readonly kind?: 'video' | 'audio'; readonly config?: number; readonly timescale?: number } = {}): Fragment {
  const { bytes = 40, kind = 'video', config = 1, timescale = 30_000 } = options;
  const format = kind === 'video'
    ? { codec: 'avc1.64000d', decoderConfig: Uint8Array.of(config), video: { width: 320, height: 180, frameRate: { num: 30, den: 1 } } }
    : { codec: 'mp4a.40.2', decoderConfig: Uint8Array.of(config), audio: { sampleRate: timescale, channels: 2 } };
  return {
    track: { name: kind === 'video' ? 'video_400000' : 'audio_128000', kind, declaredBitrate: kind === 'video' ? 400_000 : 128_000, timescale },
    format, init: Uint8Array.of(9, config), sequence, startTicks: sequence * 2 * timescale, durationTicks: 2 * timescale, frames: 60,
    bytes: Buffer.alloc(bytes, sequence + 1),
  };
}
